import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { sessions } from "../../../src/lab/plant.ts";
import { isGood, monotonicSeconds, type Poll } from "../../../src/lab/poll-log.ts";
import { type Lab, startTestLab } from "../lab-fixture.ts";
import { installBreakpoints } from "./breakpoint.ts";
import { type Scene, sayOk } from "./faults.ts";
import type { Platform } from "./platforms.ts";
import { makePlan, prepareSite } from "./site.ts";

const permitted = sessions.filter(({ forbidden }) => forbidden === undefined);

/** A lab in which one conduit is monitored. */
export interface Bench extends Omit<Scene, "plan"> {
  /** Hash of the rules in monitor, the stage before. */
  readonly previous: string;
  /** Approved plans that were not used by the row that they were made for. */
  readonly unused: string[];
}

/** Polls of the permitted sessions that had no good answer, so far. */
export const missedPolls = ({ lab }: Bench): number =>
  permitted.flatMap(({ id }) => lab.polls(id)).filter((poll) => !isGood(poll)).length;

export const startBench = async (platform: Platform): Promise<Bench> =>
  monitored(await startTestLab("--decided", "--target", platform.target), platform);

/** Takes a new lab as far as monitor. When that fails, the lab ends. */
export async function monitored<L extends Lab>(
  lab: L,
  platform: Platform,
): Promise<Bench & { readonly lab: L }> {
  try {
    prepareSite(join(lab.folder.site, "site.yaml"));
    sayOk({ lab });
    await makePlan(lab, "monitor", "monitor.plan");
    await lab.engineer("sluice apply monitor.plan --confirm-after-soak");
    return { lab, platform, previous: await platform.hash(lab), unused: [] };
  } catch (error) {
    await lab.down();
    throw error;
  }
}

/**
 * Makes ready for the next row, and proves it: everything runs, every permitted session answers, the stage is the one
 * before, and nothing remembers an earlier change. Rejects when it cannot be had, and then the lab is of no use.
 */
export async function setRight(bench: Bench): Promise<void> {
  const { lab, platform } = bench;
  await installBreakpoints(lab, platform.wrapped);
  // A tool that was killed leaves the firewall's lock, which ends by itself within minutes.
  await lab.console(`${platform.forget}; rm -f /run/hold /mnt/held; true`);
  // A session whose answer was on its way in a reboot is picked up from it, and the next change would be refused for it.
  await lab.console("conntrack -D -p tcp --orig-port-src 502 2> /dev/null; true");
  expect(await platform.trialRuns(lab)).toBe(false);
  expect(await platform.hash(lab)).toBe(bench.previous);
  await untilAllAnswer(bench);
}

/** After a reboot the permitted sessions go on by themselves: a connection is picked up from its request side. */
export async function untilAllAnswer({ lab }: Bench): Promise<void> {
  const since = monotonicSeconds();
  const isAnswered = (poll: Poll | undefined): boolean =>
    poll !== undefined && poll.at > since && isGood(poll);
  const silent = () => permitted.map(({ id }) => id).filter((id) => !isAnswered(lab.polls(id).at(-1)));
  await until("every permitted session answers", () => silent().length === 0, 30);
}

/** Looks again and again. Rejects when what is looked for does not come within so many seconds. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  seconds: number,
): Promise<void> {
  const deadline = monotonicSeconds() + seconds;
  while (!(await isSo())) {
    if (monotonicSeconds() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await sleep(200);
  }
}
