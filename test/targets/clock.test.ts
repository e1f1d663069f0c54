import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { iptables } from "../../targets/iptables/target.ts";
import { nftables } from "../../targets/nftables/target.ts";
import { type FirewallHost, missingForFirewall, startFirewallHost } from "../support/firewall-host.ts";
import { missingForIptables, startIptablesHost } from "../support/iptables-host.ts";
import { localSession } from "../support/local-session.ts";
import { conduitRules } from "../support/rules.ts";
import { order, patience, sleep } from "./driver-contract.ts";

/** Debian's libfaketime, wherever this architecture has it. */
const library = ((): string | undefined =>
  readdirSync("/usr/lib")
    .map((folder) => join("/usr/lib", folder, "faketime/libfaketime.so.1"))
    .find((file) => existsSync(file)))();

const platforms = [
  { name: "nft", missing: missingForFirewall, target: nftables, start: startFirewallHost },
  {
    name: "iptables-nft",
    missing: missingForIptables,
    target: iptables,
    start: () => startIptablesHost("nft"),
  },
].map((platform) => ({ ...platform, missing: platform.missing ?? (library ? undefined : "libfaketime") }));

/**
 * The clock of the day as every program on the host sees it, guard included, jumps under a trial; the monotonic clock does
 * not, as with settimeofday(2). The kernel's own leases count jiffies, which no clock adjustment moves.
 */
describe.each(platforms)("a firewall with $name whose clock jumps", ({ missing, target, start }) => {
  let host: FirewallHost | undefined;
  afterEach(() => host?.stop());

  test.skipIf(missing).each(["+400d", "-400d"])(
    `by %s keeps the lease and its second dead man to their time${missing ? ` (skipped: needs ${missing})` : ""}`,
    async (jump) => {
      host = start();
      const clock = join(host.folder, "clock");
      writeFileSync(clock, "+0");
      const fake = [
        ...["env", `LD_PRELOAD=${library}`, `FAKETIME_TIMESTAMP_FILE=${clock}`, "FAKETIME_NO_CACHE=1"],
        "DONT_FAKE_MONOTONIC=1",
      ];
      const prefix = [...host.prefix, ...fake];
      const day = (): number =>
        Number(execFileSync(prefix[0]!, [...prefix.slice(1), "date", "+%s"], { encoding: "utf8" }));
      const driver = target.driver(localSession(prefix), host.paths);
      const trial = order(conduitRules("enforce"), 5);
      await driver.lock(trial.holder, 60);
      await driver.guard!(trial);
      await driver.load(trial.rules);
      await driver.arm(trial);
      const before = day();
      writeFileSync(clock, jump);
      expect(Math.abs(day() - before)).toBeGreaterThan(399 * 86_400);
      await sleep(1_000);
      expect(await driver.renew(trial)).toBe("held");
      expect(await driver.guardState!()).toMatchObject({ kind: "waits", secondsLeft: expect.closeTo(7, -1) });
      expect((await driver.read()).lock?.secondsLeft).toBeLessThan(6);
      await expect.poll(async () => (await driver.read()).conduits, patience).toEqual([]);
      await expect.poll(driver.guardState!, patience).toMatchObject({ kind: "fired", found: "nothing" });
    },
    30_000,
  );
});
