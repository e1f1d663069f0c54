import { buildCommand } from "@stricli/core";
import { changesBetween } from "../verify/import.ts";
import { CommandError, type Context } from "./context.ts";
import { jsonFlag, printDocument } from "./documents/document.ts";
import { comparisonDocument } from "./documents/rulesets.ts";
import { groupUnmodelled, placeFlags, placeOf, readForeignFile, together } from "./foreign-file.ts";
import { proofBudget } from "./rulesets.ts";
import { changesJson, changesText, unmodelledText } from "./views/readings.ts";

interface Flags {
  readonly site?: string;
  readonly firewall?: string;
  readonly beside?: boolean;
  readonly json: boolean;
}

export const compareCommand = buildCommand<Flags, [string, string], Context>({
  docs: {
    brief: "Says how two rulesets differ in what they let pass, with packets that show it",
    fullDescription:
      "Reads the same forms as import, and rulesets of Sluice. Per zone pair the change is equal, narrowed, broadened, " +
      "both or unknown. With --beside the second is loaded beside the first, as Sluice's own is, and not in its place.",
  },
  parameters: {
    flags: {
      ...placeFlags,
      beside: {
        kind: "boolean",
        optional: true,
        withNegated: false,
        brief: "The second ruleset joins the first",
      },
      json: jsonFlag,
    },
    positional: {
      kind: "tuple",
      parameters: [
        { parse: String, placeholder: "BEFORE", brief: "The ruleset as it is" },
        { parse: String, placeholder: "AFTER", brief: "The ruleset to compare it with" },
      ],
    },
  },
  func({ site, firewall, beside, json }, ...files) {
    const place = placeOf(this, site, firewall);
    const [before, second] = [readForeignFile(this, files[0]), readForeignFile(this, files[1])];
    const after = beside ? together([before, second]) : second;
    const answer = changesBetween(before, after, place, proofBudget);
    if (!answer) throw new CommandError("this comparison takes more than its budget: nothing is known");
    const { told: changes } = answer;
    const unmodelled = groupUnmodelled([...before.unmodelled, ...second.unmodelled], answer);
    const { findings } = together([before, second]);
    if (json) {
      const [one, other] = files;
      const document = { before: one, after: other, changes: changesJson(changes), findings, unmodelled };
      printDocument(this, comparisonDocument, document);
      return;
    }
    const warnings = findings.map((finding) => `warning: ${finding}\n`).join("");
    this.process.stdout.write(`${changesText(changes)}\n\n${warnings}${unmodelledText(unmodelled)}`);
  },
});
