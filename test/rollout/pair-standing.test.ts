import { describe, expect, test } from "vitest";
import type { Firewall } from "../../src/policy/model.ts";
import { pairStandings } from "../../src/rollout/pair-standing.ts";
import type { LiveConduit } from "../../src/target.ts";

const member = (id: string, peer: string, role: "primary" | "standby"): Firewall =>
  ({ id, highAvailability: { peer, role } }) as unknown as Firewall;
const site = {
  firewalls: [member("fw2", "fw1", "standby"), member("fw1", "fw2", "primary"), { id: "fw3" } as Firewall],
};
const monitor: LiveConduit = { conduit: "a-b", stage: "monitor", rulesHash: "m" };
const enforce: LiveConduit = { conduit: "a-b", stage: "enforce", rulesHash: "e" };
const tried: LiveConduit = { ...enforce, trial: { plan: "ab", secondsLeft: 9 } };
const standing = (fw1: readonly LiveConduit[] | undefined, fw2: readonly LiveConduit[] | undefined) =>
  pairStandings(site, (id) => ({ fw1, fw2 })[id]);

describe("a pair", () => {
  test("whose members do the same is one, whatever others there are", () => {
    expect(standing([monitor], [monitor])).toEqual([{ firewalls: ["fw1", "fw2"], differences: [] }]);
    expect(standing([monitor, tried], [monitor, tried])[0]?.differences).toEqual([]);
  });

  test("of which one member did not answer is not called whole", () => {
    expect(standing([monitor], undefined)).toEqual([{ firewalls: ["fw1", "fw2"] }]);
    expect(standing(undefined, [monitor])).toEqual([{ firewalls: ["fw1", "fw2"] }]);
  });

  test("is split by what packets meet: another stage, other rules, a trial on one, a conduit on one", () => {
    const met = (...members: Parameters<typeof standing>) => standing(...members)[0]?.differences?.[0]?.met;
    const on = (firewall: string, stage: string, onTrial = false) => ({ firewall, stage, onTrial });
    expect(met([enforce], [monitor])).toEqual([on("fw1", "enforce"), on("fw2", "monitor")]);
    expect(met([monitor], [{ ...monitor, rulesHash: "other" }])).toBeDefined();
    expect(met([monitor], [monitor, tried])).toEqual([on("fw1", "monitor"), on("fw2", "enforce", true)]);
    expect(met([monitor], [])).toEqual([on("fw1", "monitor"), on("fw2", "unmanaged")]);
  });
});
