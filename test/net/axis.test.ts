import { expect, test } from "vitest";
import { createAxis, createRangeAxis } from "../../src/net/axis.ts";

test("an axis finds forty thousand networks of IPv6 before the test's time is up, which differ in their upper half only", () => {
  const points = Array.from({ length: 40_000 }, (_, network) => (0xfd00n << 112n) + (BigInt(network) << 64n));
  const axis = createAxis([...points, ...points].reverse());
  expect(axis.points).toEqual(points);
  expect([0, 1, 39_999].map((rank) => axis.rank(points[rank]!))).toEqual([0, 1, 39_999]);
  expect(() => axis.rank(points[1]! + 1n)).toThrow("is not a point");
});

test("points that differ in one half or in both stay apart", () => {
  const points = [0n, 1n, 1n << 64n, (1n << 64n) + 1n, 3n << 64n, (3n << 64n) + 2n];
  expect(createAxis(points).points).toEqual(points);
});

test("gives the ranks of ranges in their order, ends that meet as one point, and further points beside them", () => {
  const wide = 1n << 100n;
  const { points, ranks, rank } = createRangeAxis(
    [
      { from: wide, to: wide + 9n },
      { from: 7n, to: 9n },
      { from: 10n, to: wide - 1n },
    ],
    [0n],
  );
  expect(points).toEqual([0n, 7n, 10n, wide, wide + 10n]);
  expect([...ranks]).toEqual([3, 4, 1, 2, 2, 3]);
  expect(rank(wide + 10n)).toBe(4);
});
