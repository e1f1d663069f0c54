import { AddressError, type AddressRange, covers, parseRange } from "../../net/address.ts";
import type { Path } from "../source/source.ts";
import { type Resolution, reportValue } from "./report.ts";

/** Reads an address, a prefix or a range; undefined after reporting why it is none. */
export function resolveRange(to: Resolution, text: string, path: Path): AddressRange | undefined {
  try {
    return parseRange(text);
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    reportValue(to, "site/bad-address", path, error.message);
    return undefined;
  }
}

/** What no router carries from one network to another (RFC 6890, RFC 4291, RFC 5771). */
const notRoutable: readonly { readonly range: AddressRange; readonly what: string }[] = [
  { range: parseRange("0.0.0.0/8"), what: "the unspecified network" },
  { range: parseRange("127.0.0.0/8"), what: "loopback" },
  { range: parseRange("169.254.0.0/16"), what: "link-local" },
  { range: parseRange("224.0.0.0/4"), what: "multicast" },
  { range: parseRange("255.255.255.255"), what: "broadcast" },
  { range: parseRange("::/127"), what: "loopback" },
  { range: parseRange("fe80::/10"), what: "link-local" },
  { range: parseRange("ff00::/8"), what: "multicast" },
];

/** Why a network cannot be a zone's: none of its packets ever crosses a router. */
export const unroutable = (range: AddressRange): string | undefined =>
  notRoutable.find((special) => covers(special.range, range))?.what;

/** The same addresses as few ranges, sorted, none touching another. */
export function mergeRanges(ranges: readonly AddressRange[]): readonly AddressRange[] {
  const merged: AddressRange[] = [];
  for (const range of ranges.toSorted(compareRanges)) {
    const last = merged.at(-1);
    if (last?.family !== range.family || range.from > last.to + 1n) merged.push(range);
    else if (range.to > last.to) merged[merged.length - 1] = { ...last, to: range.to };
  }
  return merged;
}

export const compareRanges = (a: AddressRange, b: AddressRange): number =>
  a.family - b.family || (a.from < b.from ? -1 : a.from > b.from ? 1 : 0);

export const coveredBy = (merged: readonly AddressRange[], range: AddressRange): boolean =>
  merged.some((outer) => covers(outer, range));
