import type { AddressRange, Family } from "./address.ts";

/** Ranges in the order of their first address, in halves: `reach` is the last address of all in a half. */
interface Sorted {
  readonly places: readonly number[];
  readonly reach: readonly bigint[];
}

/**
 * Finds the ranges that hold an address, as places in the list, in log n and what it finds: single addresses by
 * themselves, the others in an interval tree (Cormen et al.: a search tree by first addresses, with the last one of each half).
 */
export function rangeIndex(
  ranges: readonly AddressRange[],
): (family: Family, address: bigint) => readonly number[] {
  const single = new Map<string, number[]>();
  const wide: Record<Family, number[]> = { 4: [], 6: [] };
  for (const [place, { family, from, to }] of ranges.entries()) {
    if (from !== to) wide[family].push(place);
    else append(single, `${family} ${from}`, place);
  }
  const trees = { 4: sorted(ranges, wide[4]), 6: sorted(ranges, wide[6]) };
  return (family, address) => {
    const found = [...(single.get(`${family} ${address}`) ?? [])];
    search(ranges, trees[family], address, 0, trees[family].places.length, found);
    return found;
  };
}

function sorted(ranges: readonly AddressRange[], places: readonly number[]): Sorted {
  const order = places.toSorted((x, y) => (ranges[x]!.from < ranges[y]!.from ? -1 : 1));
  const reach = new Array<bigint>(order.length).fill(0n);
  const fill = (low: number, high: number): bigint => {
    if (low >= high) return -1n;
    const middle = (low + high) >> 1;
    const ends = [ranges[order[middle]!]!.to, fill(low, middle), fill(middle + 1, high)];
    reach[middle] = ends.reduce((last, end) => (end > last ? end : last));
    return reach[middle];
  };
  fill(0, order.length);
  return { places: order, reach };
}

function search(
  ranges: readonly AddressRange[],
  tree: Sorted,
  address: bigint,
  low: number,
  high: number,
  found: number[],
): void {
  if (low >= high) return;
  const middle = (low + high) >> 1;
  if (tree.reach[middle]! < address) return;
  search(ranges, tree, address, low, middle, found);
  const place = tree.places[middle]!;
  const { from, to } = ranges[place]!;
  if (from > address) return;
  if (to >= address) found.push(place);
  search(ranges, tree, address, middle + 1, high, found);
}

export function append<Key>(lists: Map<Key, number[]>, key: Key, item: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
