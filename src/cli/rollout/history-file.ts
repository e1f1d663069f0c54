import {
  appendFileSync,
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { printable } from "../../diagnostics/printable.ts";
import type { KeptSample } from "../../rollout/criteria/replay.ts";
import type { ConduitCounters, LiveConduit } from "../../target.ts";
import { CommandError, type Context } from "../context.ts";
import { writeFileAtomic } from "../files.ts";
import { systemErrorText } from "../system-error.ts";
import { stateName } from "./journal-file.ts";

/** Bytes after which the older half of a conduit's samples goes; a month of a small conduit, a sample every 10 s. */
const largest = 64 * 1024 * 1024;

const historyFile = (folder: string, firewall: string, conduit: string): string =>
  join(folder, stateName, "history", `${firewall}.${conduit}.jsonl`);

/** Whether a conduit is monitored and nothing else: what a trial counts is the trial's own. */
export const isOnlyMonitored = (live: readonly LiveConduit[], conduit: string): boolean => {
  const own = live.filter((one) => one.conduit === conduit);
  return own.length > 0 && own.every(({ stage, trial }) => stage === "monitor" && !trial);
};

/** What a sample holds, of which not every look knows what was admitted. */
type Counters = ConduitCounters & Pick<KeptSample["counters"], "admitted">;

/**
 * Keeps a sample of a conduit that is monitored, so that its criteria can be judged before any trial. One line each, in one
 * write; several programs may add to the file.
 */
export function keepSample(
  folder: string,
  firewall: string,
  conduit: string,
  time: Date,
  counters: Counters,
): void {
  const file = historyFile(folder, firewall, conduit);
  const { permits, recorded, recordFull, admitted } = counters;
  const sample: KeptSample = {
    time: time.toISOString(),
    counters: { permits, recorded, recordFull, ...(admitted && { admitted }) },
  };
  mkdirSync(dirname(file), { recursive: true });
  if (existsSync(file)) cutTornLine(file);
  appendFileSync(file, `${JSON.stringify(sample)}\n`);
  if (statSync(file).size <= largest) return;
  const lines = readFileSync(file, "utf8").split("\n");
  writeFileAtomic(file, lines.slice(lines.length >> 1).join("\n"));
}

/**
 * Keeps samples for a command that shows what it sees. That a disk is full does not keep an engineer from seeing the firewall: it is
 * told once, and what is missing from a history shows there as a gap.
 */
export function sampleKeeper(
  context: Context,
  folder: string,
  firewall: string,
): (conduit: string, counters: Counters) => void {
  let isTold = false;
  return (conduit, counters) => {
    try {
      keepSample(folder, firewall, conduit, context.now(), counters);
    } catch (error) {
      const why = systemErrorText(error);
      if (why === undefined) throw error;
      if (!isTold)
        context.process.stderr.write(`warning: no sample of ${firewall} is kept: ${printable(why)}\n`);
      isTold = true;
    }
  };
}

/** Takes away what a crash left of a line, or the next one would be lost with it. */
function cutTornLine(file: string): void {
  const { size } = statSync(file);
  const handle = openSync(file, "r+");
  try {
    const end = Buffer.alloc(1);
    if (size === 0 || (readSync(handle, end, 0, 1, size - 1) === 1 && end[0] === newline)) return;
    ftruncateSync(handle, readFileSync(file).lastIndexOf(newline) + 1);
  } finally {
    closeSync(handle);
  }
}
const newline = 0x0a;

/** The samples of a conduit in the order of their times. A line that was cut off by a crash is the last, and left out. */
export function readHistory(folder: string, firewall: string, conduit: string): readonly KeptSample[] {
  const file = historyFile(folder, firewall, conduit);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines
    .map((line, index) => {
      try {
        return JSON.parse(line) as KeptSample;
      } catch {
        throw new CommandError(
          `${file}:${index + 1}: this line is no sample of a criterion's history: take it out, or move the file away`,
        );
      }
    })
    .toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}
