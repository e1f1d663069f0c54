import { buildCommand } from "@stricli/core";
import { diffBaselines } from "../../baseline/diff.ts";
import { loadBaseline } from "../baseline-file.ts";
import type { Context } from "../context.ts";
import { diffDocument } from "../documents/baseline.ts";
import { jsonFlag, printDocument } from "../documents/document.ts";
import { renderBaselineDiff } from "../views/baseline-diff.ts";

interface Flags {
  readonly json: boolean;
}

export const diffCommand = buildCommand<Flags, [string, string], Context>({
  docs: {
    brief: "Shows which flows came, went or changed between two observations",
    fullDescription:
      "A flow has changed when its attempts are now answered, or no longer, or when its rhythm is another one. An address " +
      "that is sent from another network card, or in another VLAN, than before is reported too.",
  },
  parameters: {
    flags: { json: jsonFlag },
    positional: {
      kind: "tuple",
      parameters: [
        { parse: String, placeholder: "BEFORE", brief: "The earlier baseline" },
        { parse: String, placeholder: "AFTER", brief: "The later baseline" },
      ],
    },
  },
  func({ json }, before, after) {
    const diff = diffBaselines(loadBaseline(this, before).baseline, loadBaseline(this, after).baseline);
    if (json) printDocument(this, diffDocument, diff);
    else this.process.stdout.write(renderBaselineDiff(diff));
  },
});
