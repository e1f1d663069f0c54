import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { printable } from "../../diagnostics/printable.ts";
import { canonicalJson, sha256 } from "../../digest.ts";
import {
  type JournalContent,
  type JournalHead,
  type JournalReading,
  journalLine,
  readJournal,
} from "../../rollout/journal.ts";
import { CommandError, type Context } from "../context.ts";
import { readWhole, writeFileAtomic } from "../files.ts";
import { untilInterrupted } from "./interruption.ts";
import { withLock } from "./lock-file.ts";

/** The journal beside the site file, and the tool's own folder there. */
export const journalName = "journal.jsonl";
export const stateName = ".sluice";

/** Reads the journal of a site folder with the head that was noted apart from it. @throws {CommandError} */
export function readJournalFile(folder: string): JournalReading {
  const file = join(folder, journalName);
  return readJournal(existsSync(file) ? readWhole(file).toString("utf8") : "", notedHead(folder));
}

const headFile = (folder: string): string => join(folder, stateName, "journal-head.json");

function notedHead(folder: string): JournalHead | undefined {
  const file = headFile(folder);
  if (!existsSync(file)) return undefined;
  try {
    return headSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    throw new CommandError(
      `${file} does not say where the journal ends: it was damaged or written by hand. Compare the journal with its signed ` +
        "ends, then remove this file",
    );
  }
}

const headSchema = z.strictObject({ number: z.int().min(0), hash: z.string().regex(/^[0-9a-f]{64}$/) });

/**
 * Appends entries, all or none, on disk when this resolves. Two sessions may write at once: each takes the lock and reads
 * the end again. @throws {CommandError} when the journal is not whole, so that nothing is built on a broken chain, and when
 * it cannot be written.
 */
export async function appendJournal(folder: string, contents: readonly JournalContent[]): Promise<void> {
  try {
    mkdirSync(join(folder, stateName), { recursive: true });
    await withLock(join(folder, stateName, "journal.lock"), () => append(folder, contents));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof CommandError || code === undefined) throw error;
    throw new CommandError(
      `${join(folder, journalName)} cannot be written (${code}): make room or give access, then try again`,
    );
  }
}

function append(folder: string, contents: readonly JournalContent[]): void {
  const reading = readJournalFile(folder);
  const { faults, torn } = reading;
  const fault = faults[0];
  const isOnlyTorn = torn && faults.length === 1;
  if (fault && !isOnlyTorn) {
    throw new CommandError(
      `${join(folder, journalName)}:${fault.line}: ${fault.message}. Nothing is done on a broken journal: ` +
        `see "sluice journal verify". Put back a whole copy of the file; or, to begin a new journal, move ${journalName}, ` +
        `${stateName}/journal-head.json and ${stateName}/heads to another folder, and keep them as evidence`,
    );
  }
  let head: JournalHead = reading.head;
  const lines = [...(isOnlyTorn ? [tornLine(folder, contents[0]!)] : []), ...contents].map((content) => {
    const { line, number, hash } = journalLine(head, content);
    head = { number, hash };
    return line;
  });
  const file = openSync(join(folder, journalName), "a");
  try {
    writeWhole(file, lines.join(""));
  } finally {
    closeSync(file);
  }
  writeFileAtomic(headFile(folder), `${JSON.stringify(head)}\n`);
}

/** A full disk takes a part of what is written: then the file is again as it was. */
function writeWhole(file: number, text: string): void {
  const { size } = fstatSync(file);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } catch (error) {
    ftruncateSync(file, size);
    throw error;
  }
}

/**
 * Takes a line that a killed process had begun, and that nothing was done upon, out of the journal and keeps it beside.
 * Only a line beyond the noted end is one: a cut in what was written is found by that end.
 */
function tornLine(folder: string, { time, actor }: JournalContent): JournalContent {
  const file = join(folder, journalName);
  const bytes = readFileSync(file);
  const end = bytes.lastIndexOf("\n") + 1;
  const torn = bytes.subarray(end);
  const hash = sha256(torn);
  const kept = join(stateName, "torn", `${hash.slice(0, 16)}.txt`);
  mkdirSync(join(folder, stateName, "torn"), { recursive: true });
  writeFileAtomic(join(folder, kept), torn);
  truncateSync(file, end);
  return { time, actor, action: "torn-line", details: { kept, sha256: hash } };
}

/**
 * Appends what was done already, to a firewall that comes first. What cannot be written is told, with all of it, and the
 * exit code goes on saying what it means for the firewall.
 */
export async function recordDone(
  context: Context,
  folder: string,
  contents: readonly JournalContent[],
): Promise<void> {
  try {
    // It is done, so it is written down too, whatever the terminal asks for meanwhile.
    await untilInterrupted(() => appendJournal(folder, contents));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const lines = contents.map((content) => `  ${canonicalJson(content)}\n`).join("");
    context.process.stderr.write(
      `warning: this was done and is NOT in the journal, keep it: ${printable(error.message)}\n${lines}`,
    );
  }
}
