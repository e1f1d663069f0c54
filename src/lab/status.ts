import type { LabFolder } from "./lab-folder.ts";
import { pollLog } from "./lab-folder.ts";
import { hosts, type PollSession, sessions } from "./plant.ts";
import { type PollTally, readPolls, tallyPolls } from "./poll-log.ts";
import { type LabState, runningLab } from "./state.ts";

export interface SessionStatus extends PollSession {
  readonly tally: PollTally;
  /** What became of the latest poll. */
  readonly latest?: string;
}

/** What `sluice lab status` shows, and with --json prints. */
export interface LabStatus {
  readonly schema: "sluice/lab-status";
  readonly version: 1;
  readonly folder: string;
  readonly lab: LabState | undefined;
  readonly sessions: readonly SessionStatus[];
}

export function labStatus(folder: LabFolder): LabStatus {
  const lab = runningLab(folder);
  const states = lab === undefined ? [] : sessions.map((session) => sessionStatus(folder, session));
  return { schema: "sluice/lab-status", version: 1, folder: folder.root, lab, sessions: states };
}

function sessionStatus(folder: LabFolder, session: PollSession): SessionStatus {
  const polls = readPolls(pollLog(folder, session.id));
  return { ...session, tally: tallyPolls(polls), latest: polls.at(-1)?.result };
}

/** The status as an engineer reads it. */
export function renderStatus(status: LabStatus): string {
  if (status.lab === undefined) return `No lab runs in ${status.folder}.`;
  const names = Math.max(...status.sessions.map(({ id }) => id.length));
  return [
    `A lab runs in ${status.folder} (${status.lab.mode === "root" ? "as root" : "in a user namespace"}).`,
    "",
    ...hosts.map(
      ({ name, links }) => `  ${name.padEnd(12)} ${links.flatMap(({ addresses }) => addresses).join("  ")}`,
    ),
    "",
    ...status.sessions.map(({ id, tally, latest, forbidden }) => {
      const counts = `${tally.polls} polls, ${tally.late} late, ${tally.missed} missed`;
      return `  ${id.padEnd(names)}  ${counts}, now ${latest ?? "silent"}${forbidden ? "  (forbidden)" : ""}`;
    }),
  ].join("\n");
}
