import { appendFileSync, readFileSync } from "node:fs";

/** A good answer within this time is `ok`: one period, in milliseconds. */
export const periodMs = 200;
/** A poll without a good answer after this time is missed, in milliseconds. */
export const deadlineMs = 1000;

/**
 * What became of one poll. `late` is a good answer after a period and before the deadline; `missed` is none, or a wrong
 * one; `reopened` is a poll for which the session had to be opened again, and counts as missed.
 */
export type PollResult = "ok" | "late" | "missed" | "reopened";

/** One line of a poll log. `at` is when it was sent: seconds on the machine's monotonic clock, the same for all. */
export interface Poll {
  readonly n: number;
  readonly at: number;
  readonly result: PollResult;
  /** Round trip in milliseconds, of a good answer. */
  readonly ms?: number;
}

export interface PollTally {
  readonly polls: number;
  readonly late: number;
  readonly missed: number;
  /** Longest time between two good answers, in seconds. */
  readonly longestGap: number;
}

/** Seconds on the machine's monotonic clock, which every process of the lab shares. */
export const monotonicSeconds = (): number => Number(process.hrtime.bigint()) / 1e9;

export const appendPoll = (file: string, poll: Poll): void =>
  appendFileSync(file, `${JSON.stringify(poll)}\n`);

/** Every poll of a log so far; none when the file does not exist yet. */
export function readPolls(file: string): readonly Poll[] {
  const lines = readIfPresent(file).split("\n");
  // What follows the last newline is a line that is still being written.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Poll);
}

export const isGood = (poll: Poll): boolean => poll.result === "ok" || poll.result === "late";

/** When the answer of a good poll arrived, in monotonic seconds. */
export const answeredAt = (poll: Poll): number => poll.at + (poll.ms ?? 0) / 1000;

export function tallyPolls(polls: readonly Poll[]): PollTally {
  const answers = polls.filter(isGood).map(answeredAt);
  return {
    polls: polls.length,
    late: polls.filter((poll) => poll.result === "late").length,
    missed: polls.filter((poll) => !isGood(poll)).length,
    longestGap: answers.slice(1).reduce((longest, at, index) => Math.max(longest, at - answers[index]!), 0),
  };
}

function readIfPresent(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
