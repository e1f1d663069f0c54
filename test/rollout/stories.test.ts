import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { Service } from "../../src/net/service.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { firewallRulesDocument } from "../../src/plan/rules-document.ts";
import { changeOf, RecordError, trialNoteName, usedName } from "../../src/rollout/change.ts";
import { holderOf } from "../../src/rollout/holder.ts";
import { currentOf, readRing } from "../../src/rollout/known-good/known-good.ts";
import { rollBack } from "../../src/rollout/known-good/rollback.ts";
import type { Settings, State } from "../../src/rollout/trial/machine.ts";
import { sessionsBeforeName } from "../../src/rollout/trial/reconnect.ts";
import { runChange } from "../../src/rollout/trial/runner.ts";
import { SessionError } from "../../src/session.ts";
import type { LiveSession, RecordedFlow } from "../../src/target.ts";
import { DriverError } from "../../src/target.ts";
import { type FakeFirewall, fakeFirewall } from "../support/fake-firewall.ts";
import { makePlan } from "../support/plan.ts";
import { conduitRules } from "../support/rules.ts";

const span = {
  family: 4,
  source: "10.20.1.10",
  destination: "10.10.1.10",
  protocol: 6,
  port: 502,
  packets: 1,
} as const;
let plan: Plan;
let firewall: FakeFirewall;
beforeEach(async () => {
  plan = makePlan();
  firewall = await fakeFirewall(plan);
});

const settingsOf = (confirm: Settings["confirm"]): Settings => ({
  lease: plan.trial.lease,
  soak: plan.trial.soak,
  confirm,
});
const apply = (confirm: Settings["confirm"] = "by-another"): Promise<State> =>
  runChange(
    changeOf(plan, "eva", "one", firewall.outside.time()),
    { kind: "approved" },
    settingsOf(confirm),
    firewall.outside,
  );
/** Does something at the moment at which the change comes to a state. */
function when(state: State["kind"], action: () => void): void {
  const { record } = firewall.outside;
  firewall.outside.record = async (kind, details) => {
    await record(kind, details);
    if (kind === state) action();
  };
}
const confirm = (): Promise<State> =>
  runChange(
    changeOf(plan, "olaf", "two", firewall.outside.time()),
    { kind: "confirming", leaseEnds: firewall.now + plan.trial.lease },
    settingsOf("by-another"),
    firewall.outside,
  );

