import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cadence } from "../../src/baseline/cadence.ts";
import { cadenceText } from "../../src/cli/views/baseline.ts";

const every = (period: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => 1000 + index * period);

/** Times with these gaps between them. */
function withGaps(gaps: readonly number[]): readonly number[] {
  let time = 0;
  return [0, ...gaps.map((gap) => (time += gap))];
}

describe("cadence", () => {
  test("equal intervals are a period without jitter", () => {
    expect(cadence(every(10, 6))).toEqual({
      kind: "periodic",
      period: 10,
      jitter: 0,
      silenceDeadline: 30,
      samples: 6,
    });
  });

  test("requests in bursts have the period of the bursts", () => {
    const times = every(10, 8).flatMap((start) => [start, start + 0.004, start + 0.009]);
    expect(cadence(times)).toMatchObject({ kind: "periodic", period: 10, samples: 24 });
  });

  test("a pause of the line does not hide the period, and counts for the deadline", () => {
    const times = [...every(1, 60), ...every(1, 60).map((time) => time + 600)];
    expect(cadence(times)).toMatchObject({ kind: "periodic", period: 1, silenceDeadline: 811.5 });
  });

  test("a few bursts far apart are no rhythm, however even they are inside", () => {
    expect(cadence([0, 0.01, 300, 300.01, 600, 600.01])).toEqual({
      kind: "irregular",
      silenceDeadline: 449.985,
      samples: 6,
    });
  });

  test("the deadline is the largest of three: here ten deviations", () => {
    const times = withGaps([8, 12, 8, 12, 8, 12, 8]);
    // Median 8, deviations 0 and 4: the median deviation is 0, so three medians.
    expect(cadence(times)).toMatchObject({ kind: "periodic", period: 8, silenceDeadline: 24 });
    const wide = withGaps([7, 9, 11, 7, 9, 11, 13]);
    // Median 9, median deviation 2: 9 + 10 · 1.4826 · 2.
    expect(cadence(wide)).toMatchObject({ kind: "irregular", silenceDeadline: 38.652 });
  });

  test("a long burst is no silence: minutes by day and hours by night are normal up to hours, not to days", () => {
    const times = withGaps(
      [0, 1, 2].flatMap(() => [...Array<number>(500).fill(60), ...Array<number>(20).fill(3600)]),
    );
    expect(cadence(times)).toMatchObject({ silenceDeadline: 10_800 });
  });

  test("requests that a log puts at one second tell nothing of their rhythm", () => {
    expect(cadence([7, 7, 7, 7, 7, 7, 7, 7])).toBeUndefined();
    expect(cadence([7, 7, 7, 7, 7, 7, 7, 7], 30)).toMatchObject({ silenceDeadline: 45 });
  });

  test.each([
    ["Poisson", (draw: number) => -100 * Math.log(1 - draw)],
    ["heavy tails", (draw: number) => 10 * (1 - draw) ** -1.5],
    ["missed polls", (draw: number) => 10 * (1 + Math.floor(-Math.log(1 - draw)))],
    ["two regimes", (draw: number) => (draw < 0.5 ? 1 : 60)],
    ["a drift", (draw: number, place: number) => 10 + place / 10 + draw],
    ["a poll a day", (draw: number) => 86_400 + 600 * draw],
    ["a poll a millisecond", (draw: number) => 0.001 * (0.5 + draw)],
  ])(
    "no gap that was seen is longer than the deadline, and that is no absurd multiple of it: %s",
    (_, gapOf) => {
      fc.assert(
        fc.property(
          fc.array(fc.double({ min: 0.001, max: 0.999, noNaN: true }), { minLength: 4, maxLength: 300 }),
          (draws) => {
            const gaps = draws.map((draw, place) => gapOf(draw, place));
            const { silenceDeadline } = cadence(withGaps(gaps))!;
            const longest = Math.max(...gaps);
            expect(silenceDeadline).toBeGreaterThanOrEqual(longest);
            // Ten deviations beside the median, each of them at most half of the longest gap.
            expect(silenceDeadline).toBeLessThanOrEqual(9 * longest);
          },
        ),
      );
    },
  );

  test("a rhythm that rests on few requests is shown with how many these are", () => {
    expect(cadenceText(cadence(every(86_400, 6)))).toBe("every 24.0 h ± 0.00 ms, by 6 requests only");
    expect(cadenceText(cadence(every(10, 20)))).toBe("every 10.0 s ± 0.00 ms");
  });

  test("a silence known from elsewhere lengthens the deadline", () => {
    expect(cadence(every(10, 6), 100)).toMatchObject({ silenceDeadline: 150 });
  });

  test("too little to tell, or no times at all", () => {
    expect(cadence([1, 2, 3, 4])).toBeUndefined();
    expect(cadence([Number.NaN, Number.NaN, Number.NaN, Number.NaN, Number.NaN])).toBeUndefined();
  });

  test("order and start of the clock do not matter", () => {
    const story = fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 5, maxLength: 60 });
    fc.assert(
      fc.property(story, fc.integer({ min: 0, max: 1_000_000 }), (times, shift) => {
        const expected = cadence(times);
        expect(cadence([...times].reverse().map((time) => time + shift))).toEqual(expected);
      }),
    );
  });

  test("any period with up to 5 % of jitter is found, in bursts or not", () => {
    const jitter = fc.array(fc.double({ min: -0.05, max: 0.05, noNaN: true }), {
      minLength: 20,
      maxLength: 50,
    });
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 3600, noNaN: true }),
        jitter,
        fc.integer({ min: 1, max: 4 }),
        (period, offsets, burst) => {
          const times = offsets.flatMap((offset, index) =>
            Array.from({ length: burst }, (_, part) => (index + offset + part / 200) * period),
          );
          const found = cadence(times)!;
          expect(found.kind).toBe("periodic");
          expect(Math.abs(found.period! / period - 1)).toBeLessThan(0.11);
          expect(found.silenceDeadline).toBeGreaterThan(period);
        },
      ),
    );
  });
});
