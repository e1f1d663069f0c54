import type { Range } from "../../../src/compile/program.ts";
import { AddressError, type AddressRange, type Family, type RangeReader } from "../../../src/net/address.ts";
import type { Line } from "./lines.ts";
import { protocols } from "./vocabulary.ts";

/** `-s` and `-d` hold a prefix, the options of `iprange` hold two addresses. */
export function readAddress(
  line: Line,
  family: Family | undefined,
  rangeOf: RangeReader,
  form: "prefix" | "range",
): AddressRange {
  const text = line.take("an address");
  if (family === undefined) throw line.refuse("a rule with an address needs -4 or -6 before -A");
  try {
    const range = rangeOf(text);
    if (range.family !== family) throw new AddressError(`"${text}" is not IPv${family}`);
    if (text.includes("-") !== (form === "range")) throw new AddressError(`"${text}" is not a ${form}`);
    return range;
  } catch (error) {
    if (error instanceof AddressError) throw line.refuse(error.message);
    throw error;
  }
}

/** A protocol by name or number. Protocol 0 is no number here: it means every protocol (iptables(8), `--protocol`). */
export function readProtocol(line: Line): number {
  const text = line.take("a protocol");
  const number = protocols.get(text) ?? decimal(text, 255);
  if (number === undefined || number === 0) {
    throw line.refuse(
      text === "0" || text === "all"
        ? "protocol 0 means every protocol here, so iptables cannot match it: leave it out of the permit"
        : `"${text}" is not a protocol, by name or as a number from 1 to 255`,
    );
  }
  return number;
}

/** `502` or `500:510`. */
export function readPorts(line: Line, text: string): Range {
  const colon = text.indexOf(":");
  const from = decimal(colon < 0 ? text : text.slice(0, colon), 65_535);
  const to = colon < 0 ? from : decimal(text.slice(colon + 1), 65_535);
  if (from === undefined || to === undefined || from > to) {
    throw line.refuse(`"${text}" is not a port or a range of ports`);
  }
  return { from, to };
}

/** An ICMP type as a number, with any code. Type 255 of IPv4 is no number here: the kernel takes it for every type. */
export function readIcmpType(line: Line, family: Family): number {
  const text = line.take("an ICMP type");
  const type = decimal(text, 255);
  if (type === undefined) throw line.refuse(`"${text}" is not an ICMP type, a number from 0 to 255`);
  if (family === 4 && type === 255) {
    throw line.refuse(
      "type 255 means every type here, so iptables cannot match it: leave it out of the permit",
    );
  }
  return type;
}

/** A decimal number without leading zeros up to a maximum; undefined for any other text. */
function decimal(text: string, maximum: number): number | undefined {
  const value = /^(0|[1-9]\d{0,4})$/.test(text) ? Number(text) : Number.NaN;
  return value <= maximum ? value : undefined;
}