describe("a trial", () => {
  test("that confirms itself after the soak is persisted and kept as a known-good", async () => {
    expect(await apply("after-soak")).toEqual({ kind: "done" });
    expect(firewall).toMatchObject({ confirmed: "enforce", bootText: "boot text" });
    expect(currentOf((await readRing(firewall.driver))!)).toMatchObject({
      number: 3,
      parent: 2,
      plan: plan.id,
    });
    expect(firewall.recorded).toEqual([
      "preflight",
      "drilled",
      "guarded",
      "used",
      "trial",
      "soak",
      "confirming",
      "confirmed",
      "persisted",
      "done",
    ]);
    expect((await firewall.driver.read()).lock).toBeUndefined();
  });

  test("is confirmed by another session, and the one that held it ends well too", async () => {
    let confirming: Promise<State> | undefined;
    firewall.script.set(60, () => {
      confirming = confirm();
    });
    expect(await apply()).toEqual({ kind: "done" });
    expect(await confirming).toEqual({ kind: "done" });
    expect(firewall.confirmed).toBe("enforce");
  });

  test("that was confirmed a moment ago is not measured any more", async () => {
    const { trial, watch } = makePlan();
    plan = makePlan({
      trial: { ...trial, renewEvery: 4 },
      watch: { ...watch, heartbeats: [{ permit: "poll", deadline: 0.6 }] },
    });
    firewall = await fakeFirewall(plan);
    let confirming: Promise<State> | undefined;
    firewall.script.set(61.4, () => {
      confirming = confirm();
      firewall.speaking = false;
    });
    expect(await apply()).toEqual({ kind: "done" });
    expect(await confirming).toEqual({ kind: "done" });
    expect(firewall.told.join("\n")).not.toContain("held");
  });

  test("goes on when the session that was to confirm it is asked to stop before it did", async () => {
    let stopped: Promise<State> | undefined;
    firewall.script.set(60, () => {
      const outside = { ...firewall.outside, abortReason: () => "ended by Ctrl-C" };
      const start = { kind: "confirming", leaseEnds: firewall.now + plan.trial.lease } as const;
      const change = changeOf(plan, "olaf", "two", outside.time());
      stopped = runChange(change, start, settingsOf("by-another"), outside);
    });
    firewall.script.set(70, () => {
      firewall.abort = "enough";
    });
    expect(await apply()).toEqual({ kind: "verified-back", cause: "enough" });
    expect(await stopped).toEqual({ kind: "refused", reasons: ["ended by Ctrl-C"] });
    expect(firewall.calls).not.toContain("confirm");
  });

  test("is not confirmed before its soak is over, and goes on", async () => {
    let early: Promise<State> | undefined;
    firewall.script.set(12, () => {
      early = confirm();
    });
    firewall.script.set(20, () => {
      firewall.abort = "enough";
    });
    expect((await apply()).kind).toBe("verified-back");
    expect(await early).toEqual({
      kind: "refused",
      reasons: [expect.stringContaining("the soak is not over")],
    });
    expect(firewall.calls).not.toContain("confirm");
  });

  test.each([
    ["drilled", "guard"],
    ["guarded", "load"],
  ])(
    "that somebody asks to end when it is %s is not armed; its plan is unused and its dead man is sent away",
    async (state, next) => {
      when(state as State["kind"], () => {
        firewall.abort = "ended by Ctrl-C";
      });
      expect(await apply()).toEqual({ kind: "refused", reasons: ["ended by Ctrl-C"] });
      expect(firewall.calls).not.toContain(next);
      expect(firewall.calls).not.toContain("arm");
      expect(firewall.calls.includes("disarm")).toBe(firewall.calls.includes("guard"));
      expect(firewall.files.has(usedName(plan.id))).toBe(false);
      expect((await firewall.driver.read()).lock).toBeUndefined();
    },
  );

  test("that somebody asks to end at the last moment is not confirmed", async () => {
    when("confirming", () => {
      firewall.abort = "ended by Ctrl-C";
    });
    expect(await apply("after-soak")).toEqual({ kind: "verified-back", cause: "ended by Ctrl-C" });
    expect(firewall.calls).not.toContain("confirm");
    expect(firewall.confirmed).toBe("monitor");
  });

  test("whose machine slept past the lease says so, and not that somebody ended it", async () => {
    when("soak", () => {
      firewall.now += plan.trial.lease + 5;
    });
    expect(await apply()).toMatchObject({
      kind: "verified-back",
      cause: expect.stringMatching(
        /^its lease of \d+ s was not renewed in time: this program came \d+ s too late/,
      ),
    });
    expect(firewall.told.join("\n")).toMatch(
      /the lease ended at 2026-03-01T02:0\S+: unless it was confirmed/,
    );
  });

  test("whose wire is cut ends in the firewall, and that is read when the wire is back", async () => {
    firewall.script.set(15, () => {
      firewall.wire = "cut";
    });
    firewall.script.set(40, () => {
      firewall.wire = "up";
    });
    expect((await apply()).kind).toBe("verified-back");
    expect(firewall.confirmed).toBe("monitor");
    expect(firewall.told.join("\n")).toMatch(
      /returns to the previous stage by itself by 2026-03-01T02:00:2\d/,
    );
  });

  test("whose wire stays cut is not proven to be back, and says so", async () => {
    firewall.script.set(15, () => {
      firewall.wire = "cut";
    });
    expect(await apply()).toMatchObject({
      kind: "revert-unproven",
      reason: expect.stringMatching(
        /^no route to host\. .* unknown until it is read; a trial that was not confirmed ended there by itself by 2026-03-01T02:00:2\d/,
      ),
    });
    expect(firewall.trial!.ends).toBeLessThan(firewall.now);
  });

  test("whose boot file was written when the wire broke is found so, and is done", async () => {
    firewall.cutAfter = "writeBoot";
    expect(await apply("after-soak")).toEqual({ kind: "done" });
    expect(firewall).toMatchObject({ confirmed: "enforce", bootText: "boot text" });
  });

  test("on a firewall whose disk is full is refused before the drill", async () => {
    const { writeFile } = firewall.driver;
    Object.assign(firewall.driver, { writeFile: () => Promise.reject(new DriverError("no space left")) });
    expect(await apply()).toMatchObject({ kind: "refused", reasons: ["no space left"] });
    expect(firewall.calls).not.toContain("drill");
    Object.assign(firewall.driver, { writeFile });
  });

  test("on a firewall that is slower than its own lease never outlives it", async () => {
    // It was not so slow before the trial, or the trial would have been refused.
    const { drill } = firewall.driver;
    firewall.driver.drill = (lease) => {
      firewall.latency = 4;
      return drill(lease);
    };
    plan = makePlan({ trial: { ...plan.trial, lease: 5, renewEvery: 2 } });
    expect(await apply()).toMatchObject({ kind: "verified-back" });
    expect(firewall.confirmed).toBe("monitor");
    expect(firewall.trial?.ends ?? 0).toBeLessThan(firewall.now);
  });

  test("that the operator ends is back at once", async () => {
    firewall.script.set(15, () => {
      firewall.abort = "ended by Ctrl-C";
    });
    expect(await apply()).toEqual({ kind: "verified-back", cause: "ended by Ctrl-C" });
    expect(firewall.now).toBeLessThan(18);
  });

  test("that drops a flow of the baseline ends at the next measurement", async () => {
    firewall.script.set(15, () => {
      firewall.dropped = [span];
    });
    expect(await apply()).toMatchObject({
      kind: "verified-back",
      cause: expect.stringContaining("10.20.1.10 -> 10.10.1.10 502"),
    });
    expect(firewall.now).toBeLessThan(18);
  });

  test("in which a critical permit falls silent ends after two misses", async () => {
    firewall.script.set(15, () => {
      firewall.speaking = false;
    });
    expect(await apply()).toMatchObject({
      kind: "verified-back",
      cause: expect.stringContaining("poll asked nothing"),
    });
    expect(firewall.now).toBeGreaterThan(18);
    expect(firewall.now).toBeLessThan(25);
  });

  test("that nobody confirms ends at its maximum", async () => {
    expect(await apply()).toMatchObject({
      kind: "verified-back",
      cause: `the time for this trial is over: a trial of this plan lasts ${plan.trial.maximum} s at most`,
    });
    expect(firewall.now).toBeLessThan(plan.trial.maximum + 30);
  });

  test("ends before its window does", async () => {
    const window = { id: "night", timezone: "UTC", days: ["sun" as const], from: "02:00", to: "02:03" };
    plan = makePlan({ window });
    firewall = await fakeFirewall(plan);
    const why = "the window night closes 60 s later, which are kept for the way back";
    expect(await apply()).toMatchObject({
      kind: "verified-back",
      cause: `the time for this trial is over: ${why}`,
    });
    expect(firewall.now).toBeLessThanOrEqual(180 - plan.trial.reserve + 1);
    // Who is to confirm hears of the end when the trial begins, and shortly before it comes.
    const told = firewall.told.filter((line) => line.includes(why));
    expect(told.map((line) => line.replace(/in \d+ s/, "in N s"))).toEqual([
      expect.stringMatching(/^the trial ends at 2026-03-01T02:0[12]:\S+Z at the latest: /),
      `unless it is confirmed the trial ends in N s: ${why}`,
      `unless it is confirmed the trial ends in N s: ${why}`,
      expect.stringContaining("reverting"),
      expect.stringContaining("back: the previous stage"),
    ]);
  });

  test("that is confirmed in the last second of its window is confirmed, and one that is too late is back", async () => {
    const window = { id: "night", timezone: "UTC", days: ["sun" as const], from: "02:00", to: "02:03" };
    const end = 180 - plan.trial.reserve;
    plan = makePlan({ window });
    firewall = await fakeFirewall(plan);
    let confirming: Promise<State> | undefined;
    firewall.script.set(end - 2.2, () => {
      confirming = confirm();
    });
    expect(await apply()).toEqual({ kind: "done" });
    expect(await confirming).toEqual({ kind: "done" });
    expect(firewall.confirmed).toBe("enforce");
    firewall = await fakeFirewall(plan);
    expect((await apply()).kind).toBe("verified-back");
    expect(await confirm()).toEqual({
      kind: "refused",
      reasons: [expect.stringContaining("no trial of this plan runs")],
    });
    expect(firewall.confirmed).toBe("monitor");
  });

  test("whose boot file is still being written when the window ends is finished", async () => {
    const window = { id: "night", timezone: "UTC", days: ["sun" as const], from: "02:00", to: "02:03" };
    plan = makePlan({ window });
    firewall = await fakeFirewall(plan);
    let confirming: Promise<State> | undefined;
    firewall.script.set(180 - plan.trial.reserve - 3, () => {
      confirming = confirm();
    });
    firewall.script.set(180 - plan.trial.reserve - 1, () => {
      firewall.latency = 30;
    });
    expect((await apply()).kind).toBe("done");
    expect(await confirming).toEqual({ kind: "done" });
    expect(firewall.now).toBeGreaterThan(180);
    expect(firewall).toMatchObject({ confirmed: "enforce", bootText: "boot text" });
  });

  test("that cannot be written down any more ends, and is proven to be back", async () => {
    const { outside } = firewall;
    let disk = "free" as "free" | "full";
    firewall.script.set(15, () => {
      disk = "full";
    });
    const record = outside.record;
    Object.assign(outside, {
      record: (action: string, details: Readonly<Record<string, unknown>>) =>
        disk === "full" ? Promise.reject(new Error("ENOSPC")) : record(action, details),
    });
    expect(await apply()).toEqual({ kind: "verified-back", cause: "the record cannot be kept: ENOSPC" });
    expect(firewall.trial).toBeUndefined();
    // What nobody can read later is read now, to the end.
    expect(firewall.told).toContain(
      "back: the previous stage is what runs (the record cannot be kept: ENOSPC)",
    );
    expect(
      firewall.told.filter((line) => line.includes("NOT in the journal: keep these lines")),
    ).toHaveLength(1);
  });

  test("of which it cannot be written down that it is confirmed is not confirmed", async () => {
    const { record } = firewall.outside;
    firewall.outside.record = (action, details) =>
      action === "confirming" ? Promise.reject(new RecordError("ENOSPC")) : record(action, details);
    expect(await apply("after-soak")).toEqual({
      kind: "verified-back",
      cause: "the record cannot be kept: ENOSPC",
    });
    expect(firewall.confirmed).toBe("monitor");
  });

  test("when it cannot be written down that the plan is used up, and nothing is loaded", async () => {
    const { outside } = firewall;
    const record = outside.record;
    Object.assign(outside, {
      record: (action: string, details: Readonly<Record<string, unknown>>) =>
        action === "used" ? Promise.reject(new RecordError("ENOSPC")) : record(action, details),
    });
    expect(await apply()).toEqual({ kind: "verified-back", cause: "ENOSPC" });
    expect(firewall.calls.filter((step) => step === "load" || step === "arm")).toEqual([]);
  });

  test("whose firewall forgets it in a reboot is seen to be over", async () => {
    firewall.script.set(15, () => {
      firewall.trial = undefined;
    });
    expect((await apply()).kind).toBe("verified-back");
  });
});

