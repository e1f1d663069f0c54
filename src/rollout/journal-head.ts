import { z } from "zod";
import type { JournalHead, JournalReading } from "./journal.ts";

/** The purpose of a signature over a journal's end (ssh-keygen(1), -n). */
export const journalNamespace = "sluice-journal@v1";

/** What the person who ended a change signs. */
export const headMessage = ({ number, hash }: JournalHead): string =>
  `sluice journal entry ${number} ${hash}\n`;

/** The end of a journal as it was after a change, signed. It is kept apart from the journal, and on the firewall. */
export const signedHeadSchema = z.strictObject({
  schema: z.literal("sluice/journal-head"),
  version: z.literal(1),
  number: z.int().min(1),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  person: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/),
  /** As ssh-keygen writes it, in the namespace `sluice-journal@v1`. */
  signature: z.string(),
});
export type SignedHead = z.infer<typeof signedHeadSchema>;

/** Name of the file of ours on a firewall that holds the last head. */
export const headFileName = "journal-head.json";

/**
 * What heads that were kept elsewhere know better than a journal: an entry that is missing at its end, or one that was
 * written anew together with all hashes after it.
 */
export const headFaults = (
  { entries, head }: JournalReading,
  kept: readonly JournalHead[],
): JournalReading["faults"] =>
  kept.flatMap(({ number, hash }) => {
    // By its number: in a journal that something was cut from, the other entries are still the ones that were signed.
    const at = entries.findIndex((entry) => entry.number === number);
    if (entries.some((entry) => entry.number === number && entry.hash === hash)) return [];
    const message =
      at < 0
        ? `the end is missing: entry ${number} was written and signed, and the last one here is ${head.number}`
        : `entry ${number} is not the one that was signed: it, or one before it, was written anew`;
    return { line: at < 0 ? Math.max(1, entries.length) : at + 1, message };
  });
