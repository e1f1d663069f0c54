import { beforeEach, describe, expect, test } from "vitest";
import { formatRange, parseRange } from "../../src/net/address.ts";
import type { Firewall, Permit, Site, Zone } from "../../src/policy/model.ts";
import { endMeasure, measureOrder, takeMeasure, takeOver } from "../../src/rollout/emergency/emergency.ts";
import { islandOf } from "../../src/rollout/emergency/island.ts";
import { rollBack } from "../../src/rollout/known-good/rollback.ts";
import { DriverError } from "../../src/target.ts";
import { type FakeFirewall, fakeFirewall } from "../support/fake-firewall.ts";
import { makePlan } from "../support/plan.ts";
import { policy, tcp } from "../support/policies.ts";
import { conduitRules } from "../support/rules.ts";

const order = measureOrder(
  {
    ...{ action: "bypass", actor: "eva", firewall: "fw1", reason: "The line stands still." },
    ...{ time: "2026-03-01T02:00:00Z", seconds: 1800 },
  },
  // The stage that the fake firewall shows for whatever is on trial.
  conduitRules("enforce"),
);

describe("a measure", () => {
  let firewall: FakeFirewall;
  beforeEach(async () => {
    firewall = await fakeFirewall(makePlan());
  });

  test("is armed after its dead man was seen to fire, and ends by itself", async () => {
    expect(await takeMeasure(firewall.driver, order)).toEqual({ kind: "taken" });
    expect(firewall.calls).toEqual(["lock", "drill", "guard", "load", "arm", "read"]);
    expect(firewall.trial!.ends - firewall.now).toBeCloseTo(1800, 0);
  });

  test("is refused while somebody else has the lock, and leaves it to them", async () => {
    await firewall.driver.lock("otto plan:1", 100);
    expect(await takeMeasure(firewall.driver, order)).toEqual({
      kind: "refused",
      reason: expect.stringContaining("the firewall is locked by otto plan:1, for"),
    });
    expect((await firewall.driver.read()).lock?.holder).toBe("otto plan:1");
  });

  test("is refused when its dead man does not fire, and nothing is loaded", async () => {
    firewall.drillSeconds = 9;
    expect(await takeMeasure(firewall.driver, order)).toMatchObject({ kind: "refused" });
    expect(firewall.calls).not.toContain("load");
    expect((await firewall.driver.read()).lock).toBeUndefined();
  });

  test("that the firewall refuses leaves nothing behind", async () => {
    Object.assign(firewall.driver, { arm: () => Promise.reject(new DriverError("no room")) });
    expect(await takeMeasure(firewall.driver, order)).toEqual({ kind: "refused", reason: "no room" });
    expect(firewall.calls).toContain("disarm");
    expect((await firewall.driver.read()).lock).toBeUndefined();
  });

  test("that no packet meets is not taken for one", async () => {
    Object.assign(firewall.driver, { arm: async () => undefined });
    expect(await takeMeasure(firewall.driver, order)).toMatchObject({ kind: "unproven" });
  });

  test("of isolation takes the place of a trial that runs, and is ended by name", async () => {
    const other = { ...order, plan: "b".repeat(64), holder: "otto plan:b" };
    await firewall.driver.lock(other.holder, 100);
    await firewall.driver.arm(other);
    expect(await takeOver(firewall.driver, order)).toEqual({ kind: "taken" });
    expect((await firewall.driver.read()).lock?.holder).toBe(order.holder);
    expect(await endMeasure(firewall.driver, "another")).toMatchObject({ kind: "refused" });
  });

  const isolation = (actor: string, conduit = "dmz-cell1") =>
    measureOrder(
      {
        ...{ action: "isolate", actor, firewall: "fw1", reason: "A worm." },
        ...{ time: "2026-03-01T02:00:00Z", seconds: 3600 },
      },
      conduitRules("enforce", undefined, conduit),
    );

  test("of isolation that is ordered twice stays as it is, and opens nothing on the way", async () => {
    expect(await takeOver(firewall.driver, isolation("eva"))).toEqual({ kind: "taken" });
    firewall.now += 600;
    firewall.calls.length = 0;
    expect(await takeOver(firewall.driver, isolation("olaf"))).toEqual({
      kind: "taken",
      already: expect.closeTo(3000, -1),
    });
    expect(firewall.calls).toEqual(["read"]);
  });

  test("of isolation is never ended for that of another zone", async () => {
    await takeOver(firewall.driver, isolation("eva"));
    firewall.calls.length = 0;
    expect(await takeOver(firewall.driver, isolation("olaf", "island-cell2"))).toEqual({
      kind: "refused",
      reason: expect.stringMatching(
        /dmz-cell1 is in force there, by eva \(isolate\), since .*isolate ZONE --end/,
      ),
    });
    expect(firewall.calls).toEqual(["read"]);
  });

  test("of isolation does not give way to a session that cleans up behind its trial", async () => {
    const { lock } = firewall.driver;
    let orders = 0;
    const held = "otto session-1@2026-03-01T02:00:00Z plan:b";
    Object.assign(firewall.driver, {
      lock: async (holder: string, seconds: number) => {
        if (++orders > 2) return lock(holder, seconds);
        await lock(held, 60);
        return held;
      },
    });
    expect(await takeOver(firewall.driver, isolation("eva"))).toEqual({ kind: "taken" });
    expect(orders).toBe(3);
  });

  test("that is ended by an abort or a rollback leaves no lock behind", async () => {
    await takeOver(firewall.driver, isolation("eva"));
    expect(await rollBack(firewall.driver)).toMatchObject({ kind: "trial-ended", proven: true });
    expect((await firewall.driver.read()).lock).toBeUndefined();
  });
});

describe("an island", () => {
  const { site, conduit } = policy([
    { from: ["10.0.1.1"], to: ["10.0.2.1"], services: [tcp(502)] },
    { from: ["10.0.1.2"], to: ["10.0.2.1"], services: [tcp(502)] },
  ]);
  const [left] = site.zones as [Zone, ...Zone[]];
  const permits = conduit.permits.map((permit, index): Permit => ({ ...permit, essential: index === 1 }));
  const plant: Site = { ...site, conduits: [{ ...conduit, permits }] };
  const firewall = { id: "fw1" } as unknown as Firewall;
  const outside = (zone: Zone): readonly string[] =>
    islandOf(plant, zone, firewall).site.zones[1]!.networks.map(formatRange);

  test("keeps the essential permits and no other", () => {
    const island = islandOf(plant, left, firewall).conduit;
    expect(island.permits.map(({ id, initiators }) => [id, initiators.map(formatRange)])).toEqual([
      ["essential-1", ["10.0.1.2"]],
    ]);
    expect(islandOf(plant, left, { id: "fw2" } as unknown as Firewall).conduit.permits).toEqual([]);
  });

  test("is cut off from every other address of both families, at the edges too", () => {
    expect(outside(left)).toEqual([
      "0.0.0.0-10.0.0.255",
      "10.0.1.8-255.255.255.255",
      "::-fd00:0:ffff:ffff:ffff:ffff:ffff:ffff",
      "fd00:1::8-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ]);
    const zone = (...networks: readonly string[]): Zone => ({ ...left, networks: networks.map(parseRange) });
    expect(outside(zone("10.0.1.0/24", "10.0.0.0/24", "0.0.0.0/8"))).toEqual([
      "1.0.0.0-9.255.255.255",
      "10.0.2.0-255.255.255.255",
      "::/0",
    ]);
    expect(outside(zone("0.0.0.0/0", "ffff::/16"))).toEqual(["::-fffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]);
  });
});