describe("two engineers at once", () => {
  test("the second one takes over when told to: the first trial ends, is proven back, and the journal has it", async () => {
    const first = makePlan({ author: "otto" });
    let second: Promise<State> | undefined;
    firewall.script.set(30, () => {
      firewall.takeOver = true;
      second = apply("after-soak");
    });
    const end = await runChange(
      changeOf(first, "otto", "first", firewall.outside.time()),
      { kind: "approved" },
      settingsOf("by-another"),
      firewall.outside,
    );
    expect(end).toMatchObject({ kind: "verified-back" });
    expect(await second).toEqual({ kind: "done" });
    expect(firewall.recorded).toContain("take-over");
    expect(firewall.confirmed).toBe("enforce");
  });
});

test("what was confirmed and could not be persisted is finished by confirming it again, and then it is done", async () => {
  const { writeBoot } = firewall.driver;
  Object.assign(firewall.driver, {
    writeBoot: () => Promise.reject(new DriverError("No space left on device")),
  });
  expect(await apply("after-soak")).toEqual({
    kind: "confirmed-not-persisted",
    reason: "No space left on device",
  });
  expect(firewall).toMatchObject({ confirmed: "enforce", bootText: "old boot" });
  expect(await confirm()).toMatchObject({ kind: "confirmed-not-persisted" });
  Object.assign(firewall.driver, { writeBoot });
  expect(await confirm()).toEqual({ kind: "done" });
  expect(firewall.bootText).toBe("boot text");
  expect(currentOf((await readRing(firewall.driver))!).plan).toBe(plan.id);
  expect(await confirm()).toEqual({
    kind: "refused",
    reasons: ["this plan is confirmed and persisted already"],
  });
});

