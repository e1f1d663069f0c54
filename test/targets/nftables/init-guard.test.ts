import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Driver } from "../../../src/target.ts";
import { nftables } from "../../../targets/nftables/target.ts";
import type { FirewallHost } from "../../support/firewall-host.ts";
import { localSession } from "../../support/local-session.ts";
import { conduitRules } from "../../support/rules.ts";
import { missingForSystemd, startSystemdHost } from "../../support/systemd-host.ts";
import { order, patience, sleep } from "../driver-contract.ts";

const suite = "the second dead man under a real systemd";

describe.skipIf(missingForSystemd)(
  missingForSystemd ? `${suite} (skipped: needs ${missingForSystemd})` : suite,
  { timeout: 30_000 },
  () => {
    let host: FirewallHost;
    let driver: Driver;
    beforeEach(() => {
      host = startSystemdHost();
      driver = nftables.driver(localSession(host.prefix), host.paths);
    });
    afterEach(() => host.stop());

    const timers = (): string => host.run("systemctl list-units --all --plain --no-legend 'sluice-guard-*'");
    const begin = async (leaseSeconds: number): Promise<void> => {
      const trial = order(conduitRules("enforce"), leaseSeconds);
      expect(await driver.lock(trial.holder, 60)).toBeUndefined();
      await driver.guard!(trial);
      await driver.load(trial.rules);
      await driver.arm(trial);
    };
    const trial = order(conduitRules("enforce"), 2);

    test("is a timer that fires in the drill, in a network where it touches nothing", async () => {
      const firings = await driver.drill(1);
      expect(firings.map(({ by }) => by)).toEqual(["kernel", "init"]);
      for (const { due, seconds } of firings) expect(Math.abs(seconds - due)).toBeLessThan(1);
      expect(host.run("nft list ruleset")).toBe("");
      expect(timers()).toBe("");
    });

    test("ends a trial that its lease does not, and leaves a trace", async () => {
      await begin(60);
      await driver.guard!({ ...trial, leaseSeconds: 0 });
      await expect.poll(async () => (await driver.read()).conduits, patience).toEqual([]);
      const fired = { kind: "fired", by: "init", found: "trial" };
      await expect.poll(driver.guardState!, patience).toMatchObject(fired);
      const trace = () => host.run("cat /var/lib/sluice/guard.log 2> /dev/null || true");
      await expect.poll(trace, patience).toContain("fired: ended");
    });

    test("starts anew with each renewal, and finds nothing to end after a lease that ended by itself", async () => {
      const longer = { ...trial, leaseSeconds: 4 };
      await begin(longer.leaseSeconds);
      // Past the first end of the guard, 6 s, and each renewal well before the lease ends.
      for (let round = 0; round < 4; round += 1) {
        await sleep(1_700);
        expect(await driver.renew(longer)).toBe("held");
      }
      expect(await driver.guardState!()).toMatchObject({ kind: "waits", by: "init" });
      await expect.poll(driver.guardState!, patience).toMatchObject({ kind: "fired", found: "nothing" });
    });

    test("outlasts more renewals than systemd starts of a unit in so short a time", async () => {
      await begin(30);
      for (let round = 0; round < 12; round += 1) expect(await driver.renew(trial)).toBe("held");
      expect(await driver.guardState!()).toMatchObject({ kind: "waits", by: "init" });
    });

    test("is disarmed by a confirm, and nothing of it stays", async () => {
      await begin(30);
      expect(await driver.confirm(trial)).toBe("confirmed");
      expect(await driver.guardState!()).toMatchObject({ kind: "disarmed" });
      expect(timers()).toBe("");
    });

    test("is missed by the next renewal when somebody stops its timer", async () => {
      await begin(30);
      host.run(`systemctl stop sluice-guard-${trial.plan.slice(0, 16)}.timer`);
      expect(await driver.guardState!()).toMatchObject({ kind: "gone" });
      expect(await driver.renew(trial)).toBe("unguarded");
    });
  },
);
