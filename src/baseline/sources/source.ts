import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Accounting } from "../flow.ts";

/** A file cannot be read as what it is; the message names the byte or the line, what was expected, and a remedy. */
export class SourceError extends Error {}

/** The file is of a format that is not read here; nothing of it was used. */
export class FormatError extends SourceError {}

/** Takes the bytes of one file, in pieces of any size. @throws {SourceError} */
export interface ByteReader {
  readonly format: string;
  /** What it counts. */
  readonly unit: Accounting["unit"];
  push(chunk: Uint8Array): void;
  /** The file is at its end. Returns what the engineer should know although the file was read. */
  end(): readonly Diagnostic[];
}

/** Counts each record of a source once. */
export interface Tally {
  use(): void;
  ignore(reason: string): void;
  /** Counts as used what was ignored for a reason until what it belongs to came. */
  useAfterAll(reason: string, count: number): void;
  /** @param sample what could not be read, and where: a few are kept to be shown. */
  reject(reason: string, sample?: string): void;
  /** Counts as rejected what a recorder says that it lost: it is not in the source, and was on the wire. */
  lose(reason: string, count: number): void;
  /** Notes what a recorder's own statistics say: of so many packets, so many were lost. */
  tell(lost: number, of: number): void;
  readonly samples: readonly string[];
  accounting(unit: Accounting["unit"]): Accounting;
}

/** How many of the records that could not be read are kept to be shown. */
const shownSamples = 3;

export function tally(): Tally {
  let used = 0;
  let others = 0;
  const told = { lost: 0, of: 0 };
  const ignored = new Map<string, number>();
  const rejected = new Map<string, number>();
  const samples: string[] = [];
  const count = (counts: Map<string, number>, reason: string, more = 1): void => {
    counts.set(reason, (counts.get(reason) ?? 0) + more);
    others += more;
  };
  return {
    use: () => {
      used += 1;
    },
    ignore: (reason) => count(ignored, reason),
    useAfterAll(reason, records) {
      count(ignored, reason, -records);
      if (ignored.get(reason) === 0) ignored.delete(reason);
      used += records;
    },
    reject(reason, sample) {
      count(rejected, reason);
      if (sample !== undefined && samples.length < shownSamples) samples.push(`${reason}: ${sample}`);
    },
    lose: (reason, lost) => count(rejected, reason, lost),
    tell(lost, of) {
      told.lost += Math.round(lost);
      told.of += Math.round(of);
    },
    samples,
    accounting: (unit) => ({
      unit,
      read: used + others,
      used,
      ignored: Object.fromEntries([...ignored].sort()),
      rejected: Object.fromEntries([...rejected].sort()),
      ...(told.lost === 0 ? {} : { losses: { ...told } }),
    }),
  };
}
