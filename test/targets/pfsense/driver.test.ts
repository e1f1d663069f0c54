import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ConduitRules } from "../../../src/compile/ir.ts";
import { sha256 } from "../../../src/digest.ts";
import { type Driver, DriverError, type TrialOrder } from "../../../src/target.ts";
import { emit } from "../../../targets/pfsense/emit.ts";
import { conduitRules, tcpPermit } from "../../support/rules.ts";
import { emptyConfig, missingForPfsense, type PfsenseHost, startPfsenseHost } from "./pfsense-host.ts";

/** Seconds of the host, on which time runs five times as fast. */
const sleep = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 200));
const firewallText = (...conduits: readonly ConduitRules[]): string => emit({ firewall: "fw1", conduits });
const order = (rules: ConduitRules, leaseSeconds: number, plan = "a".repeat(64)): TrialOrder => ({
  plan,
  holder: `eva plan:${plan.slice(0, 16)}`,
  rules,
  leaseSeconds,
});
const ranges = conduitRules("enforce", [tcpPermit("poll", "10.20.1.7-10.20.1.9", "10.10.1.10")]);
const anchorFile = "anchors/userrules%sluice_dmz_cell1";

describe.skipIf(missingForPfsense)(
  missingForPfsense ? `the pfSense driver (skipped: needs ${missingForPfsense})` : "the pfSense driver",
  () => {
    let host: PfsenseHost;
    let driver: Driver;
    beforeEach(() => {
      host = startPfsenseHost();
      driver = host.driver;
    });
    afterEach(() => host.stop());

    const begin = async (trial: TrialOrder): Promise<void> => {
      expect(await driver.lock(trial.holder, 300)).toBeUndefined();
      await driver.load(trial.rules);
      await driver.arm(trial);
    };
    const stages = async (): Promise<readonly string[]> =>
      (await driver.read()).conduits.map(
        (each) => `${each.conduit} ${each.trial ? "trial " : ""}${each.stage}`,
      );
    const until = async (done: () => Promise<boolean>, seconds: number): Promise<void> => {
      for (let left = seconds * 4; !(await done()); left -= 1) {
        if (left <= 0) throw new Error(`not within ${seconds} s`);
        await sleep(0.25);
      }
    };

    test("a bare host has nothing of ours and no obstacle", async () => {
      expect(await driver.facts()).toEqual({
        kernel: "FreeBSD 14.0-CURRENT",
        version: "2.7.2-RELEASE",
        deadMen: ["process", "process"],
        obstacles: [],
      });
      expect(await driver.read()).toMatchObject({
        text: undefined,
        form: "",
        ownHash: sha256(""),
        conduits: [],
        lock: undefined,
        bootText: undefined,
      });
    });

    test.each([
      ["version", "2.6.0-RELEASE", "pfSense 2.6.0-RELEASE is too old: update to 2.7.0 or newer"],
      ["version", "23.01-RELEASE", "pfSense 23.01-RELEASE is too old"],
      ["main", "pass in all\n", 'the anchor "userrules/*" is not attached'],
      ["info", "Status: Disabled for 0 days", "pf is not enabled"],
      ["config.xml", emptyConfig.replace("<type>", "<tag>vpn</tag><type>"), 'a rule uses the tag "vpn"'],
      ["config.xml", "<pfsense>", "not XML"],
      [
        "config.xml",
        emptyConfig.replace("<aliases>", "<hasync><pfsyncenabled>on</pfsyncenabled></hasync><aliases>"),
        "this is the standby of a high-availability pair",
      ],
    ])("an obstacle in %s is named, with how to mend it: %s", async (file, content, obstacle) => {
      host.write(file, content);
      expect((await driver.facts()).obstacles.join("\n")).toContain(obstacle);
    });

    test("has the host check a text, and gives its complaint", async () => {
      expect(await driver.check(firewallText(ranges))).toBeUndefined();
      expect(await driver.check("nonsense\n")).toMatch(/syntax error/);
      expect(host.file("main")).not.toContain("nonsense");
    });

    test("loaded rules meet no packet", async () => {
      await driver.load(ranges);
      expect(host.file(anchorFile)).toBeUndefined();
      expect(await stages()).toEqual([]);
    });

    test("a trial ends by itself, and what was confirmed before is what remains", async () => {
      await driver.restore(firewallText(conduitRules("monitor")));
      const before = await driver.read();
      await begin(order(ranges, 40));
      const during = await driver.read();
      expect(await stages()).toEqual(["dmz-cell1 monitor", "dmz-cell1 trial enforce"]);
      expect(during.ownHash).toBe(before.ownHash);
      expect(during.conduits[1]?.trial).toMatchObject({ plan: "a".repeat(16) });
      expect(during.conduits[1]?.rulesHash).toBe(
        (await driver.preview(firewallText(ranges))).conduits[0]?.rulesHash,
      );
      expect(host.file(anchorFile)).toContain("block drop in log quick");
      await until(async () => host.file(anchorFile) === undefined, 60);
      expect(await stages()).toEqual(["dmz-cell1 monitor"]);
      expect(await driver.renew(order(ranges, 40))).toBe("expired");
    });

    test.each(["first", "second"])(
      "the %s watcher alone ends a trial",
      async (name) => {
        await begin(order(ranges, 15));
        const other = name === "first" ? "second" : "first";
        host.run(`kill $(cat ${host.folder}/run/${other}.*.pid)`);
        await until(async () => host.file(anchorFile) === undefined, 60);
      },
      30_000,
    );

    test.each([
      ["is lost", "rm -f"],
      ["cannot be read", "echo >"],
    ])(
      "a lease that %s ends the trial",
      async (_name, command) => {
        await begin(order(ranges, 300));
        host.run(`${command} ${host.folder}/run/lease`);
        await until(async () => host.file(anchorFile) === undefined, 60);
      },
      30_000,
    );

    test("a watcher tries again until pf has let go of the rules", async () => {
      await begin(order(ranges, 15));
      host.write("refuses", "rules\n");
      await sleep(18);
      expect(host.file(anchorFile)).toBeDefined();
      host.run(`rm ${host.folder}/refuses`);
      await until(async () => host.file(anchorFile) === undefined, 60);
    });

    test("no rule is loaded when a watcher does not start", async () => {
      host.write("no-daemon", "");
      const trial = order(ranges, 300);
      expect(await driver.lock(trial.holder, 300)).toBeUndefined();
      await expect(driver.arm(trial)).rejects.toThrow(/watcher of the dead man does not run/);
      expect(host.file(anchorFile)).toBeUndefined();
      expect(await stages()).toEqual([]);
    });

    test("no rule stays when pf refuses them, and none is loaded without the lock", async () => {
      const trial = order(ranges, 300);
      await expect(driver.arm(trial)).rejects.toThrow(/the lock is not held/);
      await driver.lock(trial.holder, 300);
      host.write("refuses", "load\n");
      await expect(driver.arm(trial)).rejects.toThrow(DriverError);
      expect(host.file(anchorFile)).toBeUndefined();
    });

    test("every step may be repeated, and a late one does not touch a later trial", async () => {
      const [ours, theirs] = [order(ranges, 300), order(conduitRules("monitor"), 300, "b".repeat(64))];
      await begin(ours);
      await driver.arm(ours);
      expect(await driver.confirm(ours)).toBe("confirmed");
      expect(await driver.confirm(ours)).toBe("confirmed");
      await driver.disarm(ours.holder);
      await driver.unlock(ours.holder);
      await driver.unlock(ours.holder);
      expect(await stages()).toEqual(["dmz-cell1 enforce"]);
      await begin(theirs);
      expect(await driver.renew(ours)).toBe("foreign");
      await driver.disarm(ours.holder);
      expect(await stages()).toEqual(["dmz-cell1 trial monitor"]);
    });

    test("a trial that is disarmed is gone at once; only its holder can", async () => {
      const trial = order(ranges, 300);
      await begin(trial);
      await driver.disarm("olaf");
      expect(host.file(anchorFile)).toBeDefined();
      await driver.disarm(trial.holder);
      expect(host.file(anchorFile)).toBeUndefined();
      expect(await driver.renew(trial)).toBe("expired");
      await driver.unlock(trial.holder);
      expect((await driver.read()).lock).toBeUndefined();
    });

    test("a confirmed trial stays without a lease, until it is in config.xml and until then until a reboot", async () => {
      const trial = order(ranges, 15);
      const wanted = await driver.preview(firewallText(ranges));
      await begin(trial);
      expect(await driver.confirm(trial)).toBe("confirmed");
      await sleep(25);
      expect(await stages()).toEqual(["dmz-cell1 enforce"]);
      expect((await driver.read()).ownHash).toBe(wanted.ownHash);
      expect(await driver.renew(trial)).toBe("confirmed");
      expect((await driver.rehearseBoot()).ownHash).toBe(sha256(""));

      expect(await driver.writeBoot(firewallText(ranges))).toBe(sha256(firewallText(ranges)));
      expect(host.file(anchorFile)).toBeUndefined();
      const after = await driver.read();
      expect(after).toMatchObject({
        ownHash: wanted.ownHash,
        form: wanted.form,
        bootText: firewallText(ranges),
      });
      expect((await driver.rehearseBoot()).ownHash).toBe(wanted.ownHash);
      expect((await driver.rehearseBoot(firewallText())).ownHash).toBe(sha256(""));
      host.reboot();
      expect(await stages()).toEqual(["dmz-cell1 enforce"]);
    });

    test("a reboot ends a trial and forgets what was not persisted", async () => {
      await begin(order(ranges, 300));
      host.reboot();
      expect(await driver.read()).toMatchObject({ conduits: [], lock: undefined });
      await begin(order(ranges, 300, "b".repeat(64)));
      expect(await driver.confirm(order(ranges, 300, "b".repeat(64)))).toBe("confirmed");
      host.reboot();
      expect(await stages()).toEqual([]);
    });

    test("a trial of one conduit leaves the confirmed ones of others", async () => {
      const other = conduitRules("enforce", undefined, "it-cell1");
      await driver.writeBoot(firewallText(other));
      const before = await driver.read();
      await begin(order(conduitRules("monitor"), 300));
      expect((await driver.read()).ownHash).toBe(before.ownHash);
      expect(await stages()).toEqual(["it-cell1 enforce", "dmz-cell1 trial monitor"]);
    });

    describe("what is confirmed", () => {
      test("is written by pfSense, stands beside the human's rules, and goes without a trace", async () => {
        await driver.restore(firewallText(ranges));
        const config = host.file("config.xml")!;
        expect(config).toContain("LAN to any");
        expect(host.file("history")).toBe("Sluice: confirmed rules of conduits\n");
        expect(host.file("main")).toMatch(
          /^block in ridentifier \d+ label "USER_RULE: sluice:dmz-cell1:\(rest\)"/m,
        );
        await driver.restore(firewallText(ranges));
        expect(host.file("config.xml")).toBe(config);
        await driver.restore(undefined);
        const revision = /\n\t<revision>[\s\S]*<\/revision>/;
        expect(host.file("config.xml")!.replace(revision, "")).toBe(emptyConfig);
      });

      test("is put back as it was when pfSense leaves a rule out", async () => {
        await driver.restore(firewallText(conduitRules("monitor")));
        const before = await driver.read();
        const [tracker] = /\d{10}(?= label "sluice:dmz-cell1" label "\(rest\)")/.exec(firewallText(ranges))!;
        host.write("vanishes", tracker);
        await expect(driver.restore(firewallText(ranges))).rejects.toThrow(
          new RegExp(`did not load every rule.*${tracker}`),
        );
        host.run(`rm ${host.folder}/vanishes`);
        expect((await driver.read()).ownHash).toBe(before.ownHash);
      });

      test("is refused when config.xml cannot take it, or changed in between", async () => {
        host.write("config.xml", emptyConfig.replace("<type>", "<tag>vpn</tag><type>"));
        await expect(driver.restore(firewallText(ranges))).rejects.toThrow(
          /line \d+: a rule uses the tag "vpn"/,
        );
        host.write("config.xml", emptyConfig);
        await expect(driver.restore("pass quick all\n")).rejects.toThrow(
          /this rule is not of a ruleset that Sluice wrote/,
        );
        expect(host.file("config.xml")).toBe(emptyConfig);
      });

      test("is not what it was after somebody changed it, and reading says so", async () => {
        await driver.restore(firewallText(ranges));
        const before = await driver.read();
        host.write("config.xml", host.file("config.xml")!.replace("<port>502</port>", "<port>503</port>"));
        expect((await driver.read()).ownHash).not.toBe(before.ownHash);
        host.write(
          "config.xml",
          host.file("config.xml")!.replace("<nottagged>", "<sched>night</sched><nottagged>"),
        );
        expect((await driver.read()).form).toMatch(/line \d+ of .*: a rule of Sluice has no <sched>/);
        await driver.restore(firewallText(ranges));
        expect((await driver.read()).ownHash).toBe(before.ownHash);
      });
    });

    test("what a stranger loads into our anchor is never what was confirmed, and can be taken away", async () => {
      const wanted = await driver.preview(firewallText(ranges));
      host.run("echo 'pass quick all' | pfctl -a userrules/sluice_dmz_cell1 -f -");
      expect((await driver.read()).conduits).toMatchObject([{ conduit: "dmz-cell1", stage: "monitor" }]);
      expect((await driver.read()).ownHash).not.toBe(wanted.ownHash);
      await driver.restore(undefined);
      expect((await driver.read()).conduits).toEqual([]);
    });

    test("what the host lists of ours can be restored, from an anchor and from config.xml", async () => {
      await begin(order(ranges, 300));
      expect(await driver.confirm(order(ranges, 300))).toBe("confirmed");
      const before = await driver.read();
      await driver.restore(before.text);
      const after = await driver.read();
      expect(after.ownHash).toBe(before.ownHash);
      await driver.restore(undefined);
      await driver.restore(after.text);
      expect((await driver.read()).ownHash).toBe(before.ownHash);
    });

    test("what is typed at the console brings a known-good back, and never opens on the way", async () => {
      await driver.writeFile("1.text", firewallText(conduitRules("monitor")));
      await driver.restore(firewallText(ranges));
      for (const command of driver.undoByHand("1.text")) host.run(command);
      expect(await stages()).toEqual(["dmz-cell1 monitor"]);
      expect((await driver.read()).ownHash).toBe(
        (await driver.preview(firewallText(conduitRules("monitor")))).ownHash,
      );
      expect(host.file("config.xml")).not.toContain("sluice");
    });

    test("other rules are the foreign part, ours and the trial are not", async () => {
      const before = await driver.read();
      await driver.restore(firewallText(conduitRules("monitor")));
      host.write("main", `${host.file("main")}pass in on opt1 all\n`);
      expect((await driver.read()).foreignHash).not.toBe(before.foreignHash);
      expect((await driver.read()).foreignForm).not.toContain("sluice:");
    });

    test("enforcement cuts the live states that the permits do not admit, both sides, and no other", async () => {
      const state = (head: string, id: string): string =>
        `${head}       ESTABLISHED:ESTABLISHED\n   [1 + 2] wscale 7  [3 + 4] wscale 7\n   age 00:01:02, expires in 23:59:01, 9:8 pkts, 900:800 bytes, rule 4\n   id: ${id} creatorid: 1c2d3e4f gateway: 0.0.0.0\n`;
      host.write(
        "states",
        [
          state("all tcp 10.10.1.10:502 <- 10.20.1.7:40000", "0000000000000001"),
          state("all tcp 10.10.1.10:502 <- 10.20.1.77:40000", "0000000000000002"),
          state("all tcp 10.20.1.77:40000 -> 10.10.1.10:502", "0000000000000003"),
          state("all tcp 10.99.0.1:22 <- 10.20.1.77:50000", "0000000000000004"),
          state("all tcp fd00:10::10[502] <- fd00:20::7[40000]", "0000000000000005"),
        ].join(""),
      );
      await driver.lock(order(conduitRules("monitor"), 300).holder, 300);
      await driver.arm(order(conduitRules("monitor"), 300));
      expect(host.file("killed")).toBeUndefined();
      await driver.disarm(order(ranges, 300).holder);
      await driver.arm(order(ranges, 300));
      expect(host.file("killed")).toBe([2, 3, 5].map((id) => ` id 000000000000000${id}/1c2d3e4f\n`).join(""));
    });

    test("monitor records the sessions that were open before, which pf never logs", async () => {
      host.write(
        "states",
        "all tcp 10.10.1.10:102 <- 10.20.1.77:40000       ESTABLISHED:ESTABLISHED\n   age 90:00:00, expires in 23:59:01, 9:8 pkts, 900:800 bytes, rule 4\n   id: 02 creatorid: 1c2d3e4f\n",
      );
      await driver.restore(firewallText(conduitRules("monitor")));
      expect((await driver.counters("dmz-cell1")).recorded).toEqual([
        {
          family: 4,
          source: "10.20.1.77",
          destination: "10.10.1.10",
          protocol: 6,
          port: 102,
          packets: 17,
          replies: 8,
        },
      ]);
    });

    test("does not begin beside a state that it cannot read", async () => {
      host.write("states", "all tcp something odd\n   id: 01 creatorid: 02\n");
      await expect(driver.load(ranges)).rejects.toThrow(/a state is not understood: all tcp something odd/);
    });

    test("counts permits and records of a trial by themselves, of confirmed rules otherwise", async () => {
      const tracker = /(\d{10}) label "sluice:dmz-cell1" label "\(rest\)"/.exec(firewallText(ranges))![1];
      const line = (anchor: string, source: string): string =>
        `Nov 21 18:00:01 fw filterlog[77]: 88,,${anchor},${tracker},em3,match,block,in,4,0x0,,64,1,0,DF,6,tcp,60,${source},10.10.1.10,40000,502,0,S,1,,64240,,mss\n`;
      host.write("filter.log", line("sluice_dmz_cell", "10.20.1.99"));
      await begin(order(ranges, 300));
      host.write(
        "filter.log",
        host.file("filter.log") + line("sluice_dmz_cell", "10.20.1.77").repeat(2) + line("", "10.20.1.1"),
      );
      host.write(
        "labels",
        "sluice:dmz-cell1 (rest) 9 0 0 0 0 0 0 0\nsluice:dmz-cell1 poll 100 30 3000 16 1600 14 1400 2\nUSER_RULE: sluice:dmz-cell1:poll id:3 1 2 3 4 5 6 7 8\n",
      );
      const flow = {
        family: 4,
        source: "10.20.1.77",
        destination: "10.10.1.10",
        protocol: 6,
        port: 502,
        packets: 2,
        openings: 2,
      };
      expect(await driver.counters("dmz-cell1")).toEqual({
        permits: [{ permit: "poll", requests: 20, replies: 20 }],
        recorded: [flow],
        recordFull: false,
        admitted: [],
        epoch: { record: expect.stringMatching(/^[0-9a-f]{64}$/), rules: "" },
      });
      expect((await driver.counters("it-cell1")).permits).toEqual([]);
      host.write("filter.log", "");
      expect((await driver.counters("dmz-cell1")).recordFull).toBe(true);
    });

    test("the dead man is rehearsed with each watcher alone, in anchors that nothing calls", async () => {
      for (const { due, seconds } of await driver.drill(2)) expect(Math.abs(seconds - due)).toBeLessThan(1);
      expect(host.run(`ls ${host.folder}/anchors ${host.folder}/run`)).not.toMatch(/drill/);
      host.write("no-daemon", "");
      await expect(driver.drill(2)).rejects.toThrow(/watcher of the dead man does not run/);
    });
  },
);
