import { setTimeout as sleep } from "node:timers/promises";
import { monotonicSeconds } from "../poll-log.ts";
import { type Console, DemoError } from "./terminal.ts";

/** A change that lies between two looks at the kernel: monotonic seconds, `after` the earlier look. */
export interface Moment {
  readonly after: number;
  readonly before: number;
}

/**
 * Looks at the firewall's kernel from its own console, without Sluice and without the management link, until packets
 * do, or do not, meet a trial. Rejects when that takes longer than `seconds`.
 */
export async function untilTrial(
  watcher: Console,
  wanted: "runs" | "is over",
  seconds: number,
): Promise<Moment> {
  const deadline = monotonicSeconds() + seconds;
  for (let after = monotonicSeconds(); ; ) {
    const looked = monotonicSeconds();
    const state = (await trialRuns(watcher)) ? "runs" : "is over";
    if (state === wanted) return { after, before: monotonicSeconds() };
    if (looked > deadline)
      throw new DemoError(`after ${seconds} s no moment came at which the trial ${wanted}`);
    after = looked;
    await sleep(50);
  }
}

/** The kernel lists no element whose lease has ended. */
async function trialRuns(watcher: Console): Promise<boolean> {
  const maps = ["trial4", "trial6"].map((name) => `nft list map inet sluice ${name} 2>/dev/null`);
  return (await watcher.console(`${maps.join("; ")}; true`)).includes(" expires ");
}
