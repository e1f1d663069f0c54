import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Firewall, Permit, Zone } from "../../src/policy/model.ts";
import { endMeasure, measureOrder, takeOver } from "../../src/rollout/emergency/emergency.ts";
import { islandName, islandOf } from "../../src/rollout/emergency/island.ts";
import type { Driver, Target } from "../../src/target.ts";
import { compileConduit } from "../../src/verify/compile.ts";
import { iptables } from "../../targets/iptables/target.ts";
import { nftables } from "../../targets/nftables/target.ts";
import { pfsense } from "../../targets/pfsense/target.ts";
import { type FirewallHost, missingForFirewall, startFirewallHost } from "../support/firewall-host.ts";
import { missingForIptables, startIptablesHost } from "../support/iptables-host.ts";
import { localSession } from "../support/local-session.ts";
import { policy, tcp, unlimited } from "../support/policies.ts";
import { conduitRules } from "../support/rules.ts";
import { order as trialOf } from "./driver-contract.ts";
import { missingForPfsense, startPfsenseHost } from "./pfsense/pfsense-host.ts";

const { site, conduit } = policy([{ from: ["10.0.1.1"], to: ["10.0.2.1"], services: [tcp(502)] }]);
const permits = conduit.permits.map((permit): Permit => ({ ...permit, essential: true }));
const plant = { ...site, conduits: [{ ...conduit, permits }] };
const [zone] = plant.zones as [Zone, ...Zone[]];

interface Started {
  readonly driver: Driver;
  stop(): void;
}
const onHost = (host: FirewallHost, target: Target): Started => ({
  driver: target.driver(localSession(host.prefix), host.paths),
  stop: () => host.stop(),
});

const platforms = [
  {
    name: "nft",
    missing: missingForFirewall,
    target: nftables,
    start: () => onHost(startFirewallHost(), nftables),
  },
  ...(["legacy", "nft"] as const).map((variant) => ({
    name: `iptables-${variant}`,
    missing: missingForIptables,
    target: iptables,
    start: () => onHost(startIptablesHost(variant), iptables),
  })),
  { name: "a stand-in for pf", missing: missingForPfsense, target: pfsense, start: startPfsenseHost },
];

describe.each(platforms)("an isolation on a host with $name", ({ missing, target, start }) => {
  let host: Started;
  let driver: Driver;
  beforeEach(() => {
    if (missing) return;
    host = start();
    driver = host.driver;
  });
  afterEach(() => host?.stop());

  test.skipIf(missing)(
    `is proved, takes the place of a trial, is not taken twice, and ends by name${missing ? ` (needs ${missing})` : ""}`,
    async () => {
      const { ruleset } = compileConduit({
        ...islandOf(plant, zone, { id: "fw1" } as unknown as Firewall),
        ...{ firewall: "fw1", stage: "enforce", target, baseline: undefined, budget: unlimited },
      });
      expect(ruleset!.claims.filter(({ result }) => result !== "proved").map(({ claim }) => claim)).toEqual([
        "baseline-kept",
      ]);
      const order = measureOrder(
        {
          ...{ action: "isolate", actor: "eva", firewall: "fw1", reason: "A worm." },
          ...{ time: "2026-03-01T02:00:00Z", seconds: 3600 },
        },
        ruleset!.rules,
      );
      const before = (await driver.read()).ownHash;
      const trial = trialOf(conduitRules("monitor"), 60);
      await driver.lock(trial.holder, 60);
      await driver.guard?.(trial);
      await driver.load(trial.rules);
      await driver.arm(trial);
      expect(await takeOver(driver, order)).toEqual({ kind: "taken" });
      expect(await driver.renew(trial)).toBe("foreign");
      const live = await driver.read();
      expect(live.conduits.map(({ conduit, stage }) => [conduit, stage])).toEqual([
        [islandName(zone.id), "enforce"],
      ]);
      expect(live.conduits[0]!.trial!.secondsLeft).toBeGreaterThan(3500);
      expect(await takeOver(driver, order)).toEqual({ kind: "taken", already: expect.closeTo(3600, -2) });
      expect(await endMeasure(driver, islandName(zone.id))).toEqual({ kind: "taken" });
      expect(await driver.read()).toMatchObject({ conduits: [], lock: undefined, ownHash: before });
    },
  );
});
