import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingForPair, type PairBench, startApply, startPair } from "../support/pair-bench.ts";
import { failOverAndAbort } from "./pair/failover.ts";

const missing = missingForPair("nftables");

/** Two real firewalls side by side; traffic goes through the one that has the gateway's addresses. */
describe.skipIf(missing)(
  `a high-availability pair${missing ? ` (skipped: needs ${missing})` : ""}`,
  { timeout: 180_000 },
  () => {
    let bench: PairBench;
    beforeAll(async () => {
      bench = await startPair("nftables");
    }, 60_000);
    afterAll(() => bench.stop());

    test("[slow] is planned and applied conduit by conduit, the standby first, each plan on top of the one before", async () => {
      const { sluice, stages } = bench;
      const planned = await sluice("plan dmz-cell1 dmz-cell2 --to monitor -o night.plan --json");
      expect(JSON.parse(planned.stdout).plans).toMatchObject([
        { conduit: "dmz-cell1", firewall: "fw2", file: "night.1.plan" },
        { conduit: "dmz-cell1", firewall: "fw1", file: "night.2.plan" },
        { conduit: "dmz-cell2", firewall: "fw2", file: "night.3.plan" },
        { conduit: "dmz-cell2", firewall: "fw1", file: "night.4.plan" },
      ]);
      const files = [1, 2, 3, 4].map((number) => `night.${number}.plan`);
      await bench.approve(...files);
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
      expect(bench.missed()).toBe(0);
    });

    test("[slow] meets the same rules after a failover in the middle of a trial, and both members go back together", async () => {
      const { sluice, stages, peers } = bench;
      const [poll, forbidden] = [await peers.open(502), await peers.open(9999)];
      expect(await peers.ask(forbidden!)).toBe(true);
      const both = "plan dmz-cell1 dmz-cell2 --to enforce -o day.plan";
      expect((await sluice(`${both} --accept coverage=Minutes`)).stderr).toContain(
        'say for which one "coverage" is accepted: --accept "dmz-cell1/coverage=REASON"',
      );
      expect((await sluice("plan dmz-cell1 --to enforce -o day.plan --accept coverage=Minutes")).code).toBe(
        0,
      );
      await bench.approve("day.1.plan", "day.2.plan");
      const applying = startApply(bench, "day.1.plan day.2.plan");
      await applying.reached("fw1", "trial");
      expect(await stages()).toContain("fw2 dmz-cell1 trial enforce");
      expect((await sluice("confirm day.1.plan")).stderr).toContain("it is confirmed together with it");
      expect(await peers.ask(forbidden!)).toBe(false);
      await failOverAndAbort(bench, applying, { poll: poll!, forbidden: forbidden! });
      expect(await stages()).toEqual([
        "fw1 dmz-cell1 monitor",
        "fw1 dmz-cell2 monitor",
        "fw2 dmz-cell1 monitor",
        "fw2 dmz-cell2 monitor",
      ]);
      expect(bench.missed()).toBe(0);
    });

    test("[slow] is confirmed together, and rolled back member by member", async () => {
      const { sluice, stages, hosts } = bench;
      expect((await sluice("plan dmz-cell1 --to enforce -o again.plan --accept coverage=Minutes")).code).toBe(
        0,
      );
      await bench.approve("again.1.plan", "again.2.plan");
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
      expect(bench.missed()).toBe(0);
      expect((await sluice("journal verify --site site.yaml")).code).toBe(0);
    });
  },
);
