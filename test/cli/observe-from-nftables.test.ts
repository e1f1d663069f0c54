import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nftables } from "../../targets/nftables/target.ts";
import { type FirewallHost, missingForFirewall, startFirewallHost } from "../support/firewall-host.ts";
import { localSession } from "../support/local-session.ts";
import { observedAs, talkOver } from "../support/record-reader.ts";
import { recordSite } from "../support/record-site.ts";
import { type RoutedPeers, routedPeers } from "../support/routed-peers.ts";
import { conduitRules } from "../support/rules.ts";
import { missingForSshd, type Sshd, startSshdOf } from "../support/sshd.ts";

const missing = missingForFirewall ?? missingForSshd;

/** `observe --from` as an engineer runs it: a real sshd, a real nftables that monitors, real connections through it. */
describe.skipIf(missing)(
  missing ? `the record of nftables (skipped: needs ${missing})` : "the record of nftables",
  { timeout: 60_000 },
  () => {
    let host: FirewallHost;
    let sshd: Sshd;
    let peers: RoutedPeers;
    let folder: string;
    const driver = () => nftables.driver(localSession(host.prefix), host.paths);
    const text = nftables.emit({ firewall: "fw1", conduits: [conduitRules("monitor")] });
    beforeEach(async () => {
      host = startFirewallHost();
      peers = await routedPeers(host);
      sshd = await startSshdOf(host);
      folder = recordSite("nftables", host, sshd);
      await driver().restore(text);
      await driver().writeBoot(text);
    });
    afterEach(() => {
      peers.stop();
      sshd.stop();
      host.stop();
      rmSync(folder, { recursive: true });
    });

    const observed = async () => {
      const seen = await observedAs(sshd.identity, folder);
      return { ...seen, source: seen.sources.at(-1)! };
    };
    const talk = (port: 502 | 9999, requests: number) => talkOver(peers, port, requests);

    test("what a full record does not take is told as lost, and what it has is counted once", async () => {
      await driver().restore(text.replaceAll("size 65535", "size 1"));
      await talk(9999, 2);
      const first = await observed();
      expect(first.flow(9999)).toMatchObject({ connections: 1, evidence: "syn" });
      expect(await peers.open(503)).toBeDefined();
      const last = await observed();
      expect(last.stderr).toMatch(/\d+ packets are in the record without their ports, since it was full/);
      expect(last.stderr).toContain("the record is full");
      expect(last.flow(9999)!.packets).toBe(first.flow(9999)!.packets);
      const { rejected, read, used } = last.source.accounting;
      expect(rejected["counted by the firewall and not in its record"]).toBeGreaterThan(0);
      expect(read).toBe(used + rejected["counted by the firewall and not in its record"]!);
      // Its open session, which the kernel lists, names it all the same.
      expect(last.flow(503)).toMatchObject({ evidence: "ephemeral", packets: 0 });
      // What was written can be read again; the server of that session talks on.
      expect((await observed()).source.accounting.read).toBeGreaterThanOrEqual(read);
    });

    test("nothing is counted again when an entry has ended, and all of it is when the rules were loaded anew", async () => {
      await talk(9999, 2);
      const first = await observed();
      // As the kernel ends it when its time is over: the session goes on, without another opening.
      host.run("nft flush set inet sluice c_dmz_cell1_openingports4");
      const ended = await observed();
      expect(ended.stderr).toBe("");
      expect(ended.flow(9999)!.packets).toBe(first.flow(9999)!.packets);
      expect(ended.sources).toHaveLength(1);

      host.run("nft delete table inet sluice");
      await driver().restore(text);
      await talk(9999, 2);
      const anew = await observed();
      expect(anew.stderr).toContain("the counters began anew");
      expect(anew.flow(9999)).toMatchObject({ packets: 2 * first.flow(9999)!.packets, connections: 2 });
      expect(anew.sources).toHaveLength(2);
    });
  },
);
