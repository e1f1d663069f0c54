import { buildCommand } from "@stricli/core";
import { formatBaseline } from "../../baseline/file.ts";
import { loadBaseline } from "../baseline-file.ts";
import type { Context } from "../context.ts";
import { jsonFlag } from "../documents/document.ts";
import { renderBaseline } from "../views/baseline.ts";

interface Flags {
  readonly json: boolean;
}

export const showCommand = buildCommand<Flags, [string], Context>({
  docs: { brief: "Shows the flows of a baseline, and what became of every packet and line" },
  parameters: {
    flags: { json: jsonFlag },
    positional: {
      kind: "tuple",
      parameters: [{ parse: String, placeholder: "FILE", brief: "A baseline, from sluice observe" }],
    },
  },
  func({ json }, file) {
    const { baseline } = loadBaseline(this, file);
    this.process.stdout.write(json ? formatBaseline(baseline) : renderBaseline(baseline));
  },
});