describe("before anything is armed, the change is refused", () => {
  const refused = async (reason: string | RegExp): Promise<void> => {
    const end = await apply();
    expect(end).toMatchObject({ kind: "refused" });
    expect((end as { reasons: readonly string[] }).reasons.join("\n")).toMatch(reason);
    expect(firewall.calls).not.toContain("arm");
    if (/changed/.test(String(reason))) expect(firewall.calls).not.toContain("lock");
    expect((await firewall.driver.read()).lock).toBeUndefined();
  };

  test("when other rules changed since the plan, with the difference", async () => {
    firewall.foreign = "table ip nat\n";
    await refused(/other rules on the firewall changed[\s\S]*\+table ip nat/);
  });

  test("when the rules of Sluice changed", async () => {
    firewall.confirmed = "enforce";
    await refused("the rules of Sluice on the firewall changed");
  });

  test("when the boot file changed", async () => {
    firewall.bootText = "boot text";
    await refused("the boot file changed");
  });

  test("when the plan was used before", async () => {
    firewall.files.set(usedName(plan.id), "eva at 02:00\n");
    await refused("a plan is used once");
  });

  test("when monitor recorded a flow since the plan that nobody decided about", async () => {
    const { counters } = firewall.driver;
    Object.assign(firewall.driver, {
      counters: async () => ({
        ...(await counters(plan.conduit)),
        recorded: [span, { ...span, port: 22, packets: 3 }],
      }),
    });
    await refused(
      "monitor recorded 10.20.1.10 -> 10.10.1.10 tcp 22 (3 packets), and nobody decided about it",
    );
  });

  test("when somebody else has the lock: who, since when and until when", async () => {
    const holder = holderOf("otto", "session-1", firewall.outside.time(), "ab".repeat(32));
    await firewall.driver.lock(holder, 1000);
    const { kind, reasons } = (await apply()) as Extract<State, { kind: "refused" }>;
    expect(kind).toBe("refused");
    expect(reasons.join()).toMatch(
      /^the firewall is locked by otto, since 2026-03-01 02:00 UTC, for 1000 s more, .*plan abababababababab….*--take-over$/,
    );
    expect((await firewall.driver.read()).lock?.holder).toBe(holder);
    expect(firewall.recorded).not.toContain("take-over");
  });

  test("when a critical permit is silent in the monitor stage already", async () => {
    firewall.speaking = false;
    await refused("the trial would not hold, and nothing was armed");
  });

  test("when its dead men are not those that the plan names", async () => {
    const firings = [
      { by: "kernel" as const, due: 2, seconds: 2 },
      { by: "init" as const, due: 2, seconds: 2 },
    ];
    plan = makePlan({ deadMen: { drilled: "2026-03-01T02:00:00.000Z", firings } });
    await refused("the dead men of this firewall are not those that the plan names");
  });

  test("when the drill takes too long", async () => {
    firewall.drillSeconds = 9;
    await refused("the dead man did not fire");
  });

  test("when the window is closed, or leaves too little time", async () => {
    const window = { id: "night", timezone: "UTC", days: ["sun" as const], from: "03:00", to: "04:00" };
    plan = makePlan({ window });
    firewall = await fakeFirewall(plan);
    await refused("the window night is closed; it opens at 2026-03-01 03:00 UTC");
    plan = makePlan({ window: { ...window, from: "01:00", to: "02:01" } });
    firewall = await fakeFirewall(plan);
    await refused("closes at 2026-03-01 02:01 UTC, and its last 60 s are kept for the way back");
    plan = makePlan({
      window: { ...window, from: "01:00", to: "02:02" },
      trial: { ...plan.trial, reserve: 100 },
    });
    firewall = await fakeFirewall(plan);
    await refused("too little for a soak");
    plan = makePlan({ window: { ...window, days: [], dates: ["2026-02-01"] } });
    firewall = await fakeFirewall(plan);
    await refused("the window night never opens again");
  });

  test("when a rollback on this firewall takes longer than the window keeps for it", async () => {
    const window = { id: "night", timezone: "UTC", days: ["sun" as const], from: "01:00", to: "04:00" };
    plan = makePlan({ window });
    firewall = await fakeFirewall(plan);
    firewall.latency = 50;
    await refused("s on this firewall, measured now, and the window night keeps 60 s for it");
  });

  test("when the wire is too slow for the lease", async () => {
    firewall.latency = 5.2;
    await refused("one look at it takes 5.2 s, and a lease of 10 s could not be renewed in time");
  });

  test("only after it was looked at often enough to hear what speaks", async () => {
    const { watch } = makePlan();
    plan = makePlan({ watch: { ...watch, heartbeats: [{ permit: "poll", deadline: 1 }] } });
    plan = { ...plan, trial: { ...plan.trial, lease: 120 } };
    firewall = await fakeFirewall(plan);
    firewall.latency = 20;
    expect((await apply()).kind).not.toBe("refused");
  });

  test("when the firewall cannot be reached", async () => {
    firewall.wire = "cut";
    expect(await apply()).toEqual({ kind: "refused", reasons: ["no route to host"] });
  });
});

