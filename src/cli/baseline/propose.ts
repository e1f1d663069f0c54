import { relative, resolve } from "node:path";
import { buildCommand } from "@stricli/core";
import { propose } from "../../baseline/propose/propose.ts";
import { proposalYaml } from "../../baseline/propose/yaml.ts";
import { printable } from "../../diagnostics/printable.ts";
import { count } from "../../report/words.ts";
import { loadBaseline } from "../baseline-file.ts";
import type { Context } from "../context.ts";
import { proposalDocument } from "../documents/baseline.ts";
import { documentText, jsonFlag } from "../documents/document.ts";
import { writeFileAtomic } from "../files.ts";
import { outputPath } from "../output-path.ts";
import { factsOf, fromBaseline } from "../site-drafts.ts";
import { loadSite, nearestSiteFile, siteFlag } from "../site-file.ts";

interface Flags {
  readonly site?: string;
  readonly output?: string;
  readonly json: boolean;
}

export const proposeCommand = buildCommand<Flags, [string], Context>({
  docs: {
    brief: "Proposes permits for the conduits of a site, from what was observed",
    fullDescription:
      "Writes YAML to be merged into the site file, with the evidence of each permit, and the questions that only a " +
      "human can answer. Where there is no site file yet, it proposes zones, assets and conduits too. It changes no " +
      "file that exists.",
  },
  parameters: {
    flags: {
      site: siteFlag,
      output: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FILE",
        brief: "Write to this new file instead of the standard output",
      },
      json: jsonFlag,
    },
    aliases: { o: "output" },
    positional: {
      kind: "tuple",
      parameters: [{ parse: String, placeholder: "FILE", brief: "A baseline, from sluice observe" }],
    },
  },
  func(flags, file) {
    const output = flags.output === undefined ? undefined : outputPath(this, flags.output);
    if (flags.site === undefined && !flags.json && nearestSiteFile(this.cwd) === undefined) {
      const draft = fromBaseline(
        this,
        file,
        relative(this.cwd, resolve(this.cwd, file)),
        factsOf(this.cwd, {}),
      );
      const questions = draft.questions.map((question) => `# - ${printable(question)}\n`).join("");
      const text = `# Proposed from nothing but ${printable(file)}. To be answered first:\n${questions}\n${draft.text}`;
      if (output === undefined) this.process.stdout.write(text);
      else {
        writeFileAtomic(output, text);
        this.process.stdout.write(
          `wrote ${flags.output}: a site to start from, ${count(draft.questions.length, "question")}\n`,
        );
      }
      return;
    }
    const { folder, site } = loadSite(this, flags.site);
    const { baseline } = loadBaseline(this, file);
    const evidence = relative(folder, resolve(this.cwd, file));
    const proposal = propose(baseline, site);
    const { conduits, questions, settled } = proposal;
    const text = flags.json
      ? documentText(proposalDocument, { evidence, conduits, questions, settled })
      : proposalYaml(proposal, evidence);
    if (output === undefined) this.process.stdout.write(text);
    else {
      writeFileAtomic(output, text);
      const permits = proposal.conduits.reduce((sum, conduit) => sum + conduit.permits.length, 0);
      this.process.stdout.write(
        `wrote ${flags.output}: ${count(permits, "permit")}, ${count(proposal.questions.length, "question")}\n`,
      );
    }
  },
});
