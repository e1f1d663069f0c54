import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ended, sluice as runSluice } from "../support/command.ts";
import { type FirewallHost, missingForFirewall, startFirewallHost } from "../support/firewall-host.ts";
import { type PairedPeers, pairedPeers } from "../support/routed-peers.ts";
import { makeKey, missingForSshd, type Sshd, startSshdOf } from "../support/sshd.ts";

const missing = missingForFirewall ?? missingForSshd;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Two real firewalls side by side; traffic goes through the one that has the gateway's addresses. */
describe.skipIf(missing)(
  `a high-availability pair${missing ? ` (skipped: needs ${missing})` : ""}`,
  { timeout: 180_000 },
  () => {
    let hosts: readonly [FirewallHost, FirewallHost];
    let sshds: readonly Sshd[];
    let peers: PairedPeers;
    let folder: string;
    let polling: ReturnType<typeof pollEvery>;
    beforeAll(async () => {
      hosts = [startFirewallHost(), startFirewallHost()];
      peers = await pairedPeers(hosts);
      sshds = await Promise.all(hosts.map(startSshdOf));
      folder = mkdtempSync(join(tmpdir(), "sluice-site-"));
      mkdirSync(join(folder, "baseline"));
      cpSync(sshds[0]!.identity, join(folder, "eva"));
      cpSync(`${sshds[0]!.identity}.pub`, join(folder, "eva.pub"));
      appendFileSync(join(sshds[1]!.folder, "authorized_keys"), readFileSync(join(folder, "eva.pub")));
      makeKey(join(folder, "olaf"));
      writeFileSync(join(folder, "baseline/seen.json"), JSON.stringify(baseline));
      writeFileSync(join(folder, "site.yaml"), site());
      polling = pollEvery((await peers.open(502))!);
    }, 60_000);
    afterAll(async () => {
      await polling.stop();
      peers.stop();
      for (const sshd of sshds) sshd.stop();
      for (const host of hosts) host.stop();
      rmSync(folder, { recursive: true });
    });

    const key = (name: string): string => readFileSync(join(folder, `${name}.pub`), "utf8").trim();
    const firewall = (index: 0 | 1): string => `  fw${index + 1}:
    target: nftables
    address: 127.0.0.1
    ssh: { user: root, port: ${sshds[index]!.port}, host-keys: ["${sshds[index]!.hostKey}"] }
    boot-file: ${hosts[index].paths.bootFile}
    boot-entry: ${hosts[index].paths.bootEntry}
    high-availability: { peer: fw${2 - index}, role: ${index === 0 ? "primary" : "standby"} }
`;
    const site = (): string => `sluice: 1
site: { name: Test, timezone: UTC }
people:
  eva: { name: Eva, roles: [engineer, operator], keys: ["${key("eva")}"] }
  olaf: { name: Olaf, roles: [approver], keys: ["${key("olaf")}"] }
zones:
  dmz: { level: 3, sl-target: 2, networks: [10.20.1.0/24] }
  cell1: { level: 1, sl-target: 2, networks: [10.10.1.0/24] }
  cell2: { level: 1, sl-target: 2, networks: [10.10.2.0/24] }
conduits:
  dmz-cell1:
    zones: [dmz, cell1]
    firewalls: [fw1, fw2]
    permits:
      poll:
        initiators: [10.20.1.10]
        responders: [10.10.1.10]
        services: [tcp/502]
        reason: The process needs it.
        owner: eva
        evidence: baseline/seen.json
        critical: true
    denied:
      rest: { initiators: [10.20.1.10], responders: [10.10.1.10], services: [tcp/9999], reason: Nobody needs it. }
  dmz-cell2:
    zones: [dmz, cell2]
    firewalls: [fw1, fw2]
    permits:
      poll: { initiators: [10.20.1.10], responders: [10.10.2.10], services: [tcp/502], reason: It is to come. }
firewalls:
${firewall(0)}${firewall(1)}criteria:
  dropped: { type: flow-dropped, interval: 1s }
approvals:
  monitor: { count: 1, roles: [approver] }
  enforce: { count: 1, roles: [approver] }
trial: { lease: 10s, renew-every: 1s, soak: 2s, maximum: 1m, reserve: 1s }
`;
    const sluice = (line: string, who = "eva"): Promise<Ended> => {
      const identity = line.startsWith("journal") ? [] : ["--identity", join(folder, who)];
      return runSluice(folder, [...line.split(" "), ...identity], undefined, () => new Date());
    };
    const stages = async (): Promise<readonly string[]> => {
      const { stdout } = await sluice("status --json");
      return (JSON.parse(stdout).firewalls as { firewall: string; live: { conduits: Stage[] } }[]).flatMap(
        (one) => one.live.conduits.map((conduit) => `${one.firewall} ${text(conduit)}`),
      );
    };
    const text = ({ conduit, stage, trial }: Stage): string => `${conduit} ${trial ? "trial " : ""}${stage}`;
    const approved = async (...files: readonly string[]): Promise<void> => {
      expect((await sluice(`approve ${files.join(" ")}`, "olaf")).code).toBe(0);
    };
    const untilStage = async (wanted: string, applying: Promise<Ended>): Promise<void> => {
      let early: Ended | undefined;
      void applying.then((ended) => {
        early = ended;
      });
      while (!(await stages()).includes(wanted)) {
        if (early) throw new Error(`it ended before: ${early.stdout}${early.stderr}`);
        await sleep(200);
      }
    };

    test("[slow] is planned and applied conduit by conduit, the standby first, each plan on top of the one before", async () => {
      const planned = await sluice("plan dmz-cell1 dmz-cell2 --to monitor -o night.plan --json");
      expect(JSON.parse(planned.stdout).plans).toMatchObject([
        { conduit: "dmz-cell1", firewall: "fw2", file: "night.1.plan" },
        { conduit: "dmz-cell1", firewall: "fw1", file: "night.2.plan" },
        { conduit: "dmz-cell2", firewall: "fw2", file: "night.3.plan" },
        { conduit: "dmz-cell2", firewall: "fw1", file: "night.4.plan" },
      ]);
      const files = [1, 2, 3, 4].map((number) => `night.${number}.plan`);
      await approved(...files);
      const half = await sluice("apply night.2.plan --confirm-after-soak");
      expect(half.stderr).toContain("fw1 is a pair with fw2. Both plans of dmz-cell1 are applied together");
      const early = await sluice("apply night.3.plan night.4.plan --confirm-after-soak");
      expect(early.code).toBe(1);
      expect(early.stderr).toContain("which goes before this one: apply that one first");
      expect(early.stdout).toContain("night.4.plan: dmz-cell2 on fw1 to monitor: NOT BEGUN");
      expect(await stages()).toEqual([]);

      const applied = await sluice(`apply ${files.join(" ")} --confirm-after-soak --json`);
      expect(applied.code).toBe(0);
      expect(JSON.parse(applied.stdout)).toMatchObject({
        rollouts: [{ state: "done" }, { state: "done" }, { state: "done" }, { state: "done" }],
        notBegun: [],
      });
      expect(await stages()).toEqual([
        "fw1 dmz-cell1 monitor",
        "fw1 dmz-cell2 monitor",
        "fw2 dmz-cell1 monitor",
        "fw2 dmz-cell2 monitor",
      ]);
      expect(polling.missed()).toBe(0);
    });

    test("[slow] meets the same rules after a failover in the middle of a trial, and both members go back together", async () => {
      const [poll, forbidden] = [await peers.open(502), await peers.open(9999)];
      expect(await peers.ask(forbidden!)).toBe(true);
      const both = "plan dmz-cell1 dmz-cell2 --to enforce -o day.plan";
      expect((await sluice(`${both} --accept coverage=Minutes`)).stderr).toContain(
        'say for which one "coverage" is accepted: --accept "dmz-cell1/coverage=REASON"',
      );
      expect((await sluice("plan dmz-cell1 --to enforce -o day.plan --accept coverage=Minutes")).code).toBe(
        0,
      );
      await approved("day.1.plan", "day.2.plan");
      const applying = sluice("apply day.1.plan day.2.plan");
      await untilStage("fw1 dmz-cell1 trial enforce", applying);
      expect(await stages()).toContain("fw2 dmz-cell1 trial enforce");
      expect((await sluice("confirm day.1.plan")).stderr).toContain("it is confirmed together with it");
      expect(await peers.ask(forbidden!)).toBe(false);
      peers.failover(1);
      expect(await peers.ask(poll!)).toBe(true);
      expect(await peers.ask(forbidden!)).toBe(false);
      expect(await peers.open(9999)).toBeUndefined();
      peers.failover(0);
      expect(await peers.ask(poll!)).toBe(true);
      expect((await sluice("abort fw1")).code).toBe(0);
      const { code, stdout } = await applying;
      expect(code).toBe(3);
      expect(stdout).toMatch(/on fw2 to enforce: back: .*the primary fw1[\s\S]*on fw1 to enforce: back: /);
      expect(await stages()).toEqual([
        "fw1 dmz-cell1 monitor",
        "fw1 dmz-cell2 monitor",
        "fw2 dmz-cell1 monitor",
        "fw2 dmz-cell2 monitor",
      ]);
      expect(polling.missed()).toBe(0);
    });

    test("[slow] is confirmed together, and rolled back member by member", async () => {
      expect((await sluice("plan dmz-cell1 --to enforce -o again.plan --accept coverage=Minutes")).code).toBe(
        0,
      );
      await approved("again.1.plan", "again.2.plan");
      const applied = await sluice("apply again.1.plan again.2.plan --confirm-after-soak");
      expect(applied.code).toBe(0);
      expect(await stages()).toEqual([
        "fw1 dmz-cell1 enforce",
        "fw1 dmz-cell2 monitor",
        "fw2 dmz-cell1 enforce",
        "fw2 dmz-cell2 monitor",
      ]);
      expect((await sluice("known-good pin fw1 2 --reason Audit")).code).toBe(0);
      const kept = JSON.parse((await sluice("known-good list fw1 --json")).stdout);
      expect(
        kept.entries.map((entry: { number: number; text: string }) => `${entry.number} ${entry.text}`),
      ).toEqual([...["1 whole", "2 whole", "3 whole", "4 whole"]]);
      expect(kept.entries[1].pinned).toMatchObject({ by: "eva", reason: "Audit" });
      hosts[0].run("echo >> /var/lib/sluice/known-good/0002.rules");
      const changed = await sluice("known-good list fw1");
      expect([changed.code, changed.stdout]).toEqual([1, expect.stringContaining("ITS TEXT IS CHANGED")]);
      expect((await sluice("known-good mend fw1")).code).toBe(0);
      expect((await sluice("known-good list fw1")).code).toBe(0);
      expect((await sluice("known-good unpin fw1 2")).code).toBe(0);
      // A file that was damaged takes the way back from nobody.
      hosts[0].run("truncate -s 1000 /var/lib/sluice/known-good/index.json");
      const damaged = await sluice("known-good list fw1 --json");
      expect([damaged.code, JSON.parse(damaged.stdout).damage]).toEqual([
        1,
        expect.stringContaining("index.json on the firewall is changed"),
      ]);
      expect((await sluice("rollback fw1")).code).toBe(0);
      expect((await sluice("known-good list fw1")).code).toBe(0);
      expect((await sluice("rollback fw2")).code).toBe(0);
      expect(await stages()).not.toContain("fw2 dmz-cell1 enforce");
      expect(polling.missed()).toBe(0);
      expect((await sluice("journal verify --site site.yaml")).code).toBe(0);
    });

    /** Asks in a session all the time, as the process does, and counts the requests that had no answer. */
    function pollEvery(session: number): { missed(): number; stop(): Promise<void> } {
      let [missed, running] = [0, true];
      const loop = (async () => {
        while (running) {
          if (!(await peers.ask(session))) missed += 1;
          await sleep(100);
        }
      })();
      return {
        missed: () => missed,
        async stop() {
          running = false;
          await loop;
        },
      };
    }
  },
);

interface Stage {
  readonly conduit: string;
  readonly stage: string;
  readonly trial?: object;
}

const baseline = {
  schema: "sluice/baseline",
  version: 1,
  sources: [],
  flows: [
    {
      ...{ family: 4, initiator: "10.20.1.10", responder: "10.10.1.10", protocol: 6, port: 502 },
      ...{ connections: 1, packets: 100, bytes: 8000, evidence: "syn", confidence: 1, answered: true },
      firstSeen: "2026-03-01T00:00:00.000Z",
      lastSeen: "2026-03-01T01:00:00.000Z",
    },
  ],
};
