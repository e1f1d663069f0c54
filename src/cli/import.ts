import { buildCommand } from "@stricli/core";
import { meaningOf } from "../verify/import.ts";
import { CommandError, type Context } from "./context.ts";
import { jsonFlag, printDocument } from "./documents/document.ts";
import { importDocument } from "./documents/rulesets.ts";
import { groupUnmodelled, readForeignFile, together } from "./foreign-file.ts";
import { proofBudget } from "./rulesets.ts";
import { loadSite } from "./site-file.ts";
import { answersJson, answersText, findings, unmodelledText } from "./views/readings.ts";

interface Flags {
  readonly site?: string;
  readonly json: boolean;
}

export const importCommand = buildCommand<Flags, [string, ...string[]], Context>({
  docs: {
    brief: "Says what existing rulesets do with forwarded packets, zone by zone",
    fullDescription:
      'Reads what "nft list ruleset", "nft -j list ruleset", "iptables-save", "ip6tables-save" or "pfctl -sr" prints. ' +
      "Give all files of one host together: a packet passes when all of them let it. Without --site the answer is for " +
      'each IP version as a whole. What is not modelled makes an answer "unknown", and is named.',
  },
  parameters: {
    flags: {
      site: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FILE",
        brief: "The site file, for the zones",
      },
      json: jsonFlag,
    },
    positional: {
      kind: "array",
      minimum: 1,
      parameter: { parse: String, placeholder: "FILE", brief: "Rulesets of one host" },
    },
  },
  func({ site: siteFile, json }, ...files) {
    const site = siteFile === undefined ? undefined : loadSite(this, siteFile).site;
    const reading = together(files.map((file) => readForeignFile(this, file)));
    const meaning = meaningOf(reading, site, proofBudget());
    if (!meaning)
      throw new CommandError("these rulesets take more than the budget: nothing is known of them");
    const unmodelled = groupUnmodelled(reading.unmodelled);
    const found = findings(meaning);
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
