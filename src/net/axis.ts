/**
 * One dimension, compressed to the points where anything changes: between two neighbouring points all values are
 * alike, so ranges of addresses become small half-open ranges of ranks, and IPv6 costs what IPv4 does.
 */
export interface Axis<Point extends number | bigint = bigint> {
  /** Sorted, without duplicates. Rank r stands for the values from points[r] to points[r + 1] - 1. */
  readonly points: readonly Point[];
  rank(point: Point): number;
}

/** @param ends the first value of each range, and the value behind its last. */
export function createAxis<Point extends number | bigint>(ends: Iterable<Point>): Axis<Point> {
  const distinct = new Map<number | bigint, Point>();
  for (const point of ends) distinct.set(hashKey(point), point);
  const points = [...distinct.values()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const ranks = new Map(points.map((point, rank) => [hashKey(point), rank]));
  const rank = (point: Point): number => {
    const found = ranks.get(hashKey(point));
    if (found === undefined) throw new Error(`${point} is not a point of this axis`);
    return found;
  };
  return { points, rank };
}

/**
 * Each point as a number of its own that a hash table tells apart: V8 hashes the low 64 bits of a big integer alone, and
 * those are zero in every network of IPv6, so that twenty thousand of them took seconds to look up.
 */
const hashKey = (point: number | bigint): number | bigint =>
  typeof point === "bigint" && point >= 1n << 64n ? point ^ (point >> 64n) : point;
