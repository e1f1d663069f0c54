import { afterAll, describe, expect, test } from "vitest";
import { missingFor, needingLab } from "../lab-fixture.ts";
import { type Bench, startBench } from "./bench.ts";
import { type FaultName, faults, missingForClock } from "./faults.ts";
import { cells, isInEachRun } from "./matrix.ts";
import { moments } from "./moments.ts";
import type { Platform } from "./platforms.ts";
import { playRow } from "./row.ts";
import { isWhole } from "./whole.ts";

/** Real faults at chosen moments of real rollouts: real sshd, real rules, real Modbus sessions that were open before. */
export function faultSuite(platform: Platform, labs: number): void {
  const missing = missingFor(platform.target);
  describe.skipIf(missing)(
    needingLab(`whatever goes wrong, and whenever, on ${platform.target}`, missing),
    () => {
      const pool = createPool(labs, () => startBench(platform));
      afterAll(() => pool.end(), 60_000);
      let confirmedHash: string | undefined;
      const confirmed = (hash: string): void => {
        confirmedHash ??= hash;
        expect(hash, "the stage that was confirmed").toBe(confirmedHash);
      };
      for (const cell of cells(platform.target)) {
        if (!isWhole && !isInEachRun(platform.target, cell)) continue;
        const lacking = needs(cell.fault);
        const name = `[slow] ${moments[cell.moment].state}: ${faults[cell.fault].name}`;
        test.skipIf(lacking).concurrent(
          lacking ? `${name} (skipped, missing: ${lacking})` : name,
          // It may wait for a lab behind rows that fail as slowly as they can.
          { timeout: 600_000 },
          () => pool.use((bench) => playRow(bench, { ...cell, fault: faults[cell.fault] }, confirmed)),
        );
      }
    },
  );
}

const needs = (fault: FaultName): string | undefined =>
  fault === "clock" || fault === "laptop" ? missingForClock : undefined;

/**
 * So many labs at most, each with one row at a time. A row that fails takes its lab with it, so that it cannot fail others.
 */
function createPool(size: number, start: () => Promise<Bench>) {
  const running = new Set<Bench>();
  const idle: Bench[] = [];
  const waiting: (() => void)[] = [];
  let taken = 0;
  const begin = async (): Promise<Bench> => {
    const bench = await start();
    running.add(bench);
    return bench;
  };
  const end = async (bench: Bench): Promise<void> => {
    running.delete(bench);
    await bench.lab.down();
  };
  return {
    async use(row: (bench: Bench) => Promise<void>): Promise<void> {
      while (taken >= size) await new Promise<void>((resolve) => waiting.push(resolve));
      taken += 1;
      try {
        const bench = idle.pop() ?? (await begin());
        try {
          await row(bench);
          idle.push(bench);
        } catch (error) {
          await end(bench);
          throw error;
        }
      } finally {
        taken -= 1;
        waiting.shift()?.();
      }
    },
    end: () => Promise.all([...running].map(end)),
  };
}
