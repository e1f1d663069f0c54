import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Driver } from "../../../src/target.ts";
import { createDriver } from "../../../targets/nftables/driver.ts";
import { nftables } from "../../../targets/nftables/target.ts";
import { type FirewallHost, missingForFirewall, startFirewallHost } from "../../support/firewall-host.ts";
import { localSession } from "../../support/local-session.ts";
import { conduitRules } from "../../support/rules.ts";
import { missingForSshd } from "../../support/sshd.ts";
import { locally, overSshd } from "../../support/wires.ts";
import { driverContract } from "../driver-contract.ts";

const hasLegacy = existsSync("/usr/sbin/iptables-legacy");

const platform = {
  target: nftables,
  start: startFirewallHost,
  stranger: {
    openTrial: "nft add rule inet sluice t_dmz_cell1_permitted accept",
    openConfirmed: "nft insert rule inet sluice c_dmz_cell1_enforce accept",
    removeOurs: "nft delete table inet sluice",
    prepare:
      "nft add table ip other; nft 'add chain ip other in { type filter hook input priority 0; }';" +
      "nft add rule ip other in counter accept; nft 'add set ip other seen { type ipv4_addr; flags timeout; }'",
    count:
      "nft 'add element ip other seen { 192.0.2.1 timeout 1h }'; ip link set lo up; bash -c 'echo x > /dev/udp/127.0.0.1/9'",
    change: "nft add rule ip other in drop",
  },
  leftovers: /t_dmz_cell1|10\.20\.1\.10 /,
};
driverContract({
  ...platform,
  name: "the nftables driver on this machine",
  missing: missingForFirewall,
  connect: locally,
});
driverContract({
  ...platform,
  name: "the nftables driver over a real sshd",
  missing: missingForFirewall ?? missingForSshd,
  connect: overSshd,
});

test.skipIf(missingForFirewall ?? missingForSshd)(
  "over a real sshd the firewall tells from where it was reached",
  async () => {
    const host = startFirewallHost();
    const session = await overSshd(host);
    try {
      expect((await createDriver(session, host.paths).readings()).client).toBe("127.0.0.1");
    } finally {
      await session.close();
      host.stop();
    }
  },
);

