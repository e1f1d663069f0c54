import { type LabFolder, pollLog } from "../lab-folder.ts";
import { type PollSession, sessions } from "../plant.ts";
import { answeredAt, isGood, type Poll, readPolls, tallyPolls } from "../poll-log.ts";
import type { Figures } from "./figures.ts";

const pollsOf = (folder: LabFolder, session: PollSession): readonly Poll[] =>
  readPolls(pollLog(folder, session.id));

export const forbiddenSession: PollSession = sessions.find(({ forbidden }) => forbidden !== undefined)!;

/** Monotonic seconds of every answer that the forbidden session had so far. */
export const forbiddenAnswers = (folder: LabFolder): readonly number[] =>
  pollsOf(folder, forbiddenSession).filter(isGood).map(answeredAt);

/** What became of the polls of every permitted session, all together. */
export function permittedPolls(folder: LabFolder): Figures["permitted"] {
  const tallies = sessions
    .filter((session) => session.forbidden === undefined)
    .map((session) => tallyPolls(pollsOf(folder, session)));
  const sum = (of: "polls" | "late" | "missed"): number =>
    tallies.reduce((total, tally) => total + tally[of], 0);
  return {
    sessions: tallies.length,
    polls: sum("polls"),
    late: sum("late"),
    missed: sum("missed"),
    longestGap: Math.max(...tallies.map(({ longestGap }) => longestGap)),
  };
}
