import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { buildCommand } from "@stricli/core";
import { sha256 } from "../digest.ts";
import { evidenceBundle } from "../report/evidence/bundle.ts";
import type { EvidenceChange } from "../report/evidence/evidence.ts";
import { count } from "../report/words.ts";
import type { JournalEntry } from "../rollout/journal.ts";
import { headFaults } from "../rollout/journal-head.ts";
import { wasTouched } from "../ssh/user-presence.ts";
import { CommandError, type Context, exitCodes } from "./context.ts";
import { jsonFlag, printDocument } from "./documents/document.ts";
import { evidenceBundleDocument } from "./documents/standing.ts";
import { writeFileAtomic } from "./files.ts";
import { journalName, readJournalFile } from "./rollout/journal-file.ts";
import { journalSigners, judgeHeads, readHeads, unsignedText } from "./rollout/journal-seal.ts";
import { archivedPlans } from "./rollout/plan-archive.ts";
import { approvalFolder, approvalsOf, loadPlan } from "./rollout/plan-files.ts";
import { loadSite, siteFlag } from "./site-file.ts";

interface Flags {
  readonly since?: string;
  readonly output: string;
  readonly site?: string;
  readonly json: boolean;
}

export const evidenceCommand = buildCommand<Flags, [change?: string], Context>({
  docs: {
    brief: "Packs what an auditor needs to verify changes without Sluice: plain files and a manifest",
    fullDescription:
      "CHANGE is a plan's file, or the first digits of the id of a plan that was applied. With --since, all changes " +
      "that the journal names from that day on. README.txt in the folder says how to verify it.",
  },
  parameters: {
    flags: {
      since: {
        kind: "parsed",
        parse: parseDay,
        optional: true,
        placeholder: "YYYY-MM-DD",
        brief: "All changes from this day on (UTC)",
      },
      output: { kind: "parsed", parse: String, placeholder: "FOLDER", brief: "Folder to make" },
      site: siteFlag,
      json: jsonFlag,
    },
    aliases: { o: "output" },
    positional: {
      kind: "tuple",
      parameters: [{ parse: String, placeholder: "CHANGE", brief: "Plan file or id", optional: true }],
    },
  },
  async func({ since, output, site: siteFile, json }, change) {
    if ((since === undefined) === (change === undefined)) {
      throw new CommandError("name one change, or give --since DATE", exitCodes.usage);
    }
    const { site, folder } = loadSite(this, siteFile);
    const reading = readJournalFile(folder);
    const { entries } = reading;
    const { signed: heads, unsigned } = await judgeHeads(site.people, readHeads(folder));
    for (const head of unsigned) {
      this.process.stderr.write(`warning: left out: ${unsignedText(head)}\n`);
    }
    if (reading.faults.length + headFaults(reading, heads).length > 0) {
      throw new CommandError('the journal is not whole: see "sluice journal verify"');
    }
    const ids = change === undefined ? plansSince(entries, since!) : [];
    const found = ids.map((id) => archivedPlans(folder, id)[0]);
    const files =
      change === undefined ? found.filter((file) => file !== undefined) : [planFile(this, folder, change)];
    const changes = await Promise.all(files.map((file) => evidenceOf(this, file)));
    const journal = join(folder, journalName);
    const bundle = evidenceBundle({
      site: site.name,
      created: this.now().toISOString(),
      changes,
      missing: ids.filter((_, index) => found[index] === undefined),
      journal: { text: existsSync(journal) ? readFileSync(journal, "utf8") : "", entries },
      heads,
      signers: journalSigners(site.people),
    });
    writeFolder(resolve(this.cwd, output), bundle);
    const plans = changes.map(({ plan }) => plan.id);
    if (json) {
      const files = bundle.map(({ path, content }) => ({ path, sha256: sha256(content) }));
      printDocument(this, evidenceBundleDocument, { folder: output, plans, files });
      return;
    }
    this.process.stdout.write(`wrote ${output}: ${count(plans.length, "change")}, ${bundle.length} files\n`);
  },
});

function parseDay(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new Error(`"${text}" is not a day: write it as 2026-11-21`);
}

/** Ids of the plans that a journal names from a day on. */
const plansSince = (entries: readonly JournalEntry[], day: string): readonly string[] => [
  ...new Set(entries.filter(({ time }) => time >= day).flatMap(({ plan }) => plan ?? [])),
];

/** The file that a change names: its path, or a kept plan by the first digits of its id. */
function planFile(context: Context, folder: string, change: string): string {
  const path = resolve(context.cwd, change);
  if (existsSync(path)) return path;
  const kept = /^[0-9a-f]{4,64}$/.test(change) ? archivedPlans(folder, change) : [];
  if (kept.length === 1) return kept[0]!;
  throw new CommandError(
    kept.length > 1
      ? `${kept.length} plans begin with ${change}: give more digits`
      : `${change} is neither a plan's file nor the id of a plan that was applied here`,
  );
}

/** A plan with the signatures beside it that fit it. */
async function evidenceOf(context: Context, file: string): Promise<EvidenceChange> {
  const plan = loadPlan(context, file);
  const { accepted } = await approvalsOf(context, file, plan);
  return {
    plan,
    text: readFileSync(file, "utf8"),
    approvals: accepted.map((person) => {
      const signature = readFileSync(join(approvalFolder(context, file), `${person}.sig`), "utf8");
      return { person, signature, byTouch: wasTouched(signature) === true };
    }),
  };
}

/** Writes a folder whole or not at all. */
function writeFolder(folder: string, files: ReturnType<typeof evidenceBundle>): void {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new CommandError(`${folder} exists and is not empty: name a new folder`);
  }
  const temporary = `${folder}.${process.pid}.tmp`;
  try {
    for (const { path, content } of files) {
      mkdirSync(dirname(join(temporary, path)), { recursive: true });
      writeFileAtomic(join(temporary, path), content);
    }
    if (existsSync(folder)) rmSync(folder, { recursive: true });
    renameSync(temporary, folder);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
}
