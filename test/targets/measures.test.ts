import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Firewall, Permit, Zone } from "../../src/policy/model.ts";
import { endMeasure, measureOrder, takeMeasure } from "../../src/rollout/emergency.ts";
import { islandName, islandOf } from "../../src/rollout/island.ts";
import type { Session } from "../../src/session.ts";
import type { Driver } from "../../src/target.ts";
import { compileConduit } from "../../src/verify/compile.ts";
import { iptables } from "../../targets/iptables/target.ts";
import { nftables } from "../../targets/nftables/target.ts";
import { type FirewallHost, missingForFirewall, startFirewallHost } from "../support/firewall-host.ts";
import { missingForIptables, startIptablesHost } from "../support/iptables-host.ts";
import { policy, tcp, unlimited } from "../support/policies.ts";
import { locally } from "../support/wires.ts";

const { site, conduit } = policy([{ from: ["10.0.1.1"], to: ["10.0.2.1"], services: [tcp(502)] }]);
const permits = conduit.permits.map((permit): Permit => ({ ...permit, essential: true }));
const plant = { ...site, conduits: [{ ...conduit, permits }] };
const [zone] = plant.zones as [Zone, ...Zone[]];

const platforms = [
  { name: "nft", missing: missingForFirewall, target: nftables, start: startFirewallHost },
  {
    name: "iptables-legacy",
    missing: missingForIptables,
    target: iptables,
    start: () => startIptablesHost("legacy"),
  },
  {
    name: "iptables-nft",
    missing: missingForIptables,
    target: iptables,
    start: () => startIptablesHost("nft"),
  },
];

describe.each(platforms)("an isolation on a real host with $name", ({ missing, target, start }) => {
  let host: FirewallHost;
  let session: Session;
  let driver: Driver;
  beforeEach(async () => {
    if (missing) return;
    host = start();
    session = await locally(host);
    driver = target.driver(session, host.paths);
  });
  afterEach(async () => {
    await session?.close();
    host?.stop();
  });

  test.skipIf(missing)(
    `is proved, met at once, and ends by name${missing ? ` (needs ${missing})` : ""}`,
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
      expect(await takeMeasure(driver, order)).toEqual({ kind: "taken" });
      const live = await driver.read();
      expect(live.conduits.map(({ conduit, stage }) => [conduit, stage])).toEqual([
        [islandName(zone.id), "enforce"],
      ]);
      expect(live.conduits[0]!.trial!.secondsLeft).toBeGreaterThan(3500);
      expect(await endMeasure(driver, islandName(zone.id))).toEqual({ kind: "taken" });
      expect(await driver.read()).toMatchObject({ conduits: [], lock: undefined, ownHash: before });
    },
  );
});
