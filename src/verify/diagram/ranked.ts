import { open } from "./ways.ts";

/** How many dimensions a packet has; which they are, `dimension` says. */
export const dimensions = 6;

/**
 * Cubes in ranks, one behind the other: `[from, to)` for each dimension, so twice as many numbers as dimensions. Flat,
 * since a large ruleset has tens of thousands of them in each of the programs that are compared.
 */
export type RankedCubes = Int32Array;
export const rankedLength = 2 * dimensions;

/** A longer copy, for an array that grows. */
export function doubled<T extends Uint8Array | Int32Array>(array: T): T {
  const larger = new (array.constructor as new (length: number) => T)(2 * array.length);
  larger.set(array);
  return larger;
}

/** Cubes in the order of their ranges, from the first dimension to the last; of two from one rank, the wider first. */
export function sortCubes(cubes: RankedCubes): RankedCubes {
  const order = orderOf(cubes);
  const sorted = new Int32Array(cubes.length);
  for (let index = 0; index < order.length; index += 1) {
    const from = order[index]! * rankedLength;
    const to = index * rankedLength;
    for (let at = 0; at < rankedLength; at += 1) sorted[to + at] = cubes[from + at]!;
  }
  return sorted;
}

/**
 * The cubes in order, by index. Numbers are sorted many times as fast as cubes are compared: one for each cube holds its
 * first ranks, as many as fit, and behind them its index. Only cubes that are alike so far are compared.
 */
function orderOf(cubes: RankedCubes): Int32Array {
  const count = cubes.length / rankedLength;
  const keys = new Float64Array(count);
  let different = 1;
  for (let column = 0; column < rankedLength; column += 1) {
    const { least, most } = extent(cubes, column);
    const span = most - least + 1;
    if (different * span * count > Number.MAX_SAFE_INTEGER) break;
    different *= span;
    if (span === 1) continue;
    for (let index = 0; index < count; index += 1) {
      // The ends of ranges are in descending order.
      const rank = Math.min(cubes[index * rankedLength + column]!, most);
      keys[index] = keys[index]! * span + (column % 2 === 0 ? rank - least : most - rank);
    }
  }
  for (let index = 0; index < count; index += 1) keys[index] = keys[index]! * count + index;
  keys.sort();
  const order = new Int32Array(count);
  let [start, before] = [0, -1];
  const compareRest = (end: number): void => {
    if (end - start > 1) order.subarray(start, end).sort((a, b) => compare(cubes, a, b));
    start = end;
  };
  for (let at = 0; at < count; at += 1) {
    const index = keys[at]! % count;
    const alike = (keys[at]! - index) / count;
    if (alike !== before) compareRest(at);
    before = alike;
    order[at] = index;
  }
  compareRest(count);
  return order;
}

/** The ranks of one column from the least to the most, where `open` counts as the one behind all others. */
function extent(cubes: RankedCubes, column: number): { readonly least: number; readonly most: number } {
  let [least, most, isOpen] = [open, 0, false];
  for (let at = column; at < cubes.length; at += rankedLength) {
    const rank = cubes[at]!;
    if (rank < least) least = rank;
    if (rank === open) isOpen = true;
    else if (rank > most) most = rank;
  }
  if (isOpen) most += 1;
  return { least: Math.min(least, most), most };
}

function compare(cubes: RankedCubes, a: number, b: number): number {
  for (let at = 0; at < rankedLength; at += 2) {
    const [left, right] = [a * rankedLength + at, b * rankedLength + at];
    const order = cubes[left]! - cubes[right]! || cubes[right + 1]! - cubes[left + 1]!;
    if (order !== 0) return order;
  }
  return 0;
}
