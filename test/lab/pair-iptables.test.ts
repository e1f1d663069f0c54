import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingForPair, type PairBench, startApply, startPair } from "../support/pair-bench.ts";
import { isWhole } from "./faults/whole.ts";
import { failOverAndAbort } from "./pair/failover.ts";

const missing = missingForPair("iptables");

/** The same pair, of hosts that filter with iptables. */
describe.skipIf(missing)(
  `a high-availability pair of iptables${missing ? ` (skipped: needs ${missing})` : ""}`,
  { timeout: 180_000 },
  () => {
    let bench: PairBench;
    beforeAll(async () => {
      bench = await startPair("iptables");
    }, 60_000);
    afterAll(() => bench.stop());

    const both = (stage: string): readonly string[] => [`fw1 dmz-cell1 ${stage}`, `fw2 dmz-cell1 ${stage}`];
    const planned = async (to: string, name: string): Promise<string> => {
      const accepted = to === "enforce" ? " --accept coverage=Minutes" : "";
      const { code, stderr } = await bench.sluice(`plan dmz-cell1 --to ${to} -o ${name}.plan${accepted}`);
      expect(code, stderr).toBe(0);
      await bench.approve(`${name}.1.plan`, `${name}.2.plan`);
      return `${name}.1.plan ${name}.2.plan`;
    };

    test("[slow] is taken to monitor, and nothing has drifted afterwards", async () => {
      const { sluice, stages } = bench;
      const applied = await sluice(`apply ${await planned("monitor", "night")} --confirm-after-soak`);
      expect(applied.code, applied.stderr).toBe(0);
      expect(await stages()).toEqual(both("monitor"));
      const drift = await sluice("drift");
      expect(drift.code, drift.stdout).toBe(0);
      expect(bench.missed()).toBe(0);
    });

    test.skipIf(!isWhole)(
      "[slow] drops the same after a failover in the middle of a trial, and goes back together when it is aborted",
      async () => {
        const { stages, peers } = bench;
        const [poll, forbidden] = [await peers.open(502), await peers.open(9999)];
        expect(await peers.ask(forbidden!)).toBe(true);
        const applying = startApply(bench, await planned("enforce", "day"));
        await applying.reached("fw1", "trial");
        expect(await stages()).toContain("fw2 dmz-cell1 trial enforce");
        await failOverAndAbort(bench, applying, { poll: poll!, forbidden: forbidden! });
        expect(await stages()).toEqual(both("monitor"));
        expect(bench.missed()).toBe(0);
      },
    );

    test("[slow] is confirmed together from another session, and rolled back member by member", async () => {
      const { sluice, stages } = bench;
      const applying = startApply(bench, await planned("enforce", "again"));
      await applying.reached("fw1", "soaked");
      const confirmed = await sluice("confirm again.2.plan");
      expect(confirmed.code, confirmed.stderr).toBe(0);
      const applied = await applying.ended;
      expect(applied.code, applied.stderr).toBe(0);
      expect(await stages()).toEqual(both("enforce"));
      expect((await sluice("drift")).code).toBe(0);
      expect((await sluice("rollback fw1")).stdout).toContain("fw1 is a pair with fw2: ");
      expect((await sluice("rollback fw2")).code).toBe(0);
      expect(await stages()).toEqual(both("monitor"));
      expect(bench.missed()).toBe(0);
      expect((await sluice("journal verify --site site.yaml")).code).toBe(0);
    });
  },
);
