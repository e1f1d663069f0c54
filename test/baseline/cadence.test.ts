import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cadence } from "../../src/baseline/cadence.ts";

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
