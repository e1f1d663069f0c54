import { beforeEach, describe, expect, test } from "vitest";
import { changeOf } from "../../src/rollout/change.ts";
import { rehearse } from "../../src/rollout/drill.ts";
import { measureOrder, takeMeasure, takeOver } from "../../src/rollout/emergency/emergency.ts";
import { driftOf } from "../../src/rollout/known-good/drift.ts";
import { readRing } from "../../src/rollout/known-good/known-good.ts";
import { endTrial, rollBack } from "../../src/rollout/known-good/rollback.ts";
import { lookAt, nothingSeen } from "../../src/rollout/trial/look.ts";
import type { Ending } from "../../src/rollout/trial/machine.ts";
import { runChange } from "../../src/rollout/trial/runner.ts";
import { SessionError } from "../../src/session.ts";
import type { Driver } from "../../src/target.ts";
import { type FakeFirewall, fakeFirewall } from "../support/fake-firewall.ts";
import { makePlan } from "../support/plan.ts";
import { conduitRules } from "../support/rules.ts";

// A firewall that, from some step on, never answers: the wire is there, and nothing comes. A session gives such a command
// up (test/ssh/connect.test.ts); here the whole change must not wait for longer than it may, and must end well.

const plan = makePlan();
const { lease } = plan.trial;

/** Seconds of looking for a firewall that may be back: a minute, and the last look that was begun in it. */
const looking = 60 + 35;
/** Seconds until the end of a silence that lasts: of a trial, and of what was confirmed and is written for the next boot. */
const longest = () => looking + (firewall.confirmed === "enforce" ? 90 : lease);

let firewall: FakeFirewall;
beforeEach(async () => {
  firewall = await fakeFirewall(plan);
});

const apply = (): Promise<Ending> =>
  runChange(
    changeOf(plan, "eva", "one", firewall.outside.time()),
    { kind: "approved" },
    { lease, soak: plan.trial.soak, confirm: "after-soak" },
    firewall.outside,
  );
const confirm = (): Promise<Ending> =>
  runChange(
    changeOf(plan, "olaf", "two", firewall.outside.time()),
    { kind: "confirming", leaseEnds: firewall.now + lease },
    { lease, soak: plan.trial.soak, confirm: "by-another" },
    firewall.outside,
  );

/** What the firewall does must be what the change says of it. */
function expectTruth(end: Ending): void {
  const runs = firewall.trial !== undefined && firewall.trial.ends > firewall.now;
  expect(runs, "a trial that nobody holds").toBe(false);
  if (end.kind === "revert-unproven") {
    expect(end.reason).toMatch(/ended there by itself by|did not finish|does not answer/);
  } else {
    const isNew = end.kind === "done" || end.kind === "confirmed-not-persisted";
    expect(firewall.confirmed).toBe(isNew ? "enforce" : "monitor");
  }
}

/** Steps of a change that is never kept waiting. */
const stepsOfApply = async (): Promise<number> => {
  const quiet = await fakeFirewall(plan);
  firewall = quiet;
  await apply();
  return quiet.asked;
};

describe.each([
  { steps: 1, done: false, how: "one step is not answered, and not done" },
  { steps: 1, done: true, how: "one step is done, and not answered" },
  { steps: 3, done: false, how: "three steps are not answered" },
  { steps: 1e9, done: false, how: "nothing is answered any more" },
  { steps: 1e9, done: true, how: "everything is done, and nothing answered any more" },
])("where $how", ({ steps, done }) => {
  test("from any step of it on, an apply ends in time, and tells what is so", async () => {
    const count = await stepsOfApply();
    expect(count).toBeGreaterThan(70);
    for (let from = 1; from <= count; from += 1) {
      firewall = await fakeFirewall(plan);
      firewall.silence = { from, steps, done };
      const end = await apply();
      const waited = firewall.now - firewall.silentSince!;
      const after = `step ${from}: ${firewall.told.at(-1)}`;
      // What is only told to others may be missing, and the trial goes on.
      if (end.kind !== "done") expect(waited, after).toBeLessThan(longest());
      expectTruth(end);
      expect(firewall.told.at(-1)).not.toBe("");
    }
  });

  test("from any step of it on, a confirm ends in time, and tells what is so", async () => {
    for (let from = 1; from <= 40; from += 1) {
      firewall = await fakeFirewall(plan);
      let end: Ending | undefined;
      firewall.script.set(60, () => {
        firewall.silence = { from: firewall.asked + from, steps, done };
        void confirm().then((one) => {
          end = one;
        });
      });
      const held = await runChange(
        changeOf(plan, "eva", "one", firewall.outside.time()),
        { kind: "approved" },
        { lease, soak: plan.trial.soak, confirm: "by-another" },
        firewall.outside,
      );
      expectTruth(held);
      // The session of the trial may have ended long before the one that confirms gives up.
      while (!end) await Promise.resolve();
      expectTruth(end);
    }
  });

  const rules = conduitRules("enforce");
  const measure = {
    ...({ action: "isolate", actor: "eva", firewall: "fw1", reason: "malware", seconds: lease } as const),
    time: "2026-03-01T02:00:00.000Z",
  };
  const verbs: Readonly<Record<string, (driver: Driver) => Promise<unknown>>> = {
    rollback: (driver) => rollBack(driver),
    "rollback to a number": (driver) => rollBack(driver, 1),
    abort: async (driver) => {
      const { lock, ownHash } = await driver.read();
      return endTrial(driver, plan.id.slice(0, 16), lock?.holder ?? "", ownHash);
    },
    drill: (driver) => rehearse(driver, lease),
    isolate: (driver) => takeOver(driver, measureOrder(measure, rules)),
    bypass: (driver) => takeMeasure(driver, measureOrder({ ...measure, action: "bypass" }, rules)),
    watch: (driver) => lookAt(driver, nothingSeen, firewall.now, () => undefined),
    drift: async (driver) => driftOf(driver, await driver.read(), await readRing(driver)),
  };

  test.each(Object.keys(verbs))("from any step of it on, %s says so in its time", async (name) => {
    const perform = async (): Promise<unknown> => {
      const { driver, allow } = await firewall.outside.connect();
      allow(180);
      return verbs[name]!(driver);
    };
    await perform();
    for (let from = 2, count = firewall.asked; from <= count; from += 1) {
      firewall = await fakeFirewall(plan);
      firewall.silence = { from, steps, done };
      const start = firewall.now;
      await expect(perform()).rejects.toThrow(SessionError);
      expect(firewall.now - start).toBeLessThan(181);
      // A measure that was armed and not told of is over when its lease is; it holds nothing for longer.
      if (firewall.trial) expect(firewall.trial.ends - start).toBeLessThan(lease + 65);
    }
  });
});
