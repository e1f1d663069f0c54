import { carriedBy, passAll, rulesProgram } from "../../compile/conduit-program.ts";
import type { Driver } from "../../target.ts";
import type { Change, Outside } from "../change.ts";
import { isHeldBackwards, sessionsEnded } from "../sessions.ts";

/** Seconds that two clocks may differ; leases are durations, but records are read beside each other. */
const clockTolerance = 300;
/** A known-good, a boot file and their copies are far smaller. */
const leastFree = 16 * 1024 * 1024;
/** A table of connections that is fuller, in percent, is soon full: then new ones are dropped, permitted or not. */
const fullest = 90;
const sshPort = 22;

/** What of the host itself speaks against a change now, each with how to mend it. */
export async function hostProblems(
  change: Change,
  driver: Driver,
  outside: Outside,
): Promise<readonly string[]> {
  const { clock, freeBytes, tracked, client } = await driver.readings();
  const ahead = clock - outside.time().getTime() / 1000;
  const percent = tracked && tracked.limit > 0 ? (100 * tracked.entries) / tracked.limit : 0;
  return [
    ...(Math.abs(ahead) > clockTolerance
      ? [
          `the firewall's clock is ${Math.abs(ahead).toFixed(0)} s ${ahead > 0 ? "ahead of" : "behind"} this machine's: set ` +
            "the wrong one by a time server, or no record of the two could be read beside the other",
        ]
      : []),
    ...(freeBytes < leastFree
      ? [
          `the firewall's disk has ${(freeBytes / 1024 / 1024).toFixed(1)} MiB left, and a boot file or known-good might be ` +
            "cut short: make room for 16 MiB",
        ]
      : []),
    ...(tracked && percent >= fullest
      ? [
          `the firewall keeps track of ${tracked.entries} connections and can of ${tracked.limit}: find what opens them, or ` +
            "raise its limit",
        ]
      : []),
    ...(await sessionProblems(change, driver, client)),
  ];
}

/**
 * What enforcement would do that nobody means: end the engineer's own way to the firewall, where that goes through it
 * (judged from the address that the firewall sees; what arrives at the firewall itself meets no rule of ours), or end a
 * session that is permitted, because the firewall holds it the wrong way round.
 */
async function sessionProblems(
  { plan, rules }: Change,
  driver: Driver,
  client: string | undefined,
): Promise<readonly string[]> {
  if (plan.to !== "enforce") return [];
  const listed = await driver.sessions();
  if (listed.kind === "not-listed") return [];
  const span = { file: plan.site.file, line: 1, column: 1, length: 1 };
  const step = { before: passAll, after: rulesProgram(rules, span), carried: carriedBy(rules.pairs) };
  return sessionsEnded(step, listed.sessions).flatMap((session) => {
    const { initiator, responder, port } = session;
    if (isHeldBackwards(step.after, session)) {
      return [
        `the session ${responder} -> ${initiator} port ${session.initiatorPort} is permitted, but the firewall picked it up ` +
          "from an answer and holds it the wrong way round, so that it would be cut. End that entry, and it is known again " +
          `by the next packet of its client: ${driver.endSessionCommand(session)}`,
      ];
    }
    return initiator === client || (responder === client && port === sshPort)
      ? [
          `your own way to this firewall leads through it: the session ${initiator} -> ${responder}` +
            `${port === undefined ? "" : ` port ${port}`} would be cut. Permit it, or come another way`,
        ]
      : [];
  });
}
