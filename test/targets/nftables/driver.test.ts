import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ConduitRules } from "../../../src/compile/ir.ts";
import { sha256 } from "../../../src/digest.ts";
import { parseRange } from "../../../src/net/address.ts";
import type { Session } from "../../../src/session.ts";
import { connect } from "../../../src/ssh/connect.ts";
import { readIdentity } from "../../../src/ssh/identity.ts";
import type { Driver, TrialOrder } from "../../../src/target.ts";
import { createDriver } from "../../../targets/nftables/driver.ts";
import { emit } from "../../../targets/nftables/emit.ts";
import { type FirewallHost, missingForFirewall, startFirewallHost } from "../../support/firewall-host.ts";
import { localSession } from "../../support/local-session.ts";
import { conduitRules, tcpPermit } from "../../support/rules.ts";
import { missingForSshd, startSshd } from "../../support/sshd.ts";

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const firewallText = (...conduits: readonly ConduitRules[]): string => emit({ firewall: "fw1", conduits });
const order = (rules: ConduitRules, leaseSeconds: number, plan = "a".repeat(64)): TrialOrder => ({
  plan,
  holder: `eva plan:${plan.slice(0, 16)}`,
  rules,
  leaseSeconds,
});

interface Wire {
  readonly session: Session;
  stop(): Promise<void>;
}
const wires: readonly {
  readonly name: string;
  readonly missing: string | undefined;
  readonly open: (host: FirewallHost) => Promise<Wire>;
}[] = [
  {
    name: "on this machine",
    missing: missingForFirewall,
    open: async (host) => ({ session: localSession(host.prefix), stop: async () => undefined }),
  },
  {
    name: "over a real sshd",
    missing: missingForFirewall ?? missingForSshd,
    open: async (host) => {
      const sshd = await startSshd([`ForceCommand=${host.prefix.join(" ")} sh -c "$SSH_ORIGINAL_COMMAND"`]);
      const session = await connect({
        host: "127.0.0.1",
        port: sshd.port,
        user: sshd.user,
        identity: readIdentity(sshd.identity, undefined),
        hostKeys: [sshd.hostKey],
      });
      return {
        session,
        stop: async () => {
          await session.close();
          sshd.stop();
        },
      };
    },
  },
];

