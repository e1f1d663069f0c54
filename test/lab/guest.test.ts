import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { isGood } from "../../src/lab/poll-log.ts";
import { type Bench, monitored, setRight, untilAllAnswer } from "./faults/bench.ts";
import { platforms } from "./faults/platforms.ts";
import { playRow } from "./faults/row.ts";
import { makePlan } from "./faults/site.ts";
import { isWhole } from "./faults/whole.ts";
import { day, guestFaults, setClock } from "./guest/faults.ts";
import { type GuestLab, startGuestLab } from "./guest/guest-lab.ts";
import { missingForGuest } from "./guest/requirements.ts";
import { type GuestRow, guestRows } from "./guest/rows.ts";
import { labMissing, needingLab } from "./lab-fixture.ts";

const missing = labMissing || (missingForGuest ?? "");
/** Nothing is held up here, and a shell before each command would cost a processor that is a program too much. */
const platform = { ...platforms.nftables, wrapped: [] };
const forbidden = "workstation-plc1";

describe.skipIf(missing)(
  needingLab("a firewall that is a machine of its own", missing),
  { timeout: 240_000 },
  () => {
    let bench: Bench & { readonly lab: GuestLab };
    beforeAll(async () => {
      bench = await monitored(await startGuestLab("--decided"), platform);
    }, 240_000);
    beforeEach(() => setClock(bench.lab, 0));
    afterAll(() => bench?.lab.down(), 60_000);

    test("[slow] a clock that is a day off is told before anything is changed", async () => {
      const { lab } = bench;
      await setRight(bench);
      await makePlan(lab, "enforce", "skewed.plan");
      for (const [seconds, words] of [
        [day, /the firewall's clock is 8\d{4} s ahead of this machine's/],
        [-day, /the firewall's clock is 8\d{4} s behind this machine's/],
      ] as const) {
        await setClock(lab, seconds);
        const { code, stderr } = await lab.on("laptop", "sluice apply skewed.plan");
        expect(code).toBe(guestRows.skewed.outcome.apply);
        expect(stderr).toMatch(words);
      }
      bench.unused.push("skewed.plan");
      expect(await platform.hash(lab)).toBe(bench.previous);
    });

    for (const name of ["clock", "pause", "power"] as const) {
      const { what, outcome, always }: GuestRow = guestRows[name];
      if (!always && !isWhole) continue;
      test(`[slow] in a trial: ${what}`, async () => {
        const neverConfirmed = (): never => expect.unreachable("nothing is confirmed here");
        const fault = guestFaults(bench.lab)[name];
        await playRow(bench, { moment: "soak", fault, outcome }, neverConfirmed);
      });
    }

    test("[slow] each dead man keeps its time, however the kernel's clock jumps meanwhile", async () => {
      const { lab } = bench;
      let drilled = false;
      const drill = lab.engineer("sluice drill fw1").finally(() => {
        drilled = true;
      });
      let jumps = 0;
      for (; !drilled; jumps += 1) {
        await setClock(lab, jumps % 2 === 0 ? day : -day);
        await Promise.race([sleep(500), drill]);
      }
      expect(jumps).toBeGreaterThan(4);
      expect(await drill).toMatch(/lease in the kernel[\s\S]*timer of its init system/);
    });

    test("[slow] what was confirmed is enforced after a power failure, by the host's own boot", async () => {
      const { lab } = bench;
      await setRight(bench);
      const plan = bench.unused.pop() ?? (await makePlan(lab, "enforce", "persisted.plan"));
      await lab.engineer(`sluice apply ${plan} --confirm-after-soak`);
      const confirmed = await platform.hash(lab);
      expect(confirmed).not.toBe(bench.previous);
      const polled = lab.polls(forbidden).length;
      // At once: nothing has had the time to reach the disk by itself.
      await lab.machine.reset();
      expect(await platform.hash(lab)).toBe(confirmed);
      await untilAllAnswer(bench);
      expect(await lab.engineer("sluice status")).toContain("it-cell1: enforce");
      const since = lab.polls(forbidden).slice(polled);
      expect(since.length).toBeGreaterThan(0);
      expect(since.filter(isGood)).toEqual([]);
    });
  },
);
