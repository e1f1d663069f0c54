import { beforeEach, describe, expect, test } from "vitest";
import type { Context } from "../../src/cli/context.ts";
import { concludeAll } from "../../src/cli/rollout/outcome.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { type Change, changeOf } from "../../src/rollout/change.ts";
import type { Ending } from "../../src/rollout/trial/machine.ts";
import { type PairEnding, pairText, runPair } from "../../src/rollout/trial/pair.ts";
import { type FakeFirewall, fakeFirewall } from "../support/fake-firewall.ts";
import { makePlan } from "../support/plan.ts";

const planFor = (id: string, peer: string, role: "primary" | "standby"): Plan =>
  makePlan({ firewall: { ...makePlan().firewall, id, paired: true }, pair: { peer, role } });
const plans = [planFor("fw2", "fw1", "standby"), planFor("fw1", "fw2", "primary")] as const;
const [standbyPlan, primaryPlan] = plans;
const names = ["fw2", "fw1"] as const;

let standby: FakeFirewall;
let primary: FakeFirewall;
beforeEach(async () => {
  [standby, primary] = [await fakeFirewall(standbyPlan), await fakeFirewall(primaryPlan)];
});

const changeFor = (plan: Plan, firewall: FakeFirewall, session: string): Change =>
  changeOf(plan, "eva", session, firewall.outside.time());
const apply = (confirm: "after-soak" | "by-another" = "after-soak"): Promise<PairEnding> =>
  runPair(
    { change: changeFor(standbyPlan, standby, "one"), outside: standby.outside },
    { change: changeFor(primaryPlan, primary, "two"), outside: primary.outside },
    { confirm },
    () => changeFor(standbyPlan, standby, "three"),
  );

/** Does something at the moment at which a firewall's change comes to a state. */
function when({ outside }: FakeFirewall, state: string, action: () => void): void {
  const { record } = outside;
  outside.record = async (kind, details) => {
    await record(kind, details);
    if (kind === state) action();
  };
}

/** What `apply` ends with: its exit code and what it prints. */
function concluded(ending: PairEnding): { readonly code: unknown; readonly text: string } {
  const said: string[] = [];
  const process = { stdout: { write: (text: string) => said.push(text) }, exitCode: undefined };
  const ends = [ending.standby, ending.primary];
  concludeAll(
    { process } as unknown as Context,
    plans.map((plan, index) => ({ path: `${plan.firewall.id}.plan`, plan, end: ends[index] })),
    "human",
  );
  return { code: process.exitCode, text: said.join("") };
}

