import type { Cube } from "./program.ts";

/** Bits of the flags of TCP (RFC 9293, section 3.1), by the names that Linux has for them. */
const bits: ReadonlyMap<string, number> = new Map([
  ["fin", 1],
  ["syn", 2],
  ["rst", 4],
  ["psh", 8],
  ["ack", 16],
  ["urg", 32],
  ["ecn", 64],
  ["cwr", 128],
  ["none", 0],
  ["all", 63],
]);

/** Some flags together, as bits; undefined when one of them is neither a name nor a number. */
export function flagBits(names: readonly string[]): number | undefined {
  let sum = 0;
  for (const name of names) {
    const value = bits.get(name.toLowerCase()) ?? (/^(0x[0-9a-f]+|\d+)$/i.test(name) ? Number(name) : 256);
    if (value > 255) return undefined;
    sum |= value;
  }
  return sum;
}

/** Some of the flags are looked at, and are or are not equal to a value. */
export interface FlagTest {
  readonly mask: number;
  readonly value: number;
  readonly equal: boolean;
}

/** What a reading calls that which is not known of other packets. */
export const otherFlags = "TCP flags, but of the packet that opens a connection";

const syn = 2;
/** With SYN these say that the sender knows congestion notification (RFC 3168, section 6.1.1): it may or may not. */
const congestion = 64 | 128;

/**
 * Packets of TCP that pass a test of their flags. A request is the packet that opens its connection, a SYN; of any
 * other the flags are not known.
 */
export function flagCubes({ mask, value, equal }: FlagTest): readonly Cube[] {
  const protocol = { from: 6, to: 6 };
  const others: Cube = { protocol, states: ["reply", "related", "none"], uncertain: true };
  const request: Cube = { protocol, states: ["original"] };
  if ((mask & congestion) !== 0) return [{ ...request, uncertain: true }, others];
  return ((syn & mask) === value) === equal ? [request, others] : [others];
}
