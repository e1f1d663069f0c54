import { carriedBy, passAll, rulesProgram } from "../compile/conduit-program.ts";
import type { Driver } from "../target.ts";
import type { Change, Outside } from "./change.ts";
import { sessionsEnded } from "./sessions.ts";

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
    ...(client === undefined ? [] : await ownSessionProblems(change, driver, client)),
  ];
}

/**
 * What enforcement would do to the engineer's own way to the firewall, where that goes through it: judged by the rules of
 * the plan, from the address that the firewall sees. What arrives at the firewall itself meets no rule of ours.
 */
async function ownSessionProblems(
  { plan, rules }: Change,
  driver: Driver,
  client: string,
): Promise<readonly string[]> {
  if (plan.to !== "enforce") return [];
  const listed = await driver.sessions();
  if (listed.kind === "not-listed") return [];
  const own = listed.sessions.filter(
    ({ initiator, responder, port }) => initiator === client || (responder === client && port === sshPort),
  );
  const span = { file: plan.site.file, line: 1, column: 1, length: 1 };
  const step = { before: passAll, after: rulesProgram(rules, span), carried: carriedBy(rules.pairs) };
  return sessionsEnded(step, own).map(
    ({ initiator, responder, port }) =>
      `your own way to this firewall leads through it: the session ${initiator} -> ${responder}` +
      `${port === undefined ? "" : ` port ${port}`} would be cut. Permit it, or come another way`,
  );
}
