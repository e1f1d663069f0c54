import { rmSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { firstRing, keep, writeRing } from "../../src/rollout/known-good/known-good.ts";
import type { Driver } from "../../src/target.ts";
import { iptables } from "../../targets/iptables/target.ts";
import type { FirewallHost } from "../support/firewall-host.ts";
import { missingForIptables, startIptablesHost, type Variant } from "../support/iptables-host.ts";
import { localSession } from "../support/local-session.ts";
import { observedAs, runAs, talkOver } from "../support/record-reader.ts";
import { recordSite } from "../support/record-site.ts";
import { type RoutedPeers, routedPeers } from "../support/routed-peers.ts";
import { conduitRules } from "../support/rules.ts";
import { missingForSshd, type Sshd, startSshdOf } from "../support/sshd.ts";

const missing = missingForIptables ?? missingForSshd;

/** `observe --from` as an engineer runs it: a real sshd, a real iptables that monitors, real connections through it. */
describe.skipIf(missing)(
  missing ? `a firewall's own record (skipped: needs ${missing})` : "a firewall's own record",
  { timeout: 60_000 },
  () => {
    let host: FirewallHost;
    let sshd: Sshd;
    let peers: RoutedPeers;
    let folder: string;
    afterEach(() => {
      peers.stop();
      sshd.stop();
      host.stop();
      rmSync(folder, { recursive: true });
    });

    const start = async (variant: Variant, without: readonly string[] = []): Promise<void> => {
      host = startIptablesHost(variant, without);
      peers = await routedPeers(host);
      sshd = await startSshdOf(host);
      folder = recordSite("iptables", host, sshd);
      // The session brings a path of its own, on which the machine's own variant stands.
      if (variant === "legacy")
        host.run("mount --bind /usr/sbin/xtables-legacy-multi /usr/sbin/xtables-nft-multi");
      for (const tool of without) host.run(`mount --bind ${host.folder}/bin/${tool} /usr/sbin/${tool}`);
      await monitored(iptables.driver(localSession(host.prefix), host.paths));
    };
    const run = (line: string) => runAs(sshd.identity, folder, line);
    const observed = async () => {
      const seen = await observedAs(sshd.identity, folder);
      return { ...seen, source: seen.sources[0]! };
    };
    const talk = (port: 502 | 9999, requests: number) => talkOver(peers, port, requests);
    const ends = { initiator: "10.20.1.10", responder: "10.10.1.10", protocol: 6, answered: true };

    test.each(["legacy", "nft"] as const)(
      "iptables-%s: what was permitted and what was not, each packet once, and what the record lost",
      async (variant) => {
        await start(variant);
        await talk(502, 3);
        expect((await run("observe --from fw1 -o baseline/seen.json")).stderr).toBe("");
        await talk(9999, 3);
        const first = await observed();
        expect(first.stderr).toBe("");
        expect(first.flow(502)).toMatchObject(ends);
        expect(first.flow(9999)).toMatchObject({ ...ends, evidence: "syn", confidence: 1, connections: 1 });
        expect((await run("plan dmz-cell1 --to enforce -o enforce.plan")).stderr).toMatch(
          /monitor recorded 10.20.1.10 -> 10.10.1.10 tcp 9999 .*write it under "denied" of dmz-cell1/,
        );

        const again = await observed();
        for (const port of [502, 9999]) expect(again.flow(port)!.packets).toBe(first.flow(port)!.packets);
        expect(again.source.accounting).toEqual(first.source.accounting);

        // A record that takes one flow more and no other: the kernel counts the next one, and cannot name it.
        narrowRecord(host);
        await talk(9999, 2);
        expect(await peers.open(503)).toBeDefined();
        const last = await observed();
        expect(last.stderr).toMatch(
          /\d+ packets that no permit admitted were counted and are not in the record/,
        );
        expect(last.flow(9999)!.connections).toBe(2);
        // Its open session, which the kernel lists, names it all the same.
        expect(last.flow(503)).toMatchObject({ evidence: "ephemeral", packets: 0 });
        const { rejected, read, used } = last.source.accounting;
        expect(rejected["counted by the firewall and not in its record"]).toBeGreaterThan(0);
        expect(read).toBe(used + rejected["counted by the firewall and not in its record"]!);
      },
    );

    test("a host without sets has counters only: it says so, and does not let enforcement be planned", async () => {
      await start("nft", ["ipset"]);
      await talk(502, 2);
      expect((await run("observe --from fw1 -o baseline/seen.json")).code).toBe(0);
      await talk(9999, 2);
      const { flow, stderr } = await observed();
      expect(flow(502)).toMatchObject(ends);
      expect(stderr).toContain("the record is full, or the host can keep none");
      expect((await run("plan dmz-cell1 --to enforce -o enforce.plan")).stderr).toMatch(
        /the record of dmz-cell1 is full, or the host can keep none/,
      );
    });
  },
);

/** As a host is once monitor was confirmed and kept. */
async function monitored(driver: Driver): Promise<void> {
  const rules = { firewall: "fw1", conduits: [conduitRules("monitor")] };
  const [text, time] = [iptables.emit(rules), "2026-11-21T12:00:00Z"];
  await driver.restore(text);
  await driver.writeBoot(text);
  const first = firstRing({ firewall: "fw1", conduits: [] }, undefined, undefined, time);
  await writeRing(driver, keep(first, "a".repeat(64), rules, text, time), driver.absence);
}

/** Puts sets of one element in the place of those that record IPv4, as the kernel would have them at their limit. */
const narrowRecord = (host: FirewallHost): string =>
  host.run(`for set in $(ipset list -n | grep '^sluice-c-.*4$'); do
    ipset save $set | sed -n '1s/maxelem [0-9]*/maxelem 1/p' | sed "s/^create $set /create narrow /" | ipset restore
    ipset swap $set narrow && ipset destroy narrow
  done`);
