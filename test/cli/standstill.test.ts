import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { tellStandstill } from "../../src/cli/rollout/standstill.ts";
import { wakingClock } from "../../src/cli/rollout/waking-clock.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("the clock of a rollout goes on while the machine sleeps, exactly and never back", () => {
  let [awake, asleep] = [1_000, 0];
  // What the system says goes in coarse steps.
  const always = (): number => Math.floor((awake + asleep + 77) * 100) / 100;
  const now = wakingClock({ awake: () => awake, always });
  const start = now();
  awake += 1.234_567;
  expect(now() - start).toBeCloseTo(1.234_567, 9);
  asleep += 90;
  awake += 0.5;
  expect(now() - start).toBeCloseTo(91.734_567, 1);
  const before = now();
  awake += 0.000_1;
  expect(now() - before).toBeCloseTo(0.000_1, 9);
  asleep += 30;
  expect(now() - before).toBeCloseTo(30, 1);
});

test("whoever opens the laptop again is told for how long the program stood still, and a busy machine is not called asleep", () => {
  let now = 50;
  const told: string[] = [];
  const stop = tellStandstill(
    () => now,
    (line) => told.push(line),
  );
  const pass = (seconds: number): void => {
    now += seconds;
    vi.advanceTimersByTime(1_000);
  };
  pass(1);
  pass(2.5);
  expect(told).toEqual([]);
  pass(16);
  expect(told).toEqual([
    "this program stood still for 15 s (was the laptop asleep?); the firewall did not wait for it",
  ]);
  pass(1);
  stop();
  pass(99);
  expect(told).toHaveLength(1);
});
