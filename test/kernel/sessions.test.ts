import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rulesProgram } from "../../src/compile/conduit-program.ts";
import type { ConduitRules } from "../../src/compile/ir.ts";
import { cutSessions, isHeldBackwards } from "../../src/rollout/sessions.ts";
import type { Driver, TrialOrder } from "../../src/target.ts";
import { iptables } from "../../targets/iptables/target.ts";
import { nftables } from "../../targets/nftables/target.ts";
import { type FirewallHost, missingForFirewall, startFirewallHost } from "../support/firewall-host.ts";
import { missingForIptables, startIptablesHost } from "../support/iptables-host.ts";
import { localSession } from "../support/local-session.ts";
import { type RoutedPeers, routedPeers } from "../support/routed-peers.ts";
import { conduitRules, tcpPermit } from "../support/rules.ts";
import { order, sleep } from "../targets/driver-contract.ts";

/** Ports 502 and 503 are permitted; 9999 is not. */
const permits = [
  tcpPermit("poll", "10.20.1.10", "10.10.1.10", 502),
  tcpPermit("push", "10.20.1.10", "10.10.1.10", 503),
];
const enforced = conduitRules("enforce", permits);
const noSpan = { file: "", line: 1, column: 1, length: 1 };

/** Ways to let sessions drain that no text of ours has. */
const elsewhere: Readonly<Record<"nftables" | "iptables", readonly ((text: string) => string)[]>> = {
  nftables: [
    (text) =>
      text.replace(
        /(chain c_dmz_cell1_permitted \{\n)([\s\S]*)( {4}ct state established meta nfproto @c_dmz_cell1_drain accept\n)/,
        "$1$3$2",
      ),
    (text) =>
      text.replace(
        "ct state established meta nfproto @c_dmz_cell1_drain accept\n",
        "ct state established accept\n",
      ),
  ],
  iptables: [
    // In a chain of permits, by the list of another conduit, without the list, and for more than what is established.
    (text) => text.replace(/^(-4 -A SLUICE-c-dmz-cell1)\.record (.*SLUICE-DRAIN.*)$/m, "$1.p $2"),
    (text) => text.replace("SLUICE-DRAIN-dmz-cell1-", "SLUICE-DRAIN-dmz-cell2-"),
    (text) =>
      text.replace(/-m recent --rcheck --seconds \d+ --name SLUICE-DRAIN\S+ --mask \S+ --rsource /, ""),
    (text) => text.replace("-m conntrack --ctstate ESTABLISHED -m recent", "-m recent"),
  ],
};

const platforms = [
  { name: "nftables", missing: missingForFirewall, target: nftables, start: startFirewallHost },
  ...(["legacy", "nft"] as const).map((variant) => ({
    name: `iptables-${variant}`,
    missing: missingForIptables,
    target: iptables,
    start: () => startIptablesHost(variant),
  })),
];

for (const { name, missing, target, start } of platforms) {
  describe.skipIf(missing)(
    missing ? `${name} (skipped: needs ${missing})` : `sessions through ${name}`,
    () => {
      let host: FirewallHost;
      let driver: Driver;
      let peers: RoutedPeers;
      beforeEach(async () => {
        host = start();
        driver = target.driver(localSession(host.prefix), host.paths);
        peers = await routedPeers(host);
        await driver.restore(target.emit({ firewall: "fw1", conduits: [{ ...enforced, stage: "monitor" }] }));
      });
      afterEach(() => {
        peers.stop();
        host.stop();
      });

      const arm = async (rules: ConduitRules, lease = 60): Promise<TrialOrder> => {
        const trial = order(rules, lease);
        expect(await driver.lock(trial.holder, 60)).toBeUndefined();
        await driver.load(rules);
        await driver.arm(trial);
        return trial;
      };
      const opened = async (port: 502 | 503 | 9999): Promise<number> => {
        const session = await peers.open(port);
        expect(session).toBeDefined();
        return session!;
      };

      test("[slow] are judged anew at enforcement, and the forbidden one goes on when the trial ends", async () => {
        const [forbidden, permitted] = [await opened(9999), await opened(502)];
        const trial = await arm(enforced);
        expect(await peers.ask(forbidden)).toBe(false);
        expect(await peers.ask(permitted)).toBe(true);
        await driver.disarm(trial.holder);
        await sleep(1_500);
        expect(await peers.ask(forbidden)).toBe(true);
      });

      test("are cut by name once the rules are confirmed: exactly those that no permit admits", async () => {
        const [forbidden, permitted] = [await opened(9999), await opened(502)];
        const trial = await arm(enforced);
        expect(await driver.confirm(trial)).toBe("confirmed");
        expect(await cutSessions(driver, enforced)).toBe(1);
        const listed = await driver.sessions();
        const ports = listed.kind === "listed" ? listed.sessions.map(({ port }) => port) : [];
        expect(ports).toEqual([502]);
        expect(await peers.ask(permitted)).toBe(true);
        expect(await peers.ask(forbidden)).toBe(false);
        expect(await cutSessions(driver, enforced)).toBe(0);
      });

      test("after total loss of state a poller goes on, and a session in which only the server talks does not", async () => {
        const [poll, push] = [await opened(502), await opened(503)];
        const trial = await arm(enforced);
        expect(await driver.confirm(trial)).toBe("confirmed");
        expect(await peers.hear(push)).toBe(true);
        host.run("conntrack -F 2> /dev/null");
        expect(await peers.hear(push)).toBe(false);
        expect(await peers.ask(poll)).toBe(true);
        // The client has but to speak once, and its session is known again.
        expect(await peers.ask(push)).toBe(true);
      });

      test("that monitor picked up from an answer are permitted and yet dropped, until their entry is ended by hand", async () => {
        const push = await opened(503);
        host.run("conntrack -F 2> /dev/null");
        expect(await peers.hear(push)).toBe(true);
        const listed = await driver.sessions();
        const [held, ...others] = listed.kind === "listed" ? listed.sessions : [];
        expect(others).toEqual([]);
        expect(isHeldBackwards(rulesProgram(enforced, noSpan), held!)).toBe(true);
        const trial = await arm(enforced);
        expect(await peers.ask(push)).toBe(false);
        await driver.disarm(trial.holder);
        const answered = () => expect.poll(() => peers.ask(push), { timeout: 15_000 }).toBe(true);
        // What was dropped is sent again, later and later.
        await answered();
        // This server talks all the time: while it is not heard, the next packet is its client's.
        host.run("nft add table ip mute");
        host.run("nft add chain ip mute server '{ type filter hook prerouting priority -400; }'");
        host.run("nft add rule ip mute server ip saddr 10.10.1.10 drop");
        host.run(`${driver.endSessionCommand(held!)} 2> /dev/null`);
        expect(await peers.ask(push)).toBe(false);
        host.run("nft delete table ip mute");
        await answered();
        await driver.unlock(trial.holder);
        await arm(enforced);
        await answered();
      });
    },
  );
}

for (const { name, missing, target, start } of platforms) {
  const title = `a conduit that drains, on ${name}`;
  describe.skipIf(missing)(missing ? `${title} (skipped: needs ${missing})` : title, () => {
    let host: FirewallHost;
    let driver: Driver;
    let peers: RoutedPeers;
    const rules: ConduitRules = { ...enforced, drain: 8 };
    const text = (stage: "monitor" | "enforce"): string =>
      target.emit({ firewall: "fw1", conduits: [{ ...rules, stage }] });
    beforeEach(async () => {
      host = start();
      driver = target.driver(localSession(host.prefix), host.paths);
      peers = await routedPeers(host);
      await driver.restore(text("monitor"));
    });
    afterEach(() => {
      peers.stop();
      host.stop();
    });
    const arm = async (lease: number): Promise<TrialOrder> => {
      const trial = order(rules, lease);
      await driver.lock(trial.holder, 60);
      await driver.load(rules);
      await driver.arm(trial);
      return trial;
    };

    test("lets open sessions go on past the confirm and no new one begin, and ends them in its time", async () => {
      const old = (await peers.open(9999))!;
      const trial = await arm(60);
      expect(await peers.ask(old)).toBe(true);
      expect(await peers.open(9999)).toBeUndefined();
      expect((await driver.read()).conduits[0]?.draining).toBeGreaterThan(1);
      expect(await driver.confirm(trial)).toBe("confirmed");
      expect(await peers.ask(old)).toBe(true);
      expect(await peers.open(9999)).toBeUndefined();
      // Another known-good of the same firewall does not cut short what still drains.
      await driver.restore(text("enforce"));
      expect(await peers.ask(old)).toBe(true);
      expect(await driver.writeBoot(text("enforce"))).toBeDefined();
      expect((await driver.read()).ownHash).toBe((await driver.rehearseBoot()).ownHash);
      await expect.poll(() => peers.ask(old), { timeout: 12_000 }).toBe(false);
      expect((await driver.read()).conduits[0]).not.toHaveProperty("draining");
      expect(await peers.ask((await peers.open(502))!)).toBe(true);
    });

    test("drains nobody after a restart, and nobody once the trial has ended", async () => {
      const old = (await peers.open(9999))!;
      await arm(1);
      await sleep(1_200);
      expect(await peers.ask(old)).toBe(true);
      await driver.restore(text("enforce"));
      expect(await peers.ask(old)).toBe(false);
    });

    test("reads back as the policy alone, and a drain anywhere else is refused", () => {
      const refused = /while their own conduit drains|is not what this stage is/;
      const parse = (changed: string) => target.parse(changed, "x").diagnostics[0]?.message;
      expect(target.parse(text("enforce"), "x").diagnostics).toEqual([]);
      for (const change of elsewhere[name.startsWith("nft") ? "nftables" : "iptables"]) {
        const changed = change(text("enforce"));
        expect(changed).not.toBe(text("enforce"));
        expect(parse(changed)).toMatch(refused);
      }
    });
  });
}
