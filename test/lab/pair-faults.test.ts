import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { atConsole, missingForPair, type PairBench, startApply, startPair } from "../support/pair-bench.ts";
import { isWhole } from "./faults/whole.ts";
import { lease, planned, play, takeBack } from "./pair/play.ts";
import { faultOf, momentOf, rows } from "./pair/rows.ts";

const kinds = isWhole ? (["nftables", "iptables"] as const) : (["nftables"] as const);

/** Two real firewalls, a real sshd on each at the end of a cable of its own, and a session that must go on. */
for (const kind of kinds) {
  const missing = missingForPair(kind);
  const title = `whatever goes wrong with a pair of ${kind}`;
  describe.skipIf(missing)(
    missing ? `${title} (skipped: needs ${missing})` : title,
    { timeout: 180_000 },
    () => {
      let bench: PairBench;
      beforeAll(async () => {
        bench = await startPair(kind, { lease, criteria: "  moved: { type: ha-event, interval: 1s }\n" });
        const applied = await bench.sluice(
          `apply ${await planned(bench, "monitor", "first")} --confirm-after-soak`,
        );
        expect(applied.code, applied.stderr).toBe(0);
      }, 90_000);
      afterAll(() => bench.stop());
      beforeEach(() => {
        for (const cable of bench.cables) cable.plug();
      });

      for (const row of rows.filter(({ always }) => isWhole || always)) {
        const outcome = row.stages.map((stage, index) => `fw${index + 1} ${stage}`).join(", ");
        test(`[slow] ${momentOf(row).name}, ${faultOf(row).name}: ${outcome}`, async () => {
          await takeBack(bench);
          await play(bench, row);
        });
      }

      test("[slow] that was split is made whole by a plan for the one that lacks the stage, applied alone", async () => {
        const { sluice } = bench;
        const again = await sluice("plan dmz-cell1 --to enforce -o rest.plan --accept coverage=Minutes");
        expect(again.code, again.stderr).toBe(0);
        expect(again.stderr).toContain("dmz-cell1 is in enforce on fw1 with these rules: nothing to do");
        await bench.approve("rest.1.plan");
        const applied = await sluice("apply rest.1.plan --confirm-after-soak");
        expect(applied.code, applied.stderr).toBe(0);
        const { stdout } = await sluice("status");
        expect(stdout).not.toContain("SPLIT");
        expect(stdout.match(/dmz-cell1: enforce/g)).toHaveLength(2);
        expect(bench.missed()).toBe(0);
      });

      test("[slow] a bypass and an isolation reach the member that can be reached, and say of which one not", async () => {
        const { sluice, cables, peers } = bench;
        cables[0].pull();
        const bypassed = await sluice("bypass dmz-cell1 --reason fault --for 5m --json");
        expect(bypassed.code, bypassed.stderr).toBe(4);
        expect(JSON.parse(bypassed.stdout).firewalls).toMatchObject([
          { firewall: "fw1", kind: "refused" },
          { firewall: "fw2", kind: "taken", until: expect.any(String) },
        ]);
        expect(bypassed.stderr).toMatch(/fw1: .*cannot reach/);
        expect(bypassed.stderr).toContain("THE PAIR MAY BE SPLIT: fw2 has done it and fw1 has not");
        cables[0].plug();
        expect((await sluice("status")).stdout).toContain(
          "THE PAIR fw1 and fw2 IS SPLIT: a failover changes what passes. dmz-cell1 is enforce on fw1, monitor on trial on fw2",
        );
        expect((await sluice("abort fw2")).code).toBe(0);

        cables[1].pull();
        const isolated = await sluice("isolate cell1 --reason worm --for 5m");
        expect(isolated.code, isolated.stdout).toBe(4);
        expect(isolated.stdout).toMatch(
          /fw1: zone cell1 is isolated for 5m[\s\S]*fw2: REFUSED: .*cannot reach/,
        );
        expect(isolated.stderr).toContain("THE PAIR MAY BE SPLIT: fw1 has done it and fw2 has not");
        expect(await peers.open(502)).toBeUndefined();
        cables[1].plug();
        const repeated = await sluice("isolate cell1 --reason worm --for 5m");
        expect(repeated.code, repeated.stdout).toBe(0);
        expect(repeated.stdout).toMatch(
          /fw1: zone cell1 is isolated already[\s\S]*fw2: zone cell1 is isolated for 5m/,
        );
        peers.failover(1);
        expect(await peers.open(502)).toBeUndefined();
        peers.failover(0);
        expect((await sluice("isolate cell1 --reason over --end")).code).toBe(0);
        expect(await peers.open(502)).toBeDefined();
        expect((await sluice("journal verify --site site.yaml")).code).toBe(0);
      });

      test.skipIf(!isWhole)(
        "[slow] an isolation in the middle of a trial ends the trial of both",
        async () => {
          const { sluice } = bench;
          await takeBack(bench);
          const applying = startApply(bench, `${await planned(bench, "enforce", "isolated")}`);
          await applying.reached("fw1", "trial");
          const isolated = await sluice("isolate cell1 --reason worm --for 5m");
          expect(isolated.code, isolated.stdout).toBe(0);
          const ended = await applying.ended;
          expect(ended.code, ended.stdout).toBe(3);
          for (const index of [0, 1] as const) {
            expect((await atConsole(bench, index)).toSorted()).toEqual([
              "dmz-cell1 monitor",
              "island-cell1 trial enforce",
            ]);
          }
          expect((await sluice("isolate cell1 --reason over --end")).code).toBe(0);
          expect((await sluice("status")).stdout).not.toMatch(/SPLIT|ON TRIAL/);
        },
      );

      test.skipIf(!isWhole)(
        "[slow] whose standby has another clock, or lost its known-goods, is not begun; what the primary lacks ends the standby's trial",
        async () => {
          const { sluice, hosts } = bench;
          await takeBack(bench);
          const [before, both] = [await bench.stages(), await planned(bench, "enforce", "clock")];
          hosts[1].run(`mount -t tmpfs none /usr/local/sbin
        printf '#!/bin/sh\\nexec /usr/bin/date -d "10 minutes" "$@"\\n' > /usr/local/sbin/date
        chmod 755 /usr/local/sbin/date`);
          const late = await sluice(`apply ${both}`);
          hosts[1].run("umount /usr/local/sbin");
          expect(late.code, late.stdout).toBe(1);
          expect(late.stdout).toMatch(
            /on fw2 to enforce: refused.*\n.*clock is \d+ s ahead[\s\S]*fw1 to enforce: NOT BEGUN/,
          );

          hosts[1].run("mv /var/lib/sluice/known-good /var/lib/kept");
          const lost = await sluice(`apply ${both}`);
          hosts[1].run("mv /var/lib/kept /var/lib/sluice/known-good");
          expect(lost.code, lost.stdout).toBe(1);
          expect(lost.stdout).toMatch(
            /on fw2 to enforce: refused.*\n.*no known-good says where they come from[\s\S]*NOT BEGUN/,
          );

          hosts[0].run("mv /var/lib/sluice/known-good /var/lib/kept");
          const half = await sluice(`apply ${both}`);
          hosts[0].run("mv /var/lib/kept /var/lib/sluice/known-good");
          expect(half.code, half.stdout).toBe(3);
          expect(half.stdout).toMatch(
            /on fw2 to enforce: back: .*the primary fw1: refused[\s\S]*on fw1 to enforce: refused/,
          );
          expect(await bench.stages()).toEqual(before);
        },
      );
    },
  );
}