describe("a confirm is refused", () => {
  test("when other rules changed during the trial", async () => {
    let confirming: Promise<State> | undefined;
    firewall.script.set(60, () => {
      firewall.foreign = "table ip nat\n";
      confirming = confirm();
    });
    firewall.script.set(70, () => {
      firewall.abort = "enough";
    });
    await apply();
    expect(await confirming).toMatchObject({
      kind: "refused",
      reasons: [expect.stringContaining("other rules")],
    });
  });

  test("when no trial of the plan runs", async () => {
    expect(await confirm()).toEqual({
      kind: "refused",
      reasons: ["no trial of this plan runs on the firewall"],
    });
  });
});

test("a note of the soak is left on the firewall for whoever confirms", async () => {
  firewall.script.set(60, () => {
    firewall.abort = "enough";
  });
  await apply();
  expect(JSON.parse(firewall.files.get(trialNoteName)!)).toEqual({ plan: plan.id, phase: "soaked" });
});

test("whenever the wire is cut and comes back, the firewall is back or confirmed, and never on trial", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.double({ min: 0, max: 45, noNaN: true }),
      fc.double({ min: 0.1, max: 30, noNaN: true }),
      async (cut, gap) => {
        plan = makePlan();
        firewall = await fakeFirewall(plan);
        firewall.script.set(cut, () => {
          firewall.wire = "cut";
        });
        firewall.script.set(cut + gap, () => {
          firewall.wire = "up";
        });
        const end = await apply("after-soak");
        firewall.script.clear();
        firewall.now += plan.trial.lease + 1;
        firewall.wire = "up";
        const live = await firewall.driver.read();
        expect(live.conduits.some((one) => one.trial)).toBe(false);
        const confirmed = firewall.confirmed === "enforce";
        const kinds = confirmed ? ["done", "confirmed-not-persisted"] : ["verified-back", "refused"];
        expect(kinds).toContain(end.kind);
        if (end.kind === "done") expect(firewall.bootText).toBe("boot text");
      },
    ),
    { numRuns: 150 },
  );
});

