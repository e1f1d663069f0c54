import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type JournalContent,
  type JournalHead,
  type JournalReading,
  journalLine,
  readJournal,
} from "../../rollout/journal.ts";
import { CommandError } from "../context.ts";
import { writeFileAtomic } from "../files.ts";

/** The journal beside the site file, and the tool's own folder there. */
export const journalName = "journal.jsonl";
export const stateName = ".sluice";

/** A writer holds the lock for milliseconds; one that is this old was left by a process that died. */
const staleMs = 10_000;

/** Reads the journal of a site folder with the head that was noted apart from it. */
export function readJournalFile(folder: string): JournalReading {
  const file = join(folder, journalName);
  const head = join(folder, stateName, "journal-head.json");
  return readJournal(
    existsSync(file) ? readFileSync(file, "utf8") : "",
    existsSync(head) ? (JSON.parse(readFileSync(head, "utf8")) as JournalHead) : undefined,
  );
}

/**
 * Appends entries, one write each, on disk when this resolves. Two sessions may write at once: each takes the lock and
 * reads the end again. @throws {CommandError} when the journal is not whole, so that nothing is built on a broken chain.
 */
export async function appendJournal(folder: string, contents: readonly JournalContent[]): Promise<void> {
  mkdirSync(join(folder, stateName), { recursive: true });
  await withLock(join(folder, stateName, "journal.lock"), () => {
    const reading = readJournalFile(folder);
    const fault = reading.faults[0];
    if (fault) {
      throw new CommandError(
        `${join(folder, journalName)}:${fault.line}: ${fault.message}. Nothing is done on a broken journal: ` +
          'see "sluice journal verify", put the file right or move it away',
      );
    }
    let head: JournalHead = reading.head;
    const file = openSync(join(folder, journalName), "a");
    try {
      for (const content of contents) {
        const { line, number, hash } = journalLine(head, content);
        writeSync(file, line);
        head = { number, hash };
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    writeFileAtomic(join(folder, stateName, "journal-head.json"), `${JSON.stringify(head)}\n`);
  });
}

async function withLock(path: string, action: () => void): Promise<void> {
  const deadline = performance.now() + 2 * staleMs;
  for (;;) {
    try {
      closeSync(openSync(path, "wx"));
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      if (performance.now() > deadline) throw new CommandError(`the journal is locked: remove ${path}`);
      const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > staleMs) rmSync(path, { force: true });
      await sleep(20);
    }
  }
  try {
    action();
  } finally {
    rmSync(path, { force: true });
  }
}