describe("a pair", () => {
  test("is confirmed together", async () => {
    const ending = await apply();
    expect(ending).toEqual({ standby: { kind: "done" }, primary: { kind: "done" } });
    expect([standby.confirmed, primary.confirmed]).toEqual(["enforce", "enforce"]);
    expect(concluded(ending).code).toBe(0);
  });

  test.each([
    ["standby", () => [standby, primary] as const, "fw2", "fw1"],
    ["primary", () => [primary, standby] as const, "fw1", "fw2"],
  ] as const)(
    "whose %s is cut off in the trial: the other goes back at once, and who is unknown is told, and until when",
    async (_role, membersOf, lostName, otherName) => {
      const [lost, other] = membersOf();
      let cutAt = 0;
      when(primary, "soak", () => {
        lost.wire = "cut";
        cutAt = other.now;
      });
      const ending = await apply();
      expect(other.confirmed).toBe("monitor");
      expect(other.recorded).not.toContain("confirmed");
      expect(other.trial).toBeUndefined();
      // Far sooner than the minute for which the lost one is looked for after its lease.
      expect(other.now - cutAt).toBeLessThan(20);
      expect(lost.confirmed).toBe("monitor");
      expect(lost.trial!.ends).toBeLessThan(lost.now);
      const { code, text } = concluded(ending);
      expect(code).toBe(4);
      expect(text).toMatch(
        new RegExp(
          `on ${lostName} to enforce: NOT PROVEN: no route to host\\. What runs there is unknown until it is read; ` +
            "a trial that was not confirmed ended there by itself by 2026-03-01T02:0\\d:\\d\\d",
        ),
      );
      expect(text).toMatch(
        new RegExp(`on ${otherName} to enforce: back: .* ${lostName} goes back: the connection is lost`),
      );
      expect(pairText(names, ending)).toContain(
        `WHETHER THE PAIR IS SPLIT IS UNKNOWN: what ${lostName} does was not proven`,
      );
    },
  );

  test("whose standby is cut off for a moment goes back as a whole, and that is proven", async () => {
    when(primary, "soak", () => {
      standby.wire = "cut";
      standby.script.set(standby.now + 15, () => {
        standby.wire = "up";
      });
    });
    const ending = await apply();
    expect(ending).toMatchObject({ standby: { kind: "verified-back" }, primary: { kind: "verified-back" } });
    expect([standby.confirmed, primary.confirmed]).toEqual(["monitor", "monitor"]);
    expect(concluded(ending).code).toBe(3);
  });

  test("whose standby is cut off for a moment once the primary is confirmed is confirmed as a whole", async () => {
    when(primary, "confirmed", () => {
      standby.wire = "cut";
      standby.script.set(standby.now + standbyPlan.trial.lease - 3, () => {
        standby.wire = "up";
      });
    });
    const ending = await apply();
    expect(ending).toEqual({ standby: { kind: "done" }, primary: { kind: "done" } });
    expect([standby.confirmed, primary.confirmed]).toEqual(["enforce", "enforce"]);
  });

  test("that somebody asks to end between the two confirms is confirmed as a whole", async () => {
    when(primary, "confirmed", () => {
      standby.abort = "ended by Ctrl-C";
      primary.abort = "ended by Ctrl-C";
    });
    expect(await apply()).toEqual({ standby: { kind: "done" }, primary: { kind: "done" } });
    expect([standby.confirmed, primary.confirmed]).toEqual(["enforce", "enforce"]);
  });

  test("whose standby is lost once the primary is confirmed is not called done", async () => {
    when(primary, "confirmed", () => {
      standby.wire = "cut";
    });
    const ending = await apply();
    expect(ending).toMatchObject({ standby: { kind: "revert-unproven" }, primary: { kind: "done" } });
    expect(concluded(ending).code).toBe(4);
    expect(pairText(names, ending)).toContain("WHETHER THE PAIR IS SPLIT IS UNKNOWN: what fw2 does");
  });
});

describe("of a pair of which one member was changed", () => {
  const back: Ending = { kind: "verified-back", cause: "the lease ended" };
  const unsaved: Ending = { kind: "confirmed-not-persisted", reason: "no space left" };

  test("is told which one has the new stage, what that means and both ways out", () => {
    expect(pairText(names, { standby: back, primary: { kind: "done" } })).toBe(
      "fw2 (standby): back: the previous stage is what runs (the lease ended)\n" +
        "fw1 (primary): done\n" +
        "THE PAIR IS SPLIT: fw1 has the new stage and fw2 has not, so a failover changes what passes. " +
        "Either plan it again, which is then for fw2 alone, or take it back: sluice rollback fw1",
    );
    expect(pairText(names, { standby: { kind: "done" }, primary: back })).toContain(
      "THE PAIR IS SPLIT: fw2 has the new stage and fw1 has not",
    );
  });

  test("the exit code says so, also where the new stage would not outlive a reboot", () => {
    expect(concluded({ standby: back, primary: { kind: "done" } }).code).toBe(4);
    expect(concluded({ standby: back, primary: unsaved }).code).toBe(4);
    expect(concluded({ standby: unsaved, primary: { kind: "done" } }).code).toBe(5);
  });

  test("nothing is called split where neither was changed, and what was not begun is called so", () => {
    expect(pairText(names, { standby: { kind: "refused", reasons: ["no"] } })).toBe(
      "fw2 (standby): refused, nothing was changed:\n  - no\nfw1 (primary): not begun, nothing was changed",
    );
  });
});