describe("a rollback", () => {
  test("restores the known-good before the current one, when that is what runs", async () => {
    expect(await rollBack(firewall.driver)).toMatchObject({ kind: "restored", number: 1 });
    expect(firewall.confirmed).toBe("");
  });

  test("of what was confirmed is told to be bootable where only the known-good could not be written", async () => {
    const { writeFile } = firewall.driver;
    firewall.driver.writeFile = (name, content) =>
      name.startsWith("known-good") && firewall.confirmed === "enforce"
        ? Promise.reject(new DriverError("Read-only file system"))
        : writeFile(name, content);
    expect(await apply("after-soak")).toEqual({
      ...{ kind: "confirmed-not-persisted", reason: "Read-only file system", boots: true },
    });
    expect(firewall.told.at(-1)).toMatch(
      /^confirmed, and a reboot loads it, but it is not among the known-goods: Read-only/,
    );
  });

  test("on a firewall that cannot write is told with what runs, and not as an unknown state", async () => {
    const full = new DriverError("Read-only file system");
    const driver = { ...firewall.driver, writeFile: () => Promise.reject(full) };
    expect(await rollBack(driver)).toEqual({
      ...{ kind: "restored", number: 1, proven: true, persisted: true },
      troubles: ["the firewall does not note which known-good runs: Read-only file system"],
    });
    expect(await rollBack({ ...driver, writeBoot: () => Promise.reject(full) }, 2)).toMatchObject({
      ...{ kind: "restored", number: 2, proven: true, persisted: false },
      troubles: ["the boot file is not written: Read-only file system", expect.anything()],
    });
    // Once it can write again, the same command finishes it.
    expect(await rollBack(firewall.driver, 2)).toEqual({
      kind: "restored",
      number: 2,
      proven: true,
      persisted: true,
    });
  });

  test("restores the current known-good, when what runs was confirmed and never kept", async () => {
    firewall.confirmed = "enforce";
    expect(await rollBack(firewall.driver)).toMatchObject({ kind: "restored", number: 2, proven: true });
    expect(firewall.confirmed).toBe("monitor");
  });
});

describe("what must reconnect", () => {
  const session = (key: string, answered = true): LiveSession => ({
    ...{ family: 4, initiator: "10.20.1.10", responder: "10.10.1.10", protocol: 6, port: 502 },
    ...{ key, answered },
  });
  const reconnecting = async (): Promise<void> => {
    const { watch } = makePlan();
    plan = makePlan({ watch: { ...watch, reconnects: ["poll"] } });
    firewall = await fakeFirewall(plan);
  };
  test.each<[string, readonly LiveSession[], State["kind"]]>([
    ["the session of before is still the same", [session("old")], "verified-back"],
    ["a new one is not answered", [session("old"), session("new", false)], "verified-back"],
    ["a new one is answered", [session("new")], "done"],
    ["nothing is open any more", [], "verified-back"],
  ])("when %s", async (_name, later, end) => {
    await reconnecting();
    firewall.sessions = [session("old")];
    firewall.script.set(15, () => {
      firewall.sessions = later;
    });
    expect((await apply("after-soak")).kind).toBe(end);
    expect(firewall.confirmed).toBe(end === "done" ? "enforce" : "monitor");
  });

  const udp = 17;
  const counted = (packets: number, replies: number): RecordedFlow => ({
    ...{ family: 4, source: "10.20.1.10", destination: "10.10.1.10", protocol: udp, port: 502 },
    ...{ packets, replies },
  });
  test.each<[string, readonly LiveSession[], readonly RecordedFlow[], State["kind"]]>([
    ["keeps its port and was not heard", [{ ...session("old"), protocol: udp }], [], "verified-back"],
    [
      "keeps its port and had no answer",
      [{ ...session("old"), protocol: udp }],
      [counted(9, 0)],
      "verified-back",
    ],
    [
      "keeps its port and was heard both ways",
      [{ ...session("old"), protocol: udp }],
      [counted(9, 4)],
      "done",
    ],
    ["was heard, and then forgotten", [], [counted(9, 4)], "done"],
    ["took another port", [{ ...session("new"), protocol: udp }], [], "done"],
  ])("when a client of UDP %s", async (_name, later, admitted, end) => {
    const rules = conduitRules("enforce");
    const permits = rules.permits.map((permit) => ({
      ...permit,
      boxes: permit.boxes.map((box) => ({ ...box, service: { ...box.service, protocol: udp } as Service })),
    }));
    const { watch, boot } = makePlan();
    plan = makePlan({
      watch: { ...watch, reconnects: ["poll"] },
      boot: {
        ...boot,
        rules: firewallRulesDocument({ firewall: "fw1", conduits: [{ ...rules, permits }] }),
      },
    });
    firewall = await fakeFirewall(plan);
    firewall.sessions = [{ ...session("old"), protocol: udp }];
    firewall.script.set(15, () => {
      firewall.sessions = later;
      firewall.admitted = admitted;
    });
    expect((await apply("after-soak")).kind).toBe(end);
    expect(firewall.confirmed).toBe(end === "done" ? "enforce" : "monitor");
  });

  test("needs word of what was open before", async () => {
    await reconnecting();
    firewall.script.set(15, () => {
      firewall.files.delete(sessionsBeforeName);
    });
    expect(await apply("after-soak")).toMatchObject({ cause: expect.stringContaining("nobody knows which") });
  });
});

