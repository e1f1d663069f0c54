import fc from "fast-check";
import { expect, test } from "vitest";
import { rankedLength, sortCubes } from "../../src/verify/diagram/ranked.ts";
import { open } from "../../src/verify/diagram/ways.ts";

/** Ranges of ranks below a bound; one in so many goes to the end of its dimension. */
const range = (ranks: number) =>
  fc
    .tuple(fc.integer({ min: 0, max: ranks }), fc.integer({ min: 1, max: ranks }), fc.boolean())
    .map(([from, size, isOpen]) => [from, isOpen ? open : from + size]);

const cubes = fc
  .constantFrom(2, 40, 1_000_000)
  .chain((ranks) =>
    fc.array(fc.array(range(ranks), { minLength: rankedLength / 2, maxLength: rankedLength / 2 }), {
      maxLength: 200,
    }),
  )
  .map((list) => list.map((ranges) => ranges.flat()));

/** By the first number that differs: starts ascending, ends descending. */
function plainly(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((rank, index) => rank !== b[index]);
  if (at < 0) return 0;
  return at % 2 === 0 ? a[at]! - b[at]! : b[at]! - a[at]!;
}

test("cubes are sorted by their ranges, of two from one rank the wider first, however many ranks there are", () => {
  fc.assert(
    fc.property(cubes, (list) => {
      expect([...sortCubes(Int32Array.from(list.flat()))]).toEqual(list.toSorted(plainly).flat());
    }),
  );
});
