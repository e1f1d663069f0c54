import { buildCommand } from "@stricli/core";
import { targets } from "../../targets/index.ts";
import type { Site } from "../policy/model.ts";
import type { ReportedSite } from "../report/site/reported-site.ts";
import { siteReport } from "../report/site-report.ts";
import { CommandError, type Context } from "./context.ts";
import { jsonFlag } from "./documents/document.ts";
import { evidenceFiles } from "./evidence-files.ts";
import { printReport } from "./print-report.ts";
import { readJournalFile } from "./rollout/journal-file.ts";
import { loadSite, siteFlag } from "./site-file.ts";

interface Flags {
  readonly output?: string;
  readonly site?: string;
  readonly json: boolean;
}

export const reportCommand = buildCommand<Flags, [], Context>({
  docs: {
    brief:
      "Reports how the site stands, from its file, its baselines and its journal: in the terminal, as a page, or as JSON",
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
    const report = siteReport(
      { site, journal: entries, evidence: evidenceOf(site, folder), unproven },
      this.now(),
    );
    printReport(this, report, { page: output, format: json ? "json" : "text" });
  },
});

/** Targets whose rulesets no real firewall has judged. */
const unproven: ReadonlySet<string> = new Set(
  [...targets.values()].filter(({ capabilities }) => capabilities.judge === "nobody").map(({ name }) => name),
);

function evidenceOf(site: Site, folder: string): ReportedSite["evidence"] {
  const files = [...evidenceFiles(site, folder)];
  return {
    baselines: files.flatMap(([, baseline]) => baseline ?? []),
    missing: files.flatMap(([name, baseline]) => (baseline === undefined ? [name] : [])),
  };
}