describe("an exercise step", () => {
  const exercises = [{ id: "start-pump", do: "Start pump P3.", permits: ["poll"] }];
  test("holds the soak until somebody says that it is done, and is written down", async () => {
    plan = makePlan({ exercises });
    firewall = await fakeFirewall(plan);
    firewall.script.set(60, () => {
      firewall.exercised.add("start-pump");
    });
    expect(await apply("after-soak")).toEqual({ kind: "done" });
    expect(firewall.now).toBeGreaterThan(60 + plan.trial.soak);
    expect(firewall.recorded).toContain("exercised");
    expect(firewall.told.join("\n")).toContain("Start pump P3.");
  });

  test("that nobody does lets the trial end at its maximum", async () => {
    plan = makePlan({ exercises });
    firewall = await fakeFirewall(plan);
    expect(await apply("after-soak")).toMatchObject({ kind: "verified-back" });
  });

  test("that is said to be done, and of which nothing is heard, is not believed", async () => {
    plan = makePlan({ exercises: [{ ...exercises[0]!, permits: ["seldom"] }] });
    firewall = await fakeFirewall(plan);
    firewall.exercised.add("start-pump");
    expect((await apply("after-soak")).kind).toBe("verified-back");
    expect(firewall.told.join("\n")).toContain("seldom was not heard in both directions");
  });

  test("stands in for a rhythm that nobody knows: the trial is armed, and waits for it", async () => {
    const { watch } = makePlan();
    plan = makePlan({
      exercises,
      watch: { ...watch, heartbeats: [{ permit: "poll", exercise: "start-pump" }] },
    });
    firewall = await fakeFirewall(plan);
    firewall.exercised.add("start-pump");
    expect(await apply("after-soak")).toEqual({ kind: "done" });
  });
});

describe("a change is not begun", () => {
  const criterion = (over: Partial<Plan["criteria"][number]>): Plan["criteria"][number] => ({
    ...{ id: "it", type: "heartbeat-lost", interval: 1, failureLimit: 0, consecutiveLimit: 0 },
    ...{ onNoData: "hold", severity: "abort" },
    ...over,
  });
  const refusedWith = async (reason: string): Promise<void> => {
    const end = await apply();
    expect(end).toMatchObject({ kind: "refused", reasons: [expect.stringContaining(reason)] });
    expect(firewall.calls).not.toContain("arm");
  };

  test("where a critical permit has no rhythm, and is told how to mend that", async () => {
    const { watch } = makePlan();
    plan = makePlan({ watch: { ...watch, heartbeats: [{ permit: "poll" }] } });
    firewall = await fakeFirewall(plan);
    await refusedWith('write its longest normal silence under "silence"');
  });

  test.each<[string, Partial<Plan["criteria"][number]>, (fake: FakeFirewall) => void, string]>([
    [
      "the table of connections is full",
      { type: "conntrack-pressure" },
      (fake) => (fake.tracked = 850),
      "85 % full",
    ],
    [
      "a probe finds a closed port",
      { type: "tcp-probe", probe: { address: "10.10.1.10", port: 502, from: "engineer" } },
      (fake) => (fake.probe = "closed"),
      "tcp 10.10.1.10:502 from the engineer's machine does not open",
    ],
    [
      "an outside signal is stale",
      { type: "external-signal", signal: { kind: "file", path: "line.txt", expect: "ok", staleAfter: 60 } },
      (fake) => (fake.signal = { kind: "file", content: "ok", age: 90 }),
      "it is stale, and says nothing",
    ],
    [
      "the conduit stands still",
      { type: "quiet-conduit" },
      (fake) => (fake.speaking = false),
      "a stopped line proves nothing",
    ],
  ])("where %s already", async (_name, over, prepare, reason) => {
    plan = makePlan({ criteria: [criterion(over)] });
    firewall = await fakeFirewall(plan);
    prepare(firewall);
    await refusedWith(reason);
  });

  test.each<[string, (fake: FakeFirewall) => void, string]>([
    ["clock is wrong", (fake) => (fake.clockOffset = -400), "clock is 400 s behind"],
    ["disk is full", (fake) => (fake.freeBytes = 1_000_000), "1.0 MiB left"],
    [
      "table of connections is all but full",
      (fake) => (fake.tracked = 950),
      "950 connections and can of 1000",
    ],
    [
      "own session would be cut on its way through it",
      (fake) => {
        fake.client = "10.20.1.99";
        fake.sessions = [
          {
            family: 4,
            initiator: "10.20.1.99",
            responder: "10.10.1.5",
            protocol: 6,
            port: 22,
            key: "k",
            answered: true,
          },
        ];
      },
      "your own way to this firewall leads through it: the session 10.20.1.99 -> 10.10.1.5 port 22",
    ],
    [
      "permitted session is held the wrong way round",
      (fake) => {
        fake.sessions = [
          {
            ...{ family: 4, initiator: "10.10.1.10", responder: "10.20.1.10", protocol: 6 },
            ...{ initiatorPort: 502, port: 40_000, key: "k", answered: true },
          },
        ];
      },
      "the session 10.20.1.10 -> 10.10.1.10 port 502 is permitted, but the firewall picked it up from an answer",
    ],
  ])("on a firewall whose %s", async (_name, prepare, reason) => {
    prepare(firewall);
    await refusedWith(reason);
  });
});

