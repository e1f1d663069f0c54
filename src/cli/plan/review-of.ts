import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expiry } from "../../plan/approval.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Report } from "../../report/document.ts";
import { review } from "../../report/review.ts";
import type { JournalEntry } from "../../rollout/journal.ts";
import type { Context } from "../context.ts";
import { journalName, readJournalFile } from "../rollout/journal-file.ts";
import { approvalsOf } from "../rollout/plan-files.ts";

/** The review of a plan file, with the signatures beside it and the nearest journal above it. */
export async function reviewOf(context: Context, path: string, plan: Plan): Promise<Report> {
  const approvals = await approvalsOf(context, path, plan);
  const expired = expiry(plan, context.now());
  const journal = journalAbove(context, resolve(context.cwd, path));
  return review({ plan, approvals, journal, ...(expired !== undefined && { expired }) });
}

/** The entries of the nearest journal in a folder above a file; none when there is none, or when it is not whole. */
function journalAbove(context: Context, file: string): readonly JournalEntry[] | undefined {
  let folder = dirname(file);
  while (!existsSync(join(folder, journalName))) {
    if (folder === dirname(folder)) return undefined;
    folder = dirname(folder);
  }
  const { entries, faults } = readJournalFile(folder);
  if (faults.length === 0) return entries;
  context.process.stderr.write(
    'warning: the journal is not whole and is left out: see "sluice journal verify"\n',
  );
  return undefined;
}