describe.skipIf(missingForFirewall)(
  missingForFirewall ? `(skipped: needs ${missingForFirewall})` : "a host with nft",
  () => {
    let host: FirewallHost;
    let driver: Driver;
    beforeEach(() => {
      host = startFirewallHost();
      driver = createDriver(localSession(host.prefix), host.paths);
    });
    afterEach(() => host.stop());

    test("a missing include and a missing folder are obstacles that say how to mend them", async () => {
      writeFileSync(host.paths.bootEntry, "flush ruleset\n");
      expect((await driver.facts()).obstacles.join("\n")).toMatch(
        /does not include .*sluice\.nft: add the line/,
      );
      host.run(`rmdir ${host.folder}/nftables.d`);
      expect((await driver.facts()).obstacles.join("\n")).toMatch(/mkdir -p/);
    });

    test("a boot file that is a listing with times in it is an obstacle, before it could be a known-good", async () => {
      const kept =
        "table ip kept {\n set seen {\n type ipv4_addr; flags timeout;\n elements = { 192.0.2.1 timeout 1h expires 5m }\n }\n}\n";
      writeFileSync(host.paths.bootFile, kept);
      expect((await driver.facts()).obstacles).toEqual([
        expect.stringMatching(/^line 4 of .*sluice\.nft holds an element that ends by itself \(expires\)/),
      ]);
    });

    test("a boot entry that names an interface by index is rehearsed with a stand-in", async () => {
      host.run("ip link add plant0 type veth");
      writeFileSync(
        host.paths.bootEntry,
        `table inet host { chain in { type filter hook input priority 0; iif "plant0" accept; }; }\ninclude "${join(host.folder, "nftables.d")}/*.nft"\n`,
      );
      expect((await driver.facts()).obstacles).toEqual([]);
    });

    test.skipIf(!hasLegacy)(
      `rules of the legacy tables count as somebody else's${hasLegacy ? "" : " (skipped: no iptables-legacy)"}`,
      async () => {
        const before = await driver.read();
        host.run("iptables-legacy -A FORWARD -s 192.0.2.7 -j DROP");
        const after = await driver.read();
        expect(after.foreignHash).not.toBe(before.foreignHash);
        expect(after.foreignForm).toContain("-A FORWARD -s 192.0.2.7/32 -j DROP");
        expect((await driver.read()).foreignHash).toBe(after.foreignHash);
      },
    );

    test("a file that did not arrive whole does not take the place of the old one", async () => {
      await driver.writeFile("note", "old");
      const wire = localSession(host.prefix);
      const torn = createDriver(
        {
          ...wire,
          run: (argv, options) =>
            wire.run(argv, { ...options, ...(options?.stdin && { stdin: options.stdin.slice(0, 2) }) }),
        },
        host.paths,
      );
      await expect(torn.writeFile("note", "new and longer")).rejects.toThrow(/did not arrive whole/);
      expect(await driver.readFile("note")).toBe("old");
    });

    test("a boot file that cannot be written stays as it is, whether its disk is full or not to be written to", async () => {
      const [old, text] = (["monitor", "enforce"] as const).map((stage) =>
        nftables.emit({ firewall: "fw1", conduits: [conduitRules(stage)] }),
      );
      const folder = join(host.folder, "nftables.d");
      host.run(`mount -t tmpfs -o size=32k none ${folder}`);
      await driver.writeBoot(old);
      host.run(`head -c 20000 /dev/zero > ${folder}/filler`);
      await expect(driver.writeBoot(`${text}${"# more\n".repeat(1_000)}`)).rejects.toThrow("No space left");
      expect((await driver.read()).bootText).toBe(old);
      host.run(`rm ${folder}/filler; mount -o remount,ro ${folder}`);
      await expect(driver.writeBoot(text)).rejects.toThrow("Read-only file system");
      expect((await driver.read()).bootText).toBe(old);
      host.run(`mount -o remount,rw ${folder}`);
      await driver.writeBoot(text);
      expect((await driver.read()).bootText).toBe(text);
      expect(host.run(`ls -A ${folder}`)).toBe("sluice.nft\n");
    });

    test("counters come per permit and direction, and the record tells what was not admitted", async () => {
      await driver.restore(nftables.emit({ firewall: "fw1", conduits: [conduitRules("monitor")] }));
      host.run(
        "nft 'add element inet sluice c_dmz_cell1_recordports4 { 10.20.1.66 . 10.10.1.10 . tcp . 502 counter packets 7 bytes 280 }';" +
          "nft 'add element inet sluice c_dmz_cell1_openingports4 { 10.20.1.66 . 10.10.1.10 . tcp . 502 counter packets 2 bytes 80 }';" +
          "nft 'add element inet sluice c_dmz_cell1_answerports4 { 10.20.1.66 . 10.10.1.10 . tcp . 502 counter packets 4 bytes 160 }';" +
          "nft 'add element inet sluice c_dmz_cell1_answericmp6 { fd00:20::1 . fd00:10::1 . echo-reply counter packets 1 bytes 40 }';" +
          "nft 'add element inet sluice c_dmz_cell1_recordicmp6 { fd00:20::1 . fd00:10::1 . echo-request counter packets 2 bytes 80 }';" +
          "nft 'add element inet sluice c_dmz_cell1_recordprotocols4 { 10.20.1.66 . 10.10.1.10 . 47 }'",
      );
      const counters = await driver.counters("dmz-cell1");
      expect(counters.permits).toEqual([{ permit: "poll", requests: 0, replies: 0 }]);
      const ends = { family: 4, source: "10.20.1.66", destination: "10.10.1.10" };
      expect(counters.recorded).toContainEqual({
        ...{ ...ends, protocol: 6, port: 502, packets: 11, replies: 4, openings: 2 },
        quietFor: expect.any(Number),
      });
      expect(counters.recorded).toContainEqual({
        ...{ ...ends, protocol: 47, packets: 0, replies: 0 },
        quietFor: expect.any(Number),
      });
      expect(counters.recorded).toContainEqual({
        family: 6,
        source: "fd00:20::1",
        destination: "fd00:10::1",
        protocol: 58,
        icmpType: 128,
        packets: 3,
        replies: 1,
        quietFor: expect.any(Number),
      });
      expect(counters.recordFull).toBe(false);
    });
  },
);