test("a firewall that refuses every word in the middle of a trial ends it by itself, and a human is told to look", async () => {
  const refuse = async (): Promise<never> => {
    throw new DriverError("the host could not list its ruleset: sudo: a password is required");
  };
  firewall.script.set(20, () => {
    Object.assign(firewall.driver, { renew: refuse, disarm: refuse, read: refuse, lock: refuse });
  });
  expect(await apply()).toMatchObject({
    ...{ kind: "revert-unproven", cause: expect.stringContaining("a password is required") },
    reason: expect.stringMatching(/a password is required.*ended there by itself by/),
  });
  expect(firewall.trial!.ends).toBeLessThan(firewall.now);
});

test("a firewall to which no new wire can be made at the confirm goes back at once, over the old one", async () => {
  const { connect } = firewall.outside;
  let wires = 0;
  Object.assign(firewall.outside, {
    connect: async () => {
      wires += 1;
      if (wires > 1) throw new SessionError("host-key", "fw1 presents the host key SHA256:other");
      return connect();
    },
  });
  expect(await apply("after-soak")).toEqual({
    kind: "verified-back",
    cause: "fw1 presents the host key SHA256:other",
  });
  expect([wires, firewall.trial]).toEqual([2, undefined]);
  expect(firewall.now).toBeLessThan(plan.trial.soak + plan.trial.lease);
});

describe("the lock before anything is armed", () => {
  /** Has each order for the lock answered by `answer`, or else by the firewall. */
  const listen = (answer: (seconds: number) => string | undefined): void => {
    const { lock } = firewall.driver;
    Object.assign(firewall.driver, {
      lock: async (holder: string, seconds: number) => answer(seconds) ?? lock(holder, seconds),
    });
  };

  test("is extended step by step, so that nobody waits long for one who was killed", async () => {
    const asked: number[] = [];
    listen((seconds) => void asked.push(seconds));
    expect((await apply("after-soak")).kind).toBe("done");
    // When it is taken, when the conduit is watched, after the drill.
    expect(asked.slice(0, 3)).toEqual([90, 90, 90]);
  });

  test.each([
    ["watched", 2],
    ["drilled", 3],
  ])(
    "that somebody else took while the firewall was %s ends the change with nothing armed",
    async (_name, turn) => {
      let orders = 0;
      listen(() => (++orders === turn ? "olaf session-2" : undefined));
      expect(await apply()).toEqual({
        kind: "refused",
        reasons: ["the firewall's lock went to olaf session-2; nothing was armed"],
      });
      expect(firewall.calls).not.toContain("arm");
    },
  );
});

describe("during a trial", () => {
  test.each<[string, Plan["criteria"][number]["type"], (fake: FakeFirewall) => void, string]>([
    ["somebody empties it", "drift", (fake) => (fake.emptied = true), "the rules of the trial are gone"],
    ["somebody else changes rules", "drift", (fake) => (fake.foreign = "table ip nat\n"), "other rules"],
    [
      "the firewall loses an address",
      "ha-event",
      (fake) => (fake.standing = ["eth0 192.0.2.2/24"]),
      "as in a failover",
    ],
    [
      "a permit carries nothing any more",
      "rate-collapse",
      (fake) => (fake.speaking = false),
      "poll carries 0 packets a minute, and usually 600",
    ],
    [
      "clients connect again and again",
      "connection-storm",
      (fake) =>
        (fake.sessions = Array.from({ length: 50 }, (_, index) => ({
          ...{ family: 4, initiator: "10.20.1.10", responder: "10.10.1.10", protocol: 6, port: 502 },
          ...{ key: `${index}`, answered: true },
        }))),
      "connections a minute are made anew",
    ],
    ["its table of connections fills", "conntrack-pressure", (fake) => (fake.tracked = 990), "99 % full"],
    [
      "a signal turns bad",
      "external-signal",
      (fake) => (fake.signal = { kind: "exit", code: 2, output: "CRITICAL" }),
      "CRITICAL",
    ],
  ])("%s: the trial ends at the next measurement", async (_name, type, change, reason) => {
    plan = makePlan({
      watch: { ...makePlan().watch, rates: [{ permit: "poll", perMinute: 600 }] },
      criteria: [
        {
          ...{
            id: "it",
            type,
            interval: 2,
            failureLimit: 0,
            consecutiveLimit: 0,
            onNoData: "fail",
            severity: "abort",
          },
          ...(type === "connection-storm" && { perMinute: 30 }),
          ...(type === "external-signal" && { signal: { kind: "command", argv: ["check"] } }),
        },
      ],
    });
    firewall = await fakeFirewall(plan);
    firewall.script.set(25, () => change(firewall));
    expect(await apply()).toMatchObject({ cause: expect.stringContaining(reason) });
    expect(firewall.now).toBeLessThan(45);
    expect(firewall.confirmed).toBe("monitor");
  });
});
