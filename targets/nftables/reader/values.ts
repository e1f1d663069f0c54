import type { Range } from "../../../src/compile/program.ts";
import { AddressError, type AddressRange, type Family, type RangeReader } from "../../../src/net/address.ts";
import type { Cursor, Token } from "./lexer.ts";
import { icmp6Types, icmpTypes, protocols } from "./vocabulary.ts";

/** Data types of nft that our sets are keyed by. */
export type KeyType = "ipv4_addr" | "ipv6_addr" | "inet_proto" | "inet_service" | "icmp_type" | "icmpv6_type";

/** An address, prefix or range of one family. */
export function readAddress(
  cursor: Cursor,
  token: Token,
  family: Family,
  rangeOf: RangeReader,
): AddressRange {
  try {
    const range = rangeOf(token.text);
    if (range.family !== family) throw new AddressError(`"${token.text}" is not IPv${family}`);
    return range;
  } catch (error) {
    if (error instanceof AddressError)
      throw cursor.refuse(token, `an IPv${family} address (${error.message})`);
    throw error;
  }
}

/** A number or name, or for ports a range of numbers. */
export function readRange(cursor: Cursor, token: Token, type: Exclude<KeyType, `ipv${string}`>): Range {
  switch (type) {
    case "inet_service": {
      const [from = "", to = from, ...more] = token.text.split("-");
      const range = { from: number(from, 65_535), to: number(to, 65_535) };
      if (more.length > 0 || !(range.from <= range.to))
        throw cursor.refuse(token, "a port or a range of ports");
      return range;
    }
    case "inet_proto":
      return exactly(cursor, token, protocols, "a protocol");
    case "icmp_type":
      return exactly(cursor, token, icmpTypes, "an ICMP type");
    case "icmpv6_type":
      return exactly(cursor, token, icmp6Types, "an ICMPv6 type");
  }
}

function exactly(cursor: Cursor, token: Token, names: ReadonlyMap<string, number>, expected: string): Range {
  const value = names.get(token.text) ?? number(token.text, 255);
  if (Number.isNaN(value)) throw cursor.refuse(token, `${expected}, by name or as a number up to 255`);
  return { from: value, to: value };
}

/** A decimal number without leading zeros up to a maximum; NaN for any other text. */
const number = (text: string, maximum: number): number => {
  const value = /^(0|[1-9]\d{0,4})$/.test(text) ? Number(text) : Number.NaN;
  return value <= maximum ? value : Number.NaN;
};
