import { buildCommand } from "@stricli/core";
import { explainFlows } from "../../baseline/explain.ts";
import { loadBaseline } from "../baseline-file.ts";
import { CommandError, type Context } from "../context.ts";
import { flowExplanationsDocument } from "../documents/baseline.ts";
import { jsonFlag, printDocument } from "../documents/document.ts";
import { loadSite, siteFlag } from "../site-file.ts";
import { renderExplanations } from "../views/flow-explanation.ts";

interface Flags {
  readonly site?: string;
  readonly json: boolean;
}

export const baselineExplainCommand = buildCommand<Flags, [string, string], Context>({
  docs: {
    brief: "Says of an observed flow what it rests on, who asks and why, and what it leads to",
    fullDescription:
      'The flow is named by an address or an asset, or by a part of its text, as in "plc1", "tcp 502" or "tcp hmi -> plc1:502".',
  },
  parameters: {
    flags: { site: siteFlag, json: jsonFlag },
    positional: {
      kind: "tuple",
      parameters: [
        { parse: String, placeholder: "FILE", brief: "A baseline, from sluice observe" },
        { parse: String, placeholder: "FLOW", brief: "An address, an asset, or a part of a flow's text" },
      ],
    },
  },
  func({ site: file, json }, name, wanted) {
    const { site } = loadSite(this, file);
    const found = explainFlows(loadBaseline(this, name).baseline, site, wanted);
    if (found.length === 0) throw new CommandError(`${name} has no flow of "${wanted}"`);
    if (!json) this.process.stdout.write(renderExplanations(found));
    else {
      printDocument(this, flowExplanationsDocument, {
        flows: found.map(({ fate, ...explained }) => ({ ...explained, fate: fate.kind })),
      });
    }
  },
});
