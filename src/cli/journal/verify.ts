import { buildCommand } from "@stricli/core";
import { CommandError, type Context } from "../context.ts";
import { siteFlag } from "../rollout/actor.ts";
import { readJournalFile } from "../rollout/journal-file.ts";
import { loadSite } from "../site-file.ts";

export const verifyCommand = buildCommand<{ readonly site?: string }, [], Context>({
  docs: { brief: "Checks the chain of the journal and says where it is broken" },
  parameters: { flags: { site: siteFlag } },
  func({ site }) {
    const { folder } = loadSite(this, site);
    const { entries, head, faults } = readJournalFile(folder);
    if (faults.length > 0) {
      const list = faults.map(({ line, message }) => `\n  journal.jsonl:${line}: ${message}`).join("");
      throw new CommandError(`the journal is not whole:${list}`);
    }
    this.process.stdout.write(`journal is whole: ${entries.length} entries, head ${head.hash}\n`);
  },
});
