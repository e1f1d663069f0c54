import { buildCommand } from "@stricli/core";
import { meaningOf } from "../verify/import.ts";
import { CommandError, type Context } from "./context.ts";
import { jsonFlag, printDocument } from "./documents/document.ts";
import { importDocument } from "./documents/rulesets.ts";
import { groupUnmodelled, placeFlags, placeOf, readForeignFile, together } from "./foreign-file.ts";
import { proofBudget } from "./rulesets.ts";
import { answersJson, answersText, findings, unmodelledText } from "./views/readings.ts";

interface Flags {
  readonly site?: string;
  readonly firewall?: string;
  readonly json: boolean;
}

export const importCommand = buildCommand<Flags, [string, ...string[]], Context>({
  docs: {
    brief: "Says what existing rulesets do with forwarded packets, zone by zone",
    fullDescription:
      'Reads what "nft list ruleset", "nft -j list ruleset", "iptables-save", "ip6tables-save" or "pfctl -sr" prints, or a config.xml. ' +
      "Give all files of one host together: a packet passes when all of them let it. Without --site the answer is for " +
      'each IP version as a whole. What is not modelled makes an answer "unknown", and is named.',
  },
  parameters: {
    flags: {
      ...placeFlags,
      json: jsonFlag,
    },
    positional: {
      kind: "array",
      minimum: 1,
      parameter: { parse: String, placeholder: "FILE", brief: "Rulesets of one host" },
    },
  },
  func({ site, firewall, json }, ...files) {
    const place = placeOf(this, site, firewall);
    const reading = together(files.map((file) => readForeignFile(this, file)));
    const answer = meaningOf(reading, place, proofBudget);
    if (!answer) throw new CommandError("these rulesets take more than the budget: nothing is known of them");
    const { told: meaning } = answer;
    const unmodelled = groupUnmodelled(reading.unmodelled, answer);
    const found = [...findings(meaning), ...reading.findings];
    if (json) {
      printDocument(this, importDocument, {
        files,
        gates: reading.gates.map(({ name }) => name),
        families: answersJson(meaning.families),
        zones: answersJson(meaning.zones),
        findings: found,
        unmodelled,
      });
      return;
    }
    this.process.stdout.write(
      [
        `${answersText([...meaning.families, ...meaning.zones])}\n\n`,
        ...found.map((finding) => `warning: ${finding}\n`),
        unmodelledText(unmodelled),
      ].join(""),
    );
  },
});
