import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ConduitRules } from "../../src/compile/ir.ts";
import { sha256 } from "../../src/digest.ts";
import { parseRange } from "../../src/net/address.ts";
import { firstRing, keep, textName, undoName, writeRing } from "../../src/rollout/known-good/known-good.ts";
import type { Session } from "../../src/session.ts";
import type { Driver, Target, TrialOrder } from "../../src/target.ts";
import type { FirewallHost } from "../support/firewall-host.ts";
import { listenToLog } from "../support/host-log.ts";
import { openSession } from "../support/open-session.ts";
import { conduitRules, tcpPermit } from "../support/rules.ts";

/** A kind of host, reached in one way. */
export interface Platform {
  readonly name: string;
  /** Why it cannot be tested here. */
  readonly missing: string | undefined;
  readonly target: Target;
  start(): FirewallHost;
  connect(host: FirewallHost): Promise<Session>;
  /** What a stranger may type on the host. */
  readonly stranger: {
    /** Lets everything pass in the trial, or in the confirmed conduit, "dmz-cell1". */
    readonly openTrial: string;
    readonly openConfirmed: string;
    readonly removeOurs: string;
    readonly prepare: string;
    /** Changes only what others count and learn. */
    readonly count: string;
    readonly change: string;
  };
  /** What a confirm must not leave in the text: anything of a trial, or of the permit of one host. */
  readonly leftovers: RegExp;
  /** Seconds of the host that stand for one of the contract's, and how fast they pass; both 1 unless said. */
  readonly pace?: { readonly unit: number; readonly perSecond: number };
  /** Where the host keeps what a reboot forgets. */
  readonly runFolder?: (host: FirewallHost) => string;
  /** Starts to listen to the host's own log, for so many lines. */
  readonly listen?: (host: FirewallHost, lines: number) => Promise<() => Promise<readonly string[]>>;
  /** Opens a session through the host, from port 40000. */
  readonly openSession?: typeof openSession;
  /** A confirm replaces the boot configuration only when that is written; until then its rules stand before the old ones. */
  readonly confirmed?: "with the boot file";
  /** What of the contract cannot hold here, by name, and why. */
  readonly lacks?: Readonly<Record<string, string>>;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const orderOf = (rules: ConduitRules, leaseSeconds: number, plan = "a".repeat(64)): TrialOrder => ({
  plan,
  holder: `eva plan:${plan.slice(0, 16)}`,
  rules,
  leaseSeconds,
});

export { orderOf as order };

/** For what comes by itself, on a machine that may be busy. */
export const patience = { timeout: 15_000, interval: 50 };

/** What every driver must do, on a real host or on its stand-in. */
export function driverContract(platform: Platform): void {
  const { name, missing, target, stranger, lacks = {} } = platform;
  const { unit, perSecond } = platform.pace ?? { unit: 1, perSecond: 1 };
  const order: typeof orderOf = (rules, lease, plan) => orderOf(rules, lease * unit, plan);
  const pass = (seconds: number): Promise<void> => sleep((seconds * unit * 1_000) / perSecond);
  const named = new Set<string>();
  const contract = (what: string, body: () => Promise<void>): void => {
    named.add(what);
    const reason = lacks[what];
    test.skipIf(reason)(reason ? `${what} (cannot hold: ${reason})` : what, body, 60_000);
  };
  const firewallText = (...conduits: readonly ConduitRules[]): string =>
    target.emit({ firewall: "fw1", conduits });

  describe.skipIf(missing)(missing ? `${name} (skipped: needs ${missing})` : name, () => {
    let host: FirewallHost;
    let session: Session;
    let driver: Driver;
    beforeEach(async () => {
      host = platform.start();
      session = await platform.connect(host);
      driver = target.driver(session, host.paths);
    });
    afterEach(async () => {
      await session.close();
      host.stop();
    });

    const begin = async (trial: TrialOrder): Promise<void> => {
      expect(await driver.lock(trial.holder, 60 * unit)).toBeUndefined();
      await driver.guard?.(trial);
      await driver.load(trial.rules);
      await driver.arm(trial);
    };
    const stages = async (): Promise<readonly string[]> =>
      (await driver.read()).conduits
        .map((each) => `${each.conduit} ${each.stage}${each.trial ? " on trial" : ""}`)
        .toSorted();
    /** What was typed at the console is what a reboot loads, or it loads nothing of ours, and the driver says which. */
    const lastsAs = async (text: string): Promise<void> => {
      const booted = await driver.rehearseBoot();
      if (driver.undoLasts === "until a reboot") {
        expect(booted.conduits).toEqual([]);
        return;
      }
      expect((await driver.read()).bootText).toBe(text);
      expect((await driver.read()).ownHash).toBe(booted.ownHash);
    };
    /** A lease of one second ends; a helper that ends it may be late on a busy machine. */
    const expire = async (): Promise<void> => {
      await pass(1.1);
      for (let attempt = 0; attempt < 100; attempt += 1) {
        if (!(await stages()).some((stage) => stage.endsWith("on trial"))) return;
        await sleep(100);
      }
      throw new Error("the lease does not end");
    };

    contract("a bare host has nothing of ours and no obstacle", async () => {
      expect((await driver.facts()).obstacles).toEqual([]);
      expect(await driver.read()).toMatchObject({
        text: undefined,
        ownHash: sha256(""),
        conduits: [],
        lock: undefined,
        bootText: undefined,
      });
    });

    contract("a host with nothing of ours but the lock counts nothing", async () => {
      await driver.lock("eva", 30);
      const none = { permits: [], recorded: [], recordFull: false };
      expect(await driver.counters("dmz-cell1")).toMatchObject(none);
    });

    contract("loaded rules meet no packet, and what was confirmed counts as unchanged", async () => {
      await driver.restore(firewallText(conduitRules("monitor")));
      const before = await driver.read();
      await driver.load(conduitRules("enforce", []));
      const after = await driver.read();
      expect(after.ownHash).toBe(before.ownHash);
      expect(after.conduits).toEqual(before.conduits);
    });

    contract("a trial ends by itself, and the stage that was confirmed before is what remains", async () => {
      await driver.restore(firewallText(conduitRules("monitor")));
      const before = await driver.read();
      const trial = order(conduitRules("enforce"), 1);
      await begin(trial);
      expect(await stages()).toEqual(["dmz-cell1 enforce on trial", "dmz-cell1 monitor"]);
      await expire();
      expect(await stages()).toEqual(["dmz-cell1 monitor"]);
      expect((await driver.read()).ownHash).toBe(before.ownHash);
      expect(await driver.renew(trial)).toBe("expired");
      expect(await driver.confirm(trial)).toBe("expired");
    });

    contract("a renewed lease holds beyond its first end", async () => {
      // Where time runs faster than the machine does, a renewal that is late would be too late.
      const slack = platform.pace ? 3 : 1;
      const trial = order(conduitRules("enforce"), 2 * slack);
      await begin(trial);
      for (let round = 0; round < 3; round += 1) {
        await pass(0.7 * slack);
        expect(await driver.renew(trial)).toBe("held");
      }
      expect((await driver.read()).conduits[0]?.trial?.plan).toBe("a".repeat(16));
    });

    contract("confirming leaves exactly what the boot file would load", async () => {
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
      if (platform.confirmed) await driver.writeBoot(text);
      expect((await driver.read()).text).not.toMatch(platform.leftovers);
      expect(await driver.renew(trial)).toBe("confirmed");
    });

    contract("confirming other networks and fewer permits leaves nothing of the old ones", async () => {
      const other: ConduitRules = {
        ...conduitRules("monitor", [], "it-cell2"),
        pairs: [{ left: parseRange("10.30.0.0/16"), right: parseRange("10.10.2.0/24") }],
      };
      await driver.restore(firewallText(conduitRules("enforce"), other));
      const others = (await driver.read()).conduits.filter((each) => each.conduit === "it-cell2");
      const rules: ConduitRules = {
        ...conduitRules("monitor", []),
        pairs: [{ left: parseRange("10.99.0.0/24"), right: parseRange("10.10.1.0/25") }],
      };
      const trial = order(rules, 30);
      await begin(trial);
      expect(await driver.confirm(trial)).toBe("confirmed");
      if (platform.confirmed) {
        await driver.writeBoot(firewallText(trial.rules, other));
      }
      const { text, conduits } = await driver.read();
      expect(text).not.toMatch(/10\.20\.1\.0|fd00|poll/);
      expect(others).toHaveLength(1);
      expect(conduits.filter((each) => each.conduit === "it-cell2")).toEqual(others);
    });

    contract(
      "a trial and its confirmed form have the same rules hash, and another rule has another",
      async () => {
        const trial = order(conduitRules("enforce"), 30);
        await begin(trial);
        const hash = (await driver.read()).conduits[0]?.rulesHash;
        expect((await driver.preview(firewallText(trial.rules))).conduits[0]?.rulesHash).toBe(hash);
        host.run(stranger.openTrial);
        expect((await driver.read()).conduits[0]?.rulesHash).not.toBe(hash);
      },
    );

    contract("disarming ends a trial at once and removes what it brought", async () => {
      const trial = order(conduitRules("enforce"), 30);
      await driver.restore(firewallText(conduitRules("monitor", [])));
      const before = await driver.read();
      await begin(trial);
      const left = await driver.disarm(trial.holder);
      expect([left.ownHash, left.conduits]).toEqual([before.ownHash, before.conduits]);
      const after = await driver.read();
      expect([after.ownHash, after.conduits]).toEqual([before.ownHash, before.conduits]);
      expect(after.text).not.toMatch(platform.leftovers);
      if (driver.guardState) expect(await driver.guardState()).toMatchObject({ kind: "disarmed" });
      expect(await driver.renew(trial)).toBe("expired");
      await driver.restore(undefined);
      await driver.unlock(trial.holder);
      expect((await driver.read()).text).toBeUndefined();
      await driver.disarm(trial.holder);
    });

    contract("every step may be repeated", async () => {
      const trial = order(conduitRules("enforce"), 30);
      await begin(trial);
      expect(await driver.lock(trial.holder, 60 * unit)).toBeUndefined();
      await driver.arm(trial);
      expect(await driver.confirm(trial)).toBe("confirmed");
      expect(await driver.confirm(trial)).toBe("confirmed");
      await driver.disarm(trial.holder);
      await driver.unlock(trial.holder);
      await driver.unlock(trial.holder);
      expect(await stages()).toEqual(["dmz-cell1 enforce"]);
    });

    contract("the lock has one holder, ends by itself, and a trial needs it", async () => {
      const [ours, theirs] = [
        order(conduitRules("enforce"), 1),
        order(conduitRules("enforce"), 30, "b".repeat(64)),
      ];
      expect(await driver.lock(ours.holder, unit)).toBeUndefined();
      expect(await driver.lock(theirs.holder, 30 * unit)).toBe(ours.holder);
      await expect(driver.arm(theirs)).rejects.toThrow("could not start the trial");
      await expire();
      await begin(theirs);
      expect(await driver.renew(ours)).toBe("foreign");
      expect(await driver.confirm(ours)).toBe("foreign");
      expect((await driver.read()).lock?.holder).toBe(theirs.holder);
    });

    contract("a late renewal or disarming does not touch a later trial of the same conduit", async () => {
      const [ours, theirs] = [
        order(conduitRules("enforce"), 1),
        order(conduitRules("monitor"), 30, "b".repeat(64)),
      ];
      await begin(ours);
      await expire();
      await begin(theirs);
      expect(await driver.renew(ours)).toBe("foreign");
      expect((await driver.disarm(ours.holder)).conduits).toEqual([
        expect.objectContaining({
          stage: "monitor",
          trial: expect.objectContaining({ plan: "b".repeat(16) }),
        }),
      ]);
      expect(await stages()).toEqual(["dmz-cell1 monitor on trial"]);
    });

    contract("times need not be whole seconds", async () => {
      const trial = order(conduitRules("enforce"), 2.25);
      expect(await driver.lock(trial.holder, 30.5 * unit)).toBeUndefined();
      expect((await driver.read()).lock?.secondsLeft).toBeGreaterThan(29 * unit);
      await driver.guard?.(trial);
      await driver.load(trial.rules);
      await driver.arm(trial);
      expect(await driver.renew(trial)).toBe("held");
    });

    contract("a trial whose rules somebody removed is foreign, and its removal is not undone", async () => {
      const trial = order(conduitRules("enforce"), 30);
      await begin(trial);
      host.run(stranger.removeOurs);
      expect(await driver.renew(trial)).toBe("foreign");
      expect(await driver.confirm(trial)).toBe("foreign");
      expect((await driver.read()).text).toBeUndefined();
    });

    contract("the drill sees every dead man fire in its time, and leaves nothing behind", async () => {
      const firings = await driver.drill(1);
      expect(firings.map(({ by }) => by)).toEqual((await driver.facts()).deadMen);
      for (const { due, seconds } of firings) {
        expect(seconds).toBeGreaterThan(due - 0.2);
        // On a busy machine it is seen late.
        expect(seconds).toBeLessThan(due + 4);
      }
      expect((await driver.read()).text).toBeUndefined();
      expect(host.run(`ls ${platform.runFolder?.(host) ?? "/run/sluice"}`)).toBe("");
    });

    contract("the second dead man ends a trial that its lease does not, and leaves a trace", async () => {
      const trial = order(conduitRules("enforce"), 2);
      await begin({ ...trial, leaseSeconds: 60 });
      await driver.guard!({ ...trial, leaseSeconds: 0 });
      await pass(2.9);
      expect(await stages()).toEqual([]);
      const { plan } = trial;
      expect(await driver.guardState!()).toEqual({
        ...{ kind: "fired", plan: plan.slice(0, 16), by: "process", found: "trial" },
      });
      expect(host.run("cat /var/lib/sluice/guard.log")).toMatch(
        /second dead man .* of plan a{16} fired: ended/,
      );
    });

    contract(
      "the second dead man outlives the session, is renewed with the lease, and leaves a confirmed trial alone",
      async () => {
        const trial = order(conduitRules("enforce"), 2);
        await begin(trial);
        await session.close();
        session = await platform.connect(host);
        driver = target.driver(session, host.paths);
        await pass(1);
        expect(await driver.renew({ ...trial, leaseSeconds: 30 })).toBe("held");
        expect(await driver.guardState!()).toMatchObject({
          kind: "waits",
          secondsLeft: expect.closeTo(32, -1),
        });
        expect(await driver.confirm(trial)).toBe("confirmed");
        expect(await driver.guardState!()).toMatchObject({ kind: "disarmed" });
        expect(await stages()).toEqual(["dmz-cell1 enforce"]);
      },
    );

    contract("a renewal tells when the second dead man was killed, or was never there", async () => {
      const trial = order(conduitRules("enforce"), 30);
      await begin(trial);
      host.run("kill -9 $(cat /run/sluice/pid.*)");
      expect(await driver.renew(trial)).toBe("unguarded");
      expect(await driver.guardState!()).toMatchObject({ kind: "gone" });
      host.run("rm /run/sluice/guard");
      expect(await driver.renew(trial)).toBe("unguarded");
    });

    contract("a second dead man whose file is taken away ends the trial", async () => {
      await begin(order(conduitRules("enforce"), 60));
      host.run("rm /run/sluice/guard");
      await pass(2);
      expect(await stages()).toEqual([]);
    });

    contract("the second dead man of an earlier plan leaves a later trial alone", async () => {
      const [ours, theirs] = [
        order(conduitRules("enforce"), 1),
        order(conduitRules("monitor"), 30, "b".repeat(64)),
      ];
      await begin(ours);
      await expire();
      await begin(theirs);
      await pass(2.5);
      expect(await stages()).toEqual(["dmz-cell1 monitor on trial"]);
      expect(await driver.guardState!()).toMatchObject({ kind: "waits", plan: "b".repeat(16) });
    });

    contract("other rules are seen when they change, and not when they count or learn", async () => {
      host.run(stranger.prepare);
      const before = await driver.read();
      host.run(stranger.count);
      expect((await driver.read()).foreignHash).toBe(before.foreignHash);
      host.run(stranger.change);
      expect((await driver.read()).foreignHash).not.toBe(before.foreignHash);
      expect((await driver.read()).ownHash).toBe(before.ownHash);
    });

    contract("our own steps do not count as a change by others", async () => {
      host.run(stranger.prepare);
      const before = await driver.read();
      const trial = order(conduitRules("enforce"), 30);
      await begin(trial);
      expect((await driver.read()).foreignForm).toBe(before.foreignForm);
      expect(await driver.confirm(trial)).toBe("confirmed");
      expect((await driver.read()).foreignForm).toBe(before.foreignForm);
    });

    contract("a change inside our rules by another hand changes our hash", async () => {
      await driver.restore(firewallText(conduitRules("enforce")));
      const before = await driver.read();
      host.run(stranger.openConfirmed);
      expect((await driver.read()).ownHash).not.toBe(before.ownHash);
    });

    contract("the boot file is read back, and its rehearsal gives what it would load", async () => {
      const text = firewallText(conduitRules("enforce"));
      expect((await driver.rehearseBoot()).text).toBeUndefined();
      const rehearsed = await driver.rehearseBoot(text);
      expect((await driver.read()).bootText).toBeUndefined();
      expect(await driver.writeBoot(text)).toBe(sha256(text));
      expect((await driver.read()).bootText).toBe(text);
      expect((await driver.rehearseBoot()).ownHash).toBe(rehearsed.ownHash);
      expect(rehearsed.ownHash).toBe((await driver.preview(text)).ownHash);
      expect(rehearsed.conduits[0]).toMatchObject({ conduit: "dmz-cell1", stage: "enforce" });
      if (!platform.confirmed) expect((await driver.read()).text).toBeUndefined();
      await driver.writeBoot(undefined);
      expect((await driver.read()).bootText).toBeUndefined();
    });

    contract("restoring replaces all of ours in one step, also by nothing", async () => {
      await driver.restore(firewallText(conduitRules("enforce")));
      await driver.restore(firewallText(conduitRules("monitor")));
      expect(await stages()).toEqual(["dmz-cell1 monitor"]);
      await driver.restore(undefined);
      await driver.restore(undefined);
      expect((await driver.read()).text).toBeUndefined();
      expect((await driver.preview(driver.absence)).ownHash).toBe((await driver.read()).ownHash);
    });

    contract("what the host lists of ours can be restored, and read into the same program", async () => {
      await driver.restore(firewallText(conduitRules("enforce")));
      const before = await driver.read();
      expect(target.parse(before.text!, "listing").diagnostics).toEqual([]);
      await driver.restore(undefined);
      await driver.restore(before.text);
      expect((await driver.read()).ownHash).toBe(before.ownHash);
    });

    contract(
      "a listing from during a trial is refused as a known-good, and nothing of the trial comes back",
      async () => {
        await driver.restore(firewallText(conduitRules("monitor")));
        const before = await driver.read();
        const trial = order(conduitRules("enforce"), 30);
        await begin(trial);
        const { text } = await driver.read();
        await driver.disarm(trial.holder);
        for (const attempt of [driver.restore(text), driver.writeBoot(text)]) {
          await expect(attempt).rejects.toThrow(/was listed while a trial/);
        }
        expect(await driver.read()).toMatchObject({ ownHash: before.ownHash, bootText: undefined });
        expect(await stages()).toEqual(["dmz-cell1 monitor"]);
      },
    );

    contract("what is typed at the console brings a known-good back", async () => {
      const text = firewallText(conduitRules("monitor"));
      await driver.writeFile("1.text", text);
      await driver.writeBoot(firewallText(conduitRules("enforce")));
      await driver.restore(firewallText(conduitRules("enforce")));
      host.run(driver.undoByHand("1.text").join(" && "));
      expect(await stages()).toEqual(["dmz-cell1 monitor"]);
      await lastsAs(text);
    });

    contract(
      "sessions that are open are listed with who asked, and with what the host knows of them",
      async () => {
        await driver.restore(firewallText(conduitRules("monitor")));
        const open = await (platform.openSession ?? openSession)(host, "10.20.1.66", "10.10.1.10", 502);
        const listed = await driver.sessions();
        open.close();
        expect(listed).toMatchObject({ kind: "listed", unread: 0 });
        const sessions = listed.kind === "listed" ? listed.sessions : [];
        expect(sessions).toEqual([
          expect.objectContaining({
            ...{ family: 4, initiator: "10.20.1.66", initiatorPort: 40000, responder: "10.10.1.10" },
            ...{ protocol: 6, port: 502, answered: true },
          }),
        ]);
        if (!platform.openSession) expect(sessions[0]!.idle).toBeLessThan(5);
      },
    );

    contract(
      "the script at the console goes back to any known-good, and to none whose text is not what was kept",
      async () => {
        const rulesOf = (stage: "monitor" | "enforce") => ({
          firewall: "fw1",
          conduits: [conduitRules(stage)],
        });
        const [monitor, enforce] = [
          firewallText(conduitRules("monitor")),
          firewallText(conduitRules("enforce")),
        ];
        const first = firstRing(
          { firewall: "fw1", conduits: [] },
          undefined,
          undefined,
          "2026-03-01T02:00:00Z",
        );
        const second = keep(first, "p2", rulesOf("monitor"), monitor, "2026-03-02T02:00:00Z");
        const third = keep(second, "p3", rulesOf("enforce"), enforce, "2026-03-03T02:00:00Z");
        for (const ring of [first, second, third]) await writeRing(driver, ring, driver.absence);
        await driver.restore(enforce);
        const script = driver.pathOf(undoName);
        host.run(`sh ${script} 2`);
        expect(await stages()).toEqual(["dmz-cell1 monitor"]);
        await lastsAs(monitor);
        host.run(`sh ${script}`);
        expect(await stages()).toEqual(["dmz-cell1 enforce"]);
        host.run(`sh ${script} 1`);
        expect((await driver.read()).ownHash).toBe(sha256(""));
        expect((await driver.rehearseBoot()).ownHash).toBe(sha256(""));
        host.run(`echo >> ${driver.pathOf(textName(2))}`);
        expect(() => host.run(`sh ${script} 2 2>&1`)).toThrow();
        expect(() => host.run(`sh ${script} 9 2>&1`)).toThrow();
        expect((await driver.read()).ownHash).toBe(sha256(""));
      },
    );

    contract("the host's complaint about a text comes back, and a good text has none", async () => {
      const text = firewallText(conduitRules("enforce"));
      expect(await driver.check(text.replace("10.10.1.10", "10.10.1.1000"))).toBeTruthy();
      expect(await driver.check(text)).toBeUndefined();
      expect((await driver.read()).text).toBeUndefined();
    });

    contract("a line is left in the host's own log, whatever stands in it", async () => {
      const line = "journal entry 7 $(touch /tmp/owned) `x` -t other ' \" by eva";
      const heard = await (platform.listen ?? listenToLog)(host, 2);
      await driver.note(line);
      await driver.note("-p kern.emerg");
      // Facility user, severity notice (RFC 3164).
      expect((await heard()).map((text) => text.replace(/^<13>.*? sluice: /, ""))).toEqual([
        line,
        "-p kern.emerg",
      ]);
    });

    contract("the host tells its conntrack fill, its addresses, its clock and its disk", async () => {
      host.run("ip link add sluice0 type veth peer name sluice1; ip addr add 192.0.2.9/24 dev sluice0");
      const readings = await driver.readings();
      expect(readings.standing).toEqual(["sluice0 192.0.2.9/24"]);
      expect(Math.abs(readings.clock - Date.now() / 1000)).toBeLessThan(30);
      expect(readings.freeBytes).toBeGreaterThan(1_000_000);
      expect(readings.tracked?.limit).toBeGreaterThan(readings.tracked!.entries);
      host.run("ip addr del 192.0.2.9/24 dev sluice0");
      expect((await driver.readings()).standing).toEqual([]);
    });

    contract("a probe from the firewall tells an open port from a closed one", async () => {
      const server = host
        .run("ip link set lo up; python3 -m http.server 8099 --bind 127.0.0.1 > /dev/null 2>&1 & echo $!")
        .trim();
      const answers: string[] = [];
      for (let attempt = 0; attempt < 100 && answers.at(-1) !== "open"; attempt += 1) {
        answers.push(await driver.probe("127.0.0.1", 8099, 2));
        await sleep(100);
      }
      expect(answers.at(-1)).toBe("open");
      expect(await driver.probe("127.0.0.1", 8098, 2)).toBe("closed");
      host.run(`kill ${server}`);
    });

    contract(
      "a member of a pair would cut sessions that come back to it, and the way to mend it is said",
      async () => {
        const paired = target.driver(session, { ...host.paths, paired: true });
        const setting = "/proc/sys/net/netfilter/nf_conntrack_tcp_be_liberal";
        host.run(`mount -t proc none /proc; echo 0 > ${setting}`);
        expect((await driver.facts()).obstacles).toEqual([]);
        expect((await paired.facts()).obstacles).toEqual([
          expect.stringContaining("sysctl -w net.netfilter.nf_conntrack_tcp_be_liberal=1"),
        ]);
        host.run(`echo 1 > ${setting}`);
        expect((await paired.facts()).obstacles).toEqual([]);
      },
    );

    contract(
      "no session would outlive a reboot without loose pick-up, and the way to mend it is said",
      async () => {
        host.run("mount -t proc none /proc; echo 0 > /proc/sys/net/netfilter/nf_conntrack_tcp_loose");
        expect((await driver.facts()).obstacles).toEqual([
          expect.stringContaining("sysctl -w net.netfilter.nf_conntrack_tcp_loose=1"),
        ]);
      },
    );

    contract("small files of ours are kept whole, and one that is not there is absent", async () => {
      expect(await driver.readFile("known-good/current")).toBeUndefined();
      await driver.writeFile("known-good/current", "0002\n");
      expect(await driver.readFile("known-good/current")).toBe("0002\n");
    });
    test("what cannot hold here is part of the contract", () => {
      expect(Object.keys(lacks).filter((what) => !named.has(what))).toEqual([]);
    });
  });
}
