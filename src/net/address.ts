import { Address6, AddressError as AddressError6 } from "ip-address";
import IPCIDR from "ip-cidr";

/** IP version. A rule has exactly one: a cross of families is how peers open firewalls by accident. */
export type Family = 4 | 6;

/** An inclusive range of addresses of one family; `from <= to`. Addresses are unsigned integers of 32 or 128 bits. */
export interface AddressRange {
  readonly family: Family;
  readonly from: bigint;
  readonly to: bigint;
}

export const addressBits = (family: Family): number => (family === 4 ? 32 : 128);

/** Every address of a family, written on purpose: an empty set is never "any". */
export const everyAddress = (family: Family): AddressRange => every[family];

const every: Readonly<Record<Family, AddressRange>> = {
  4: { family: 4, from: 0n, to: (1n << 32n) - 1n },
  6: { family: 6, from: 0n, to: (1n << 128n) - 1n },
};

/** Why a text is not an address or a prefix; the message says what was expected. */
export class AddressError extends Error {}

/**
 * Reads `10.1.0.10`, `10.1.0.0/24`, `fd00::/64` or `10.1.0.5-10.1.0.9`.
 * Refuses what ip-cidr lets pass: host bits in a prefix, zone identifiers, IPv4-mapped IPv6, leading zeros.
 * @throws {AddressError} when the text is none of these.
 */
export function parseRange(text: string): AddressRange {
  const dash = text.indexOf("-");
  if (dash > 0) {
    const from = parseAddress(text.slice(0, dash));
    const to = parseAddress(text.slice(dash + 1));
    if (from.family !== to.family) throw new AddressError(`"${text}" mixes IPv4 and IPv6`);
    if (from.from > to.from) throw new AddressError(`"${text}" ends before it starts`);
    return { family: from.family, from: from.from, to: to.from };
  }
  if (!text.includes("/")) return parseAddress(text);
  const [address = "", length = ""] = text.split("/", 2);
  const base = parseAddress(address);
  const bits = addressBits(base.family);
  if (!/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > bits || !IPCIDR.isValidCIDR(text)) {
    const mask = length.includes(".") ? ", and stands there instead of a mask" : "";
    throw new AddressError(`"${text}" is not a prefix: the length goes from 0 to ${bits}${mask}`);
  }
  const hostBits = BigInt(bits - Number(length));
  const mask = (1n << hostBits) - 1n;
  if ((base.from & mask) !== 0n) {
    const network = formatAddress(base.family, base.from & ~mask);
    throw new AddressError(`"${text}" has host bits set; write ${network}/${length} or ${address}`);
  }
  return { family: base.family, from: base.from, to: base.from | mask };
}

/** Reads one address as a range of one. @throws {AddressError} */
export function parseAddress(text: string): AddressRange {
  if (text.includes(":")) {
    if (text.includes("%")) throw new AddressError(`"${text}" has a zone identifier; leave out "%…"`);
    const value = parseIpv6(text);
    if (value === undefined) throw new AddressError(`"${text}" is not an IPv6 address`);
    if (value >> 32n === 0xffffn)
      throw new AddressError(`"${text}" is an IPv4-mapped address; write the IPv4 address`);
    return { family: 6, from: value, to: value };
  }
  const octets = /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/.test(text) ? text.split(".").map(Number) : [];
  if (octets.length !== 4 || octets.some((octet) => octet > 255)) {
    throw new AddressError(`"${text}" is not an IPv4 or IPv6 address${leadingZeros(text)}`);
  }
  const value = BigInt(octets.reduce((high, octet) => high * 256 + octet));
  return { family: 4, from: value, to: value };
}

/** Some programs read 010 as eight: nobody can know what was meant. */
const leadingZeros = (text: string): string =>
  /^\d+(\.\d+){3}$/.test(text) && /(^|\.)0\d/.test(text) ? "; write its numbers without leading zeros" : "";

/** Reads ranges out of one text or file, as `parseRange` does. @throws {AddressError} */
export type RangeReader = (text: string) => AddressRange;

/** Reads each text once: where there are many, the same ones come again and again. */
export function createRangeReader(): RangeReader {
  const known = new Map<string, AddressRange>();
  return (text) => {
    const range = known.get(text) ?? parseRange(text);
    known.set(text, range);
    return range;
  };
}

/** Undefined when the library refuses it: its `isValid` would read the text a second time. */
function parseIpv6(text: string): bigint | undefined {
  try {
    return new Address6(text).bigInt();
  } catch (error) {
    if (error instanceof AddressError6) return undefined;
    throw error;
  }
}

/** Canonical text of one address: dotted decimal, or RFC 5952 for IPv6. */
export function formatAddress(family: Family, value: bigint): string {
  if (family === 6) return formatIpv6(value);
  const bits = Number(value);
  return `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
}

/** RFC 5952, 4: the longest run of two or more groups of zeros is `::`, the first one of several. Ten times ip-address. */
function formatIpv6(value: bigint): string {
  const groups: number[] = [];
  for (const shift of [96n, 64n, 32n, 0n]) {
    const word = Number((value >> shift) & 0xffff_ffffn);
    groups.push(word >>> 16, word & 0xffff);
  }
  let [longest, length] = [0, 0];
  for (let group = 0, run = 0; group < 8; group += 1) {
    run = groups[group] === 0 ? run + 1 : 0;
    if (run > length) [longest, length] = [group - run + 1, run];
  }
  const text = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  return length < 2 ? text(0, 8) : `${text(0, longest)}::${text(longest + length, 8)}`;
}

/** Canonical text of a range: an address, a prefix, or `from-to` where no prefix fits. */
export function formatRange(range: AddressRange): string {
  const from = formatAddress(range.family, range.from);
  if (range.from === range.to) return from;
  const length = prefixLength(range);
  return length === undefined ? `${from}-${formatAddress(range.family, range.to)}` : `${from}/${length}`;
}

/** The prefix length, when the range is exactly one prefix. */
export function prefixLength(range: AddressRange): number | undefined {
  if (range.from === range.to) return addressBits(range.family);
  const size = range.to - range.from + 1n;
  if ((size & (size - 1n)) !== 0n || (range.from & (size - 1n)) !== 0n) return undefined;
  return addressBits(range.family) - (size.toString(2).length - 1);
}

export const covers = (outer: AddressRange, inner: AddressRange): boolean =>
  outer.family === inner.family && outer.from <= inner.from && inner.to <= outer.to;

export const overlaps = (a: AddressRange, b: AddressRange): boolean =>
  a.family === b.family && a.from <= b.to && b.from <= a.to;
