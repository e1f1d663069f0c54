import { type AddressRange, addressBits } from "../../net/address.ts";

/** The fewest prefixes that hold exactly these addresses, sorted. Ranges are of one family. */
export const toPrefixes = (ranges: readonly AddressRange[]): readonly AddressRange[] =>
  merge(ranges).flatMap((range) => (range.from === range.to ? [range] : split(range)));

/** Ranges that overlap or touch become one. */
function merge(ranges: readonly AddressRange[]): readonly AddressRange[] {
  const merged: AddressRange[] = [];
  for (const range of ranges.toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) {
    const last = merged.at(-1);
    if (!last || range.from > last.to + 1n) merged.push(range);
    else if (range.to > last.to) merged[merged.length - 1] = { ...last, to: range.to };
  }
  return merged;
}

/** A range as prefixes: the widest that starts where the rest starts and does not end behind it, again and again. */
function split({ family, from, to }: AddressRange): readonly AddressRange[] {
  const prefixes: AddressRange[] = [];
  for (let start = from; start <= to; ) {
    // The lowest bit that is set says how wide a prefix may start here.
    let size = start === 0n ? 1n << BigInt(addressBits(family)) : start & -start;
    while (start + size - 1n > to) size >>= 1n;
    prefixes.push({ family, from: start, to: start + size - 1n });
    start += size;
  }
  return prefixes;
}
