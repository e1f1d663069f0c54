/**
 * One dimension, compressed to the points where anything changes: between two neighbouring points all values are
 * alike, so ranges of addresses become small half-open ranges of ranks, and IPv6 costs what IPv4 does.
 */
export interface Axis<Point extends number | bigint = bigint> {
  /** Sorted, without duplicates. Rank r stands for the values from points[r] to points[r + 1] - 1. */
  readonly points: readonly Point[];
  rank(point: Point): number;
}

/** An axis with the ranks of the ranges that it was made from: of range i the rank at 2i, and the one behind it at 2i + 1. */
export interface RangeAxis extends Axis {
  readonly ranks: Int32Array;
}

/** @param ends the first value of each range, and the value behind its last. */
export function createAxis<Point extends number | bigint>(ends: Iterable<Point>): Axis<Point> {
  const numbered = createNumbering<Point>();
  for (const point of ends) numbered.number(point);
  return sorted(numbered);
}

/**
 * The axis of inclusive ranges: each end is looked up once, and big integers are slow to look up.
 * @param further points beside their ends.
 */
export function createRangeAxis(
  ranges: readonly { readonly from: bigint; readonly to: bigint }[],
  further: readonly bigint[] = [],
): RangeAxis {
  const numbered = createNumbering<bigint>();
  const ends = new Int32Array(2 * ranges.length);
  for (let index = 0; index < ranges.length; index += 1) {
    const { from, to } = ranges[index]!;
    ends[2 * index] = numbered.number(from);
    ends[2 * index + 1] = numbered.number(to + 1n);
  }
  for (const point of further) numbered.number(point);
  const { points, rank, rankOf } = sorted(numbered);
  for (let at = 0; at < ends.length; at += 1) ends[at] = rankOf[ends[at]!]!;
  return { points, rank, ranks: ends };
}

/** Points in the order in which they first came. */
interface Numbering<Point> {
  readonly points: readonly Point[];
  /** The number of a point; a new one when it was not there. */
  number(point: Point): number;
  find(point: Point): number | undefined;
}

function createNumbering<Point extends number | bigint>(): Numbering<Point> {
  const numbers = new Map<number | bigint, number>();
  const points: Point[] = [];
  return {
    points,
    number(point) {
      const key = hashKey(point);
      const known = numbers.get(key);
      if (known !== undefined) return known;
      numbers.set(key, points.length);
      return points.push(point) - 1;
    },
    find: (point) => numbers.get(hashKey(point)),
  };
}

function sorted<Point extends number | bigint>({
  points,
  find,
}: Numbering<Point>): Axis<Point> & { readonly rankOf: Int32Array } {
  const order = [...points.keys()].sort((a, b) =>
    points[a]! < points[b]! ? -1 : points[a]! > points[b]! ? 1 : 0,
  );
  const rankOf = new Int32Array(points.length);
  for (const [rank, number] of order.entries()) rankOf[number] = rank;
  return {
    points: order.map((number) => points[number]!),
    rankOf,
    rank(point) {
      const number = find(point);
      if (number === undefined) throw new Error(`${point} is not a point of this axis`);
      return rankOf[number]!;
    },
  };
}

const wide = 1n << 64n;
const safe = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Each point as a number of its own that a hash table tells apart: V8 hashes the low 64 bits of a big integer alone, and
 * those are zero in every network of IPv6, so that twenty thousand of them took seconds to look up. Small ones are
 * numbers, which are faster still.
 */
function hashKey(point: number | bigint): number | bigint {
  if (typeof point === "number") return point;
  if (point <= safe) return Number(point);
  return point >= wide ? point ^ (point >> 64n) : point;
}