describe.each(wires)("the nftables driver $name", ({ missing, open }) => {
  describe.skipIf(missing)(missing ? `(skipped: needs ${missing})` : "with a real nft", () => {
    let host: FirewallHost;
    let wire: Wire;
    let driver: Driver;
    beforeEach(async () => {
      host = startFirewallHost();
      wire = await open(host);
      driver = createDriver(wire.session, host.paths);
    });
    afterEach(async () => {
      await wire.stop();
      host.stop();
    });

    const begin = async (trial: TrialOrder): Promise<void> => {
      expect(await driver.lock(trial.holder, 60)).toBeUndefined();
      await driver.load(trial.rules);
      await driver.arm(trial);
    };
    const stages = async (): Promise<readonly string[]> =>
      (await driver.read()).conduits.map(
        (each) => `${each.conduit} ${each.trial ? "trial " : ""}${each.stage}`,
      );

    test("a bare host has nothing of ours and no obstacle", async () => {
      expect((await driver.facts()).obstacles).toEqual([]);
      expect(await driver.read()).toMatchObject({
        text: undefined,
        ownHash: sha256(""),
        conduits: [],
        lock: undefined,
        bootText: undefined,
      });
    });

    test("a missing include and a missing folder are obstacles that say how to mend them", async () => {
      writeFileSync(host.paths.bootEntry, "flush ruleset\n");
      expect((await driver.facts()).obstacles.join("\n")).toMatch(
        /does not include .*sluice\.nft: add the line/,
      );
      host.run(`rmdir ${host.folder}/nftables.d`);
      expect((await driver.facts()).obstacles.join("\n")).toMatch(/mkdir -p/);
    });

    test("loaded rules meet no packet, and what was confirmed counts as unchanged", async () => {
      await driver.restore(firewallText(conduitRules("monitor")));
      const before = await driver.read();
      await driver.load(conduitRules("enforce", []));
      const after = await driver.read();
      expect(after.ownHash).toBe(before.ownHash);
      expect(after.conduits).toEqual(before.conduits);
    });

    test("a trial ends by itself, and the stage that was confirmed before is what remains", async () => {
      await driver.restore(firewallText(conduitRules("monitor")));
      const before = await driver.read();
      const trial = order(conduitRules("enforce"), 1);
      await begin(trial);
      expect(await stages()).toEqual(["dmz-cell1 trial enforce", "dmz-cell1 monitor"]);
      await sleep(1_100);
      expect(await stages()).toEqual(["dmz-cell1 monitor"]);
      expect((await driver.read()).ownHash).toBe(before.ownHash);
      expect(await driver.renew(trial)).toBe("expired");
      expect(await driver.confirm(trial)).toBe("expired");
    });

    test("a renewed lease holds beyond its first end", async () => {
      const trial = order(conduitRules("enforce"), 2);
      await begin(trial);
      for (let round = 0; round < 4; round += 1) {
        await sleep(700);
        expect(await driver.renew(trial)).toBe("held");
      }
      expect((await driver.read()).conduits[0]?.trial?.plan).toBe("a".repeat(16));
    });

    test("confirming leaves exactly what the boot file would load", async () => {
      const trial = order(
        conduitRules("enforce", [tcpPermit("poll", "10.20.1.0/24", "10.10.1.10", 502)]),
        30,
      );
      await driver.restore(firewallText(conduitRules("monitor")));
      await begin(trial);
      expect(await driver.confirm(trial)).toBe("confirmed");
      const text = firewallText(trial.rules);
      expect((await driver.read()).ownHash).toBe((await driver.preview(text)).ownHash);
      expect(await stages()).toEqual(["dmz-cell1 enforce"]);
      expect((await driver.read()).text).not.toContain("t_dmz_cell1");
      expect(await driver.renew(trial)).toBe("confirmed");
    });

    test("confirming other networks and fewer permits leaves nothing of the old ones", async () => {
      await driver.restore(
        firewallText(conduitRules("enforce"), {
          ...conduitRules("monitor", [], "it-cell2"),
          pairs: [{ left: parseRange("10.30.0.0/16"), right: parseRange("10.10.2.0/24") }],
        }),
      );
      const others = (await driver.read()).conduits.filter((each) => each.conduit === "it-cell2");
      const rules: ConduitRules = {
        ...conduitRules("monitor", []),
        pairs: [{ left: parseRange("10.99.0.0/24"), right: parseRange("10.10.1.0/25") }],
      };
      const trial = order(rules, 30);
      await begin(trial);
      expect(await driver.confirm(trial)).toBe("confirmed");
      const { text, conduits } = await driver.read();
      expect(text).not.toMatch(/10\.20\.1\.0|fd00|c_dmz_cell1_(ports|reply)/);
      expect(conduits.filter((each) => each.conduit === "it-cell2")).toEqual(others);
    });

    test("a trial and its confirmed form have the same rules hash, and another rule has another", async () => {
      const trial = order(conduitRules("enforce"), 30);
      await begin(trial);
      const hash = (await driver.read()).conduits[0]?.rulesHash;
      expect((await driver.preview(firewallText(trial.rules))).conduits[0]?.rulesHash).toBe(hash);
      host.run("nft add rule inet sluice t_dmz_cell1_permitted accept");
      expect((await driver.read()).conduits[0]?.rulesHash).not.toBe(hash);
    });

    test("disarming ends a trial at once and removes what it brought", async () => {
      const trial = order(conduitRules("enforce"), 30);
      await begin(trial);
      await driver.disarm(trial.holder);
      expect((await driver.read()).conduits).toEqual([]);
      expect(await driver.renew(trial)).toBe("expired");
      await driver.unlock(trial.holder);
      expect((await driver.read()).text).toBeUndefined();
      await driver.disarm(trial.holder);
    });

    test("every step may be repeated", async () => {
      const trial = order(conduitRules("enforce"), 30);
      await begin(trial);
      expect(await driver.lock(trial.holder, 60)).toBeUndefined();
      await driver.arm(trial);
      expect(await driver.confirm(trial)).toBe("confirmed");
      expect(await driver.confirm(trial)).toBe("confirmed");
      await driver.disarm(trial.holder);
      await driver.unlock(trial.holder);
      await driver.unlock(trial.holder);
      expect(await stages()).toEqual(["dmz-cell1 enforce"]);
    });

    test("the lock has one holder, ends by itself, and a trial needs it", async () => {
      const [ours, theirs] = [
        order(conduitRules("enforce"), 1),
        order(conduitRules("enforce"), 30, "b".repeat(64)),
      ];
      expect(await driver.lock(ours.holder, 1)).toBeUndefined();
      expect(await driver.lock(theirs.holder, 30)).toBe(ours.holder);
      await expect(driver.arm(theirs)).rejects.toThrow("could not start the trial");
      await sleep(1_100);
      await begin(theirs);
      expect(await driver.renew(ours)).toBe("foreign");
      expect(await driver.confirm(ours)).toBe("foreign");
      expect((await driver.read()).lock?.holder).toBe(theirs.holder);
    });

    test("times need not be whole seconds", async () => {
      const trial = order(conduitRules("enforce"), 1.25);
      expect(await driver.lock(trial.holder, 30.5)).toBeUndefined();
      expect((await driver.read()).lock?.secondsLeft).toBeGreaterThan(30);
      await driver.load(trial.rules);
      await driver.arm(trial);
      expect(await driver.drill(0.5)).toBeLessThan(1);
      expect(await driver.renew(trial)).toBe("held");
    });

    test("a late renewal or disarming does not touch a later trial of the same conduit", async () => {
      const [ours, theirs] = [
        order(conduitRules("enforce"), 1),
        order(conduitRules("monitor"), 30, "b".repeat(64)),
      ];
      await begin(ours);
      await sleep(1_100);
      await begin(theirs);
      expect(await driver.renew(ours)).toBe("foreign");
      await driver.disarm(ours.holder);
      expect(await stages()).toEqual(["dmz-cell1 trial monitor"]);
    });

    test("a trial whose table somebody removed is foreign, and its removal is not undone", async () => {
      const trial = order(conduitRules("enforce"), 30);
      await begin(trial);
      host.run("nft delete table inet sluice");
      expect(await driver.renew(trial)).toBe("foreign");
      expect(await driver.confirm(trial)).toBe("foreign");
      expect((await driver.read()).text).toBeUndefined();
    });

    test("the drill sees a lease end in the time that it has", async () => {
      const seconds = await driver.drill(1);
      expect(seconds).toBeGreaterThan(0.8);
      expect(seconds).toBeLessThan(2);
      expect((await driver.read()).text).toBeUndefined();
    });

    test("other tables are seen when they change, and not when they count or learn", async () => {
      host.run(
        "nft add table ip other; nft 'add chain ip other in { type filter hook input priority 0; }';" +
          "nft add rule ip other in counter accept; nft 'add set ip other seen { type ipv4_addr; flags timeout; }'",
      );
      const before = await driver.read();
      host.run(
        "nft 'add element ip other seen { 192.0.2.1 timeout 1h }'; ip link set lo up; bash -c 'echo x > /dev/udp/127.0.0.1/9'",
      );
      expect((await driver.read()).foreignHash).toBe(before.foreignHash);
      host.run("nft add rule ip other in drop");
      expect((await driver.read()).foreignHash).not.toBe(before.foreignHash);
      expect((await driver.read()).ownHash).toBe(before.ownHash);
    });

    test("a change inside our table by another hand changes our hash", async () => {
      await driver.restore(firewallText(conduitRules("enforce")));
      const before = await driver.read();
      host.run("nft insert rule inet sluice c_dmz_cell1_enforce accept");
      expect((await driver.read()).ownHash).not.toBe(before.ownHash);
    });

    test("the boot file is read back, and its rehearsal gives what it would load", async () => {
      const text = firewallText(conduitRules("enforce"));
      expect((await driver.rehearseBoot()).text).toBeUndefined();
      const rehearsed = await driver.rehearseBoot(text);
      expect((await driver.read()).bootText).toBeUndefined();
      expect(await driver.writeBoot(text)).toBe(sha256(text));
      expect((await driver.read()).bootText).toBe(text);
      expect((await driver.rehearseBoot()).ownHash).toBe(rehearsed.ownHash);
      expect(rehearsed.conduits[0]).toMatchObject({ conduit: "dmz-cell1", stage: "enforce" });
      expect((await driver.read()).text).toBeUndefined();
      await driver.writeBoot(undefined);
      expect((await driver.read()).bootText).toBeUndefined();
    });

    test("a boot entry that names an interface by index is rehearsed with a stand-in", async () => {
      host.run("ip link add plant0 type veth");
      writeFileSync(
        host.paths.bootEntry,
        `table inet host { chain in { type filter hook input priority 0; iif "plant0" accept; }; }\ninclude "${join(host.folder, "nftables.d")}/*.nft"\n`,
      );
      expect((await driver.facts()).obstacles).toEqual([]);
    });

    test("restoring replaces all of ours in one step, also by nothing", async () => {
      await driver.restore(firewallText(conduitRules("enforce")));
      await driver.restore(firewallText(conduitRules("monitor")));
      expect(await stages()).toEqual(["dmz-cell1 monitor"]);
      await driver.restore(undefined);
      await driver.restore(undefined);
      expect((await driver.read()).text).toBeUndefined();
    });

    test("the host's complaint about a text comes back, and a good text has none", async () => {
      expect(await driver.check("add table inet x\nadd rubbish\n")).toMatch(/syntax error/);
      expect(await driver.check(firewallText(conduitRules("enforce")))).toBeUndefined();
    });

    test("counters come per permit and direction, and the record tells what was not admitted", async () => {
      await driver.restore(firewallText(conduitRules("monitor")));
      host.run(
        "nft 'add element inet sluice c_dmz_cell1_recordports4 { 10.20.1.66 . 10.10.1.10 . tcp . 502 counter packets 7 bytes 280 }';" +
          "nft 'add element inet sluice c_dmz_cell1_recordicmp6 { fd00:20::1 . fd00:10::1 . echo-request counter packets 2 bytes 80 }';" +
          "nft 'add element inet sluice c_dmz_cell1_recordprotocols4 { 10.20.1.66 . 10.10.1.10 . 47 }'",
      );
      const counters = await driver.counters("dmz-cell1");
      expect(counters.permits).toEqual([{ permit: "poll", requests: 0, replies: 0 }]);
      const ends = { family: 4, source: "10.20.1.66", destination: "10.10.1.10" };
      expect(counters.recorded).toContainEqual({ ...ends, protocol: 6, port: 502, packets: 7 });
      expect(counters.recorded).toContainEqual({ ...ends, protocol: 47, packets: 0 });
      expect(counters.recorded).toContainEqual({
        family: 6,
        source: "fd00:20::1",
        destination: "fd00:10::1",
        protocol: 58,
        icmpType: 128,
        packets: 2,
      });
      expect(counters.recordFull).toBe(false);
    });

    test("small files of ours are kept whole, and one that is not there is absent", async () => {
      expect(await driver.readFile("known-good/current")).toBeUndefined();
      await driver.writeFile("known-good/current", "0002\n");
      expect(await driver.readFile("known-good/current")).toBe("0002\n");
    });
  });
});
