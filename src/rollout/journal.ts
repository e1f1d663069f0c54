import { canonicalJson, sha256 } from "../digest.ts";

/** What an entry says; all that matters for an auditor is in it, nothing is only on a terminal. */
export interface JournalContent {
  /** ISO 8601, UTC. */
  readonly time: string;
  /** Id of the person who acts. */
  readonly actor: string;
  /** What happened, as in `trial` or `known-good`. */
  readonly action: string;
  readonly plan?: string;
  readonly firewall?: string;
  readonly conduit?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** An entry in its place: numbered from 1, with the hash of the entry before it. */
export interface JournalEntry extends JournalContent {
  readonly number: number;
  readonly previous: string;
  readonly hash: string;
}

/** The end of a journal, kept elsewhere too, so that a journal that was cut short is recognised. */
export interface JournalHead {
  readonly number: number;
  readonly hash: string;
}

/** The head of a journal without entries. */
export const emptyHead: JournalHead = { number: 0, hash: "0".repeat(64) };

/** One JSON line that continues a journal. */
export function journalLine(
  head: JournalHead,
  content: JournalContent,
): JournalEntry & { readonly line: string } {
  const linked = { ...content, number: head.number + 1, previous: head.hash };
  const entry = { ...linked, hash: sha256(canonicalJson(linked)) };
  return { ...entry, line: `${canonicalJson(entry)}\n` };
}

export interface JournalReading {
  readonly entries: readonly JournalEntry[];
  readonly head: JournalHead;
  /** What breaks the chain, with the line in the file; empty when the journal is whole. */
  readonly faults: readonly { readonly line: number; readonly message: string }[];
  /** Something stands after the last line break: a line whose writer was killed. */
  readonly torn: boolean;
}

/**
 * Reads a journal and checks its chain: an edit, a cut, an insertion, a different order and a torn last line are
 * found where they are. `kept` is a head that was noted elsewhere: with it a missing end is found too.
 */
export function readJournal(text: string, kept: JournalHead | undefined): JournalReading {
  const entries: JournalEntry[] = [];
  const faults: { line: number; message: string }[] = [];
  let head = emptyHead;
  const lines = text.split("\n");
  const torn = lines.pop() !== "";
  for (const [index, text] of lines.entries()) {
    const line = index + 1;
    const entry = parseEntry(text);
    if (!entry) {
      faults.push({ line, message: "not an entry of a journal" });
      break;
    }
    const { hash, ...linked } = entry;
    if (hash !== sha256(canonicalJson(linked))) {
      faults.push({ line, message: `entry ${entry.number} was edited: its hash does not fit its content` });
    } else if (text !== canonicalJson(entry)) {
      faults.push({
        line,
        message: `entry ${entry.number} was edited: it is not laid out as it was written`,
      });
    }
    if (entry.number !== head.number + 1 || entry.previous !== head.hash) {
      faults.push({
        line,
        message: `entry ${entry.number} does not follow entry ${head.number}: something was cut, inserted or moved here`,
      });
    }
    entries.push(entry);
    head = { number: entry.number, hash };
  }
  if (kept && entries.find((entry) => entry.number === kept.number)?.hash !== kept.hash && kept.number > 0) {
    faults.push({
      line: Math.max(1, lines.length),
      message:
        kept.number > head.number
          ? `the end is missing: entry ${kept.number} was written, and the last one here is ${head.number}`
          : `entry ${kept.number} is not the one that was written`,
    });
  }
  if (torn) {
    faults.push({ line: lines.length + 1, message: "the last line is torn: its end is missing" });
  }
  return { entries, head, faults, torn };
}

function parseEntry(line: string): JournalEntry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (value === null || typeof value !== "object") return undefined;
    const { number, previous, hash, time, actor, action } = value as Record<string, unknown>;
    const isEntry =
      typeof number === "number" &&
      [previous, hash, time, actor, action].every((field) => typeof field === "string");
    return isEntry ? (value as JournalEntry) : undefined;
  } catch {
    return undefined;
  }
}
