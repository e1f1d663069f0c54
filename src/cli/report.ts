import { buildCommand } from "@stricli/core";
import { siteReport } from "../report/site-report.ts";
import { CommandError, type Context } from "./context.ts";
import { jsonFlag } from "./documents/document.ts";
import { printReport } from "./print-report.ts";
import { siteFlag } from "./rollout/actor.ts";
import { readJournalFile } from "./rollout/journal-file.ts";
import { loadSite } from "./site-file.ts";

interface Flags {
  readonly output?: string;
  readonly site?: string;
  readonly json: boolean;
}

export const reportCommand = buildCommand<Flags, [], Context>({
  docs: {
    brief:
      "Reports how the site stands, from its file and its journal: in the terminal, as a page, or as JSON",
  },
  parameters: {
    flags: {
      output: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FILE",
        brief: "Write one self-contained HTML page",
      },
      site: siteFlag,
      json: jsonFlag,
    },
    aliases: { o: "output" },
  },
  func({ output, site: siteFile, json }) {
    const { site, folder } = loadSite(this, siteFile);
    const { entries, faults } = readJournalFile(folder);
    if (faults.length > 0) throw new CommandError('the journal is not whole: see "sluice journal verify"');
    const report = siteReport(site, entries, this.now());
    printReport(this, report, { page: output, format: json ? "json" : "text" });
  },
});
