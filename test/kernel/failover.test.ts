import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ConduitRules } from "../../src/compile/ir.ts";
import type { Driver } from "../../src/target.ts";
import { iptables } from "../../targets/iptables/target.ts";
import { nftables } from "../../targets/nftables/target.ts";
import { type FirewallHost, missingForFirewall, startFirewallHost } from "../support/firewall-host.ts";
import { missingForIptables, startIptablesHost } from "../support/iptables-host.ts";
import { localSession } from "../support/local-session.ts";
import { type PairedPeers, pairedPeers } from "../support/routed-peers.ts";
import { conduitRules, tcpPermit } from "../support/rules.ts";
import { order } from "../targets/driver-contract.ts";

/** Ports 502 and 503 are permitted; 9999 is not. */
const enforced = conduitRules("enforce", [
  tcpPermit("poll", "10.20.1.10", "10.10.1.10", 502),
  tcpPermit("push", "10.20.1.10", "10.10.1.10", 503),
]);

const platforms = [
  { name: "nftables", missing: missingForFirewall, target: nftables, start: startFirewallHost },
  { name: "iptables", missing: missingForIptables, target: iptables, start: () => startIptablesHost("nft") },
];

for (const { name, missing, target, start } of platforms) {
  const title = `open sessions at a failover, on ${name}`;
  describe.skipIf(missing)(missing ? `${title} (skipped: needs ${missing})` : title, () => {
    let hosts: readonly [FirewallHost, FirewallHost];
    let drivers: readonly Driver[];
    let peers: PairedPeers;
    beforeEach(async () => {
      hosts = [start(), start()];
      peers = await pairedPeers(hosts);
      drivers = hosts.map(({ prefix, paths }) => target.driver(localSession(prefix), paths));
      for (const driver of drivers)
        await driver.restore(target.emit({ firewall: "fw1", conduits: [{ ...enforced, stage: "monitor" }] }));
    });
    afterEach(() => {
      peers.stop();
      for (const host of hosts) host.stop();
    });

    const armBoth = async (rules: ConduitRules): Promise<void> => {
      for (const driver of drivers) {
        const trial = order(rules, 60);
        expect(await driver.lock(trial.holder, 60)).toBeUndefined();
        await driver.load(rules);
        await driver.arm(trial);
      }
    };
    /** Gives the standby every session of the primary over netlink, as `conntrackd -c` does when it takes over. */
    const share = (): void => {
      const listed = hosts[0].run("conntrack -L -o save 2> /dev/null");
      expect(listed).toContain("--dport 503");
      hosts[1].run(`conntrack -R - 2>&1 <<'EOF'\n${listed}EOF`);
    };

    test("that are not shared: a poller goes on, and one in which only the server talks waits for its client", async () => {
      const [poll, push, forbidden] = [await peers.open(502), await peers.open(503), await peers.open(9999)];
      await armBoth(enforced);
      expect(await peers.hear(push!)).toBe(true);
      // An acknowledgement that is on its way is a word of the client too.
      hosts[1].run(`nft add table ip mute
        nft add chain ip mute client '{ type filter hook prerouting priority -400; }'
        nft add rule ip mute client tcp dport 503 drop`);
      peers.failover(1);
      expect(await peers.ask(poll!)).toBe(true);
      expect(await peers.hear(push!)).toBe(false);
      hosts[1].run("nft delete table ip mute");
      expect(await peers.ask(push!)).toBe(true);
      expect(await peers.ask(forbidden!)).toBe(false);
    });

    test("that are shared: the one in which only the server talks goes on too, and a forbidden one never", async () => {
      const [poll, push, forbidden] = [await peers.open(502), await peers.open(503), await peers.open(9999)];
      await armBoth(enforced);
      share();
      peers.failover(1);
      expect(await peers.hear(push!)).toBe(true);
      expect(await peers.ask(poll!)).toBe(true);
      expect(await peers.ask(forbidden!)).toBe(false);
    });

    test.each([true, false])("that may drain go on where they are shared: %s", async (isShared) => {
      const old = (await peers.open(9999))!;
      await peers.open(503);
      await armBoth({ ...enforced, drain: 60 });
      expect(await peers.ask(old)).toBe(true);
      if (isShared) share();
      peers.failover(1);
      expect(await peers.ask(old)).toBe(isShared);
      expect(await peers.open(9999)).toBeUndefined();
    });
  });
}
