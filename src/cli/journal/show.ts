import { buildCommand } from "@stricli/core";
import { printable } from "../../diagnostics/printable.ts";
import { CommandError, type Context } from "../context.ts";
import { jsonFlag, printDocument } from "../documents/document.ts";
import { journalDocument } from "../documents/standing.ts";
import { readJournalFile } from "../rollout/journal-file.ts";
import { readSiteFile, siteFlag } from "../site-file.ts";

interface Flags {
  readonly site?: string;
  readonly json: boolean;
}

export const showCommand = buildCommand<Flags, [], Context>({
  docs: { brief: "Prints the journal" },
  parameters: {
    flags: { site: siteFlag, json: jsonFlag },
  },
  func({ site, json }) {
    // A mistake in the site file must not hide what was done.
    const { folder } = readSiteFile(this, site);
    const { entries, faults } = readJournalFile(folder);
    if (json) {
      printDocument(this, journalDocument, { entries, faults });
    } else if (entries.length === 0) this.process.stdout.write("the journal has no entry yet\n");
    else {
      for (const { number, time, actor, action, plan, conduit, firewall, details } of entries) {
        const about = [plan?.slice(0, 16), conduit, firewall].filter((part) => part !== undefined).join(" ");
        const line = `${number} ${time} ${actor} ${action} ${about} ${details ? JSON.stringify(details) : ""}`;
        this.process.stdout.write(`${printable(line.trimEnd())}\n`);
      }
    }
    if (faults.length > 0) throw new CommandError('the journal is not whole: see "sluice journal verify"');
  },
});
