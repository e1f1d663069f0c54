import { describe, expect, test } from "vitest";
import { type Estimate, estimate } from "../../src/baseline/coverage/estimate.ts";
import { judge } from "../../src/baseline/coverage/verdict.ts";

// Plants whose truth is known: how often each flow comes is drawn, then cycle after cycle, and the verdict is held
// against what the next cycle would really bring. Everything is made from seeds.

/** Uniform in [0, 1) (mulberry32). */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The chance of each flow to come in a cycle: that of regular ones is 1. */
type Plant = (draw: () => number) => readonly ((cycle: number) => number)[];

const regular = (count: number): ReturnType<Plant> => Array.from({ length: count }, () => () => 1);
const rare = (count: number, chance: () => number): ReturnType<Plant> =>
  Array.from({ length: count }, () => {
    const fixed = chance();
    return () => fixed;
  });
const onDays = (count: number, draw: () => number, period: number): ReturnType<Plant> =>
  Array.from({ length: count }, () => {
    const day = Math.floor(draw() * period);
    return (cycle) => (cycle % period === day ? 1 : 0);
  });

const plants: Readonly<Record<string, Plant>> = {
  "with some rare flows": (draw) => [...regular(10), ...rare(5, () => 10 ** (-3 + 2.5 * draw()))],
  "with many rare flows": (draw) => [...regular(10), ...rare(20, () => 10 ** (-3 + 2.5 * draw()))],
  "whose flows are missed often": (draw) => [...regular(5), ...rare(15, () => 0.05 + 0.3 * draw())],
  "with ten flows a month": () => [...regular(10), ...rare(10, () => 0.025)],
  "with hundreds of alarms a year": () => [...regular(5), ...rare(250, () => 0.001)],
  "with weekly flows": (draw) => [...regular(10), ...onDays(5, draw, 7)],
};
/** Here cycles are not alike, and the observation is shorter than what repeats itself. */
const monthly: Plant = (draw) => [...regular(10), ...onDays(3, draw, 30)];

interface Look {
  readonly estimate: Estimate;
  readonly isReady: boolean;
  readonly unseen: number;
  /** Of the flows of the next cycle, the share that is known. */
  readonly coverage: number;
  /** The chance that the next cycle brings a new one. */
  readonly chance: number;
}

const quality = { missing: 0, length: 86_400, still: 0, lost: 0, ambiguous: 0, unanswered: 0 };

/** What a plant shows when it is looked at after so many cycles. */
function* looks(plant: Plant, seed: number, after: readonly number[]): Generator<Look> {
  const draw = random(seed);
  const flows = plant(draw);
  const begin = Math.floor(draw() * 210);
  const seen = flows.map(() => new Set<number>());
  for (let cycle = 0; cycle < after.at(-1)!; cycle += 1) {
    for (const [place, chance] of flows.entries())
      if (draw() < chance(begin + cycle)) seen[place]!.add(cycle);
    const cycles = cycle + 1;
    if (!after.includes(cycles)) continue;
    const next = flows.map((chance) => chance(begin + cycles));
    const known = next.filter((_, place) => seen[place]!.size > 0);
    const missed = next.filter((_, place) => seen[place]!.size === 0);
    const sum = (chances: readonly number[]): number => chances.reduce((total, chance) => total + chance, 0);
    const found = estimate(
      seen.filter(({ size }) => size > 0),
      cycles,
    );
    yield {
      estimate: found,
      isReady: judge(found, { ...quality, time: cycles * 86_400, whole: cycles }).every(({ met }) => met),
      unseen: missed.length,
      coverage: sum(known) / sum(next),
      chance: 1 - missed.reduce((none, chance) => none * (1 - chance), 1),
    };
  }
}

const seeds = Array.from({ length: 300 }, (_, index) => 7919 * (index + 1));
const share = <Item>(items: readonly Item[], holds: (item: Item) => boolean): number =>
  items.filter(holds).length / items.length;
const days = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe.each(Object.entries(plants))("a plant %s", (_, plant) => {
  const seen = [10, 16, 40].map((cycles) => seeds.map((seed) => [...looks(plant, seed, [cycles])][0]!));

  test.each([0, 1, 2])("keeps the novelty bound in 95 of 100 looks (%i)", (at) => {
    expect(share(seen[at]!, ({ estimate: { novelty }, chance }) => chance > novelty)).toBeLessThanOrEqual(
      0.05,
    );
  });

  test.each([0, 1, 2])("has its sample coverage estimated without more than a trace of hope (%i)", (at) => {
    const errors = seen[at]!.map(({ estimate: { coverage }, coverage: true_ }) => coverage - true_);
    expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(0.005);
  });

  test("is hardly ever called ready while a new flow is more likely than the verdict says", () => {
    for (const found of seen)
      expect(share(found, ({ isReady, chance }) => isReady && chance > 0.2)).toBeLessThanOrEqual(0.05);
    // Whoever looks every day and stops at the first yes gives chance more of them.
    const first = seeds.flatMap((seed) => {
      for (const look of looks(plant, seed, days(15, 60))) if (look.isReady) return look;
      return [];
    });
    expect(first.filter(({ chance }) => chance > 0.2).length / seeds.length).toBeLessThanOrEqual(0.08);
  });
});

test("Chao's estimate of what is unseen is no lower bound: where flows are few, it is often too high", () => {
  const found = seeds.map((seed) => [...looks(plants["with ten flows a month"]!, seed, [40])][0]!);
  expect(share(found, ({ estimate, unseen }) => estimate.unseen > unseen)).toBeGreaterThan(1 / 3);
});

test("what comes by the calendar is beyond every figure, as the verdict says beside it", () => {
  const found = seeds.map((seed) => [...looks(monthly, seed, [16])][0]!);
  expect(share(found, ({ isReady, unseen }) => isReady && unseen > 0)).toBeGreaterThan(0.05);
});
