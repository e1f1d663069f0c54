import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { monotonicSeconds } from "../../../src/lab/poll-log.ts";
import { atConsole, type MemberIndex, type PairBench, startApply } from "../../support/pair-bench.ts";
import { faultOf, momentOf, type Row } from "./rows.ts";

/** Seconds, of the primary's trials; the standby's last two more. */
export const lease = 6;
const members = [0, 1] as const satisfies readonly MemberIndex[];

/** Makes the plans that take a conduit to a stage on both, and has them approved. Resolves with their files. */
export async function planned(
  { sluice, approve }: PairBench,
  to: "monitor" | "enforce",
  name: string,
): Promise<string> {
  const accepted = to === "enforce" ? " --accept coverage=Minutes" : "";
  const { code, stderr } = await sluice(`plan dmz-cell1 --to ${to} -o ${name}.plan${accepted}`);
  expect(code, stderr).toBe(0);
  await approve(`${name}.1.plan`, `${name}.2.plan`);
  return `${name}.1.plan ${name}.2.plan`;
}

/** Does one thing to one real change of a pair, and checks where it ends. Leaves the pair as it ended. */
export async function play(bench: PairBench, row: Row): Promise<void> {
  const { sluice } = bench;
  const fault = faultOf(row);
  const plans = await planned(bench, "enforce", `${row.moment}-${row.fault}`);
  const missedBefore = bench.missed();
  const confirms = momentOf(row).confirms ? " --confirm-after-soak" : "";
  const applying = startApply(bench, `${plans}${confirms}`);
  await applying.reached(momentOf(row).firewall, momentOf(row).state);
  fault.strike(bench);
  const struck = monotonicSeconds();
  for (const index of members) {
    if (row.stages[index] === "enforce") continue;
    await untilOver(bench, index, struck, row.within);
  }
  await sleep(Math.max(0, struck + lease + 3.5 - monotonicSeconds()) * 1000);
  fault.mend?.(bench);
  const { code, stdout, stderr } = await applying.ended;
  expect(code, stdout + stderr).toBe(row.code);
  expect(stdout).toMatch(row.says);
  for (const index of members) {
    expect(await atConsole(bench, index), `fw${index + 1}`).toEqual([`dmz-cell1 ${row.stages[index]}`]);
  }
  expect(bench.missed() - missedBefore, "polls missed").toBe(0);
  const status = await sluice("status");
  const isSplit = row.stages[0] !== row.stages[1];
  if (isSplit) expect(stderr).toContain("THE PAIR IS SPLIT: fw1 has the new stage and fw2 has not");
  expect(status.stdout.includes("THE PAIR fw1 and fw2 IS SPLIT"), status.stdout).toBe(isSplit);
  expect(status.stdout).not.toContain("ON TRIAL");
  expect((await sluice("drift")).code).toBe(0);
  expect((await sluice("journal verify --site site.yaml")).code).toBe(0);
}

/** Takes whatever was confirmed back, so that both members are in monitor. */
export async function takeBack(bench: PairBench): Promise<void> {
  for (const index of members) {
    if ((await atConsole(bench, index)).includes("dmz-cell1 monitor")) continue;
    expect((await bench.sluice(`rollback fw${index + 1}`)).code).toBe(0);
  }
}

/** No trial is met any more, and in time. */
async function untilOver(
  bench: PairBench,
  index: MemberIndex,
  since: number,
  within = (index === 1 ? lease + 2 : lease) + 5,
): Promise<void> {
  while ((await atConsole(bench, index)).some((stage) => stage.includes("trial"))) {
    expect(monotonicSeconds() - since, `seconds until the trial of fw${index + 1} was over`).toBeLessThan(
      within,
    );
    await sleep(500);
  }
}
