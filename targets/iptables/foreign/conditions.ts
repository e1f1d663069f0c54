import type { Cube, Range } from "../../../src/compile/program.ts";
import { linuxStates } from "../../../src/compile/reading.ts";
import { flagBits, flagCubes } from "../../../src/compile/tcp-flags.ts";
import {
  AddressError,
  type AddressRange,
  addressBits,
  everyAddress,
  type Family,
  parseAddress,
  parseRange,
} from "../../../src/net/address.ts";
import { type ConnectionState, connectionStates } from "../../../src/net/packet.ts";
import { icmpProtocol, portProtocols } from "../../../src/net/protocol.ts";
import { icmp6Codes, icmpCodes, protocols } from "../reader/vocabulary.ts";
import { icmpNames, icmpv6Names } from "./names.ts";
import { type Option, Unreadable } from "./words.ts";

/** The packets that an option matches, as a union; "not modelled" where that depends on more than the packet. */
export type Condition = readonly Cube[] | "not modelled";

export interface Context {
  readonly family: Family;
  /** The protocol that the rule asks for by `-p`, without `!`. */
  readonly protocol: number | undefined;
  /** Whether connection tracking knows every packet, or none yet, for it is still to come. */
  readonly tracking: "all" | "none" | "unknown";
  /** It is known where the packet will leave, and where to. */
  readonly routed: boolean;
}

/** What one option of a rule asks. @throws {Unreadable} where iptables would not have loaded the rule. */
export function condition(option: Option, context: Context): Condition {
  const [value = ""] = option.values;
  switch (option.name) {
    case "-s":
    case "--source":
      return addresses("source", [readPrefix(option, context.family)], option.negated);
    case "-d":
    case "--destination":
      return addresses("destination", [readPrefix(option, context.family)], option.negated);
    case "--src-range":
      return addresses("source", [readSpan(option)], option.negated);
    case "--dst-range":
      return addresses("destination", [readSpan(option)], option.negated);
    case "-p":
    case "--protocol":
      return protocolCondition(option);
    case "-i":
    case "--in-interface":
    case "-o":
    case "--out-interface":
      return interfaceCondition(/^-(i|-in)/.test(option.name) ? "ingress" : "egress", value, option.negated);
    case "--dport":
    case "--destination-port":
    case "--dports":
    case "--destination-ports":
      return ports(option, context, ["destinationPort"]);
    case "--sport":
    case "--source-port":
    case "--sports":
    case "--source-ports":
      return ports(option, context, ["sourcePort"]);
    case "--ports":
      return ports(option, context, ["sourcePort", "destinationPort"]);
    case "--icmp-type":
    case "--icmpv6-type":
      return icmpCondition(option, context.family);
    case "--src-type":
      return addressType("source", option, context);
    case "--dst-type":
      return addressType("destination", option, context);
    case "--syn":
    case "--tcp-flags":
      return flagsCondition(option);
    case "--state":
    case "--ctstate":
      return stateCondition(option, context.tracking);
    case "--ctdir":
      return context.tracking === "all" ? directionCondition(option) : "not modelled";
    default:
      return "not modelled";
  }
}

type End = "source" | "destination";

/** Of the table's own family; a negated range is what lies beside it. */
function addresses(end: End, ranges: readonly AddressRange[], negated: boolean): readonly Cube[] {
  const cube = (range: AddressRange): Cube => ({ family: range.family, [end]: range });
  if (!negated) return ranges.map(cube);
  return ranges.flatMap(({ family, from, to }) => {
    const last = everyAddress(family).to;
    return [
      ...(from > 0n ? [cube({ family, from: 0n, to: from - 1n })] : []),
      ...(to < last ? [cube({ family, from: to + 1n, to: last })] : []),
    ];
  });
}

/** A prefix, also with host bits or with a mask in dotted form, as older versions print it. */
function readPrefix({ values, span }: Option, family: Family): AddressRange {
  const [text = ""] = values;
  const [address = "", length] = text.split("/", 2);
  try {
    const { from, family: own } = parseAddress(address);
    if (own !== family) throw new AddressError(`"${text}" is not IPv${family}`);
    const bits = length === undefined ? addressBits(family) : maskBits(length);
    if (bits === undefined || bits > addressBits(family)) throw new AddressError(`"${text}" is not a prefix`);
    const host = (1n << BigInt(addressBits(family) - bits)) - 1n;
    return { family, from: from & ~host, to: from | host };
  } catch (error) {
    if (error instanceof AddressError) throw new Unreadable(error.message, span);
    throw error;
  }
}

/** The ones of a mask, which must all stand in front. */
function maskBits(text: string): number | undefined {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  const { from } = parseAddress(text);
  const ones = from.toString(2).replace(/0+$/, "");
  return from === 0n ? 0 : /^1+$/.test(ones) && from >> 31n === 1n ? ones.length : undefined;
}

function readSpan({ values, span }: Option): AddressRange {
  try {
    return parseRange(values[0] ?? "");
  } catch (error) {
    if (error instanceof AddressError) throw new Unreadable(error.message, span);
    throw error;
  }
}

export function readProtocol({ values, span }: Option): number | "all" {
  const [text = ""] = values;
  if (text === "all" || text === "0") return "all";
  const number = protocols.get(text.toLowerCase()) ?? (/^\d{1,3}$/.test(text) ? Number(text) : 256);
  if (number > 255) throw new Unreadable(`"${text}" is not a protocol`, span);
  return number;
}

function protocolCondition(option: Option): readonly Cube[] {
  const protocol = readProtocol(option);
  if (protocol === "all") return option.negated ? [] : [{}];
  const ranges = option.negated
    ? beside([{ from: protocol, to: protocol }], 255)
    : [{ from: protocol, to: protocol }];
  return ranges.map((range): Cube => ({ protocol: range }));
}

/** A name that ends in `+` stands for all that begin so. */
function interfaceCondition(end: "ingress" | "egress", name: string, negated: boolean): readonly Cube[] {
  // No packet that is forwarded comes from the loopback interface or leaves by it.
  if (name === "lo") return negated ? [{}] : [];
  const names = [name.replace(/\+$/, "*")];
  return [{ [end]: [{ names, ...(negated && { not: true }) }] }];
}

type PortEnd = "sourcePort" | "destinationPort";

function ports(option: Option, { protocol }: Context, ends: readonly PortEnd[]): Condition {
  const { values, negated, span } = option;
  if (protocol === undefined || !portProtocols.has(protocol)) {
    throw new Unreadable(`${option.name} is read under -p with a protocol that has ports`, span);
  }
  const ranges: Range[] = [];
  for (const part of (values[0] ?? "").split(",")) {
    const [from = "", to = from] = part.split(":");
    // An open range goes to the end of all ports.
    const range = { from: from === "" ? 0 : Number(from), to: to === "" ? 65_535 : Number(to) };
    if (!(range.from <= range.to && range.to <= 65_535)) return "not modelled";
    ranges.push(range);
  }
  const own = { from: protocol, to: protocol };
  const wanted = negated ? beside(ranges, 65_535) : ranges;
  if (negated && ends.length > 1) {
    return wanted.flatMap((one) =>
      wanted.map((other): Cube => ({ protocol: own, sourcePort: one, destinationPort: other })),
    );
  }
  return ends.flatMap((end) => wanted.map((range): Cube => ({ protocol: own, [end]: range })));
}

/** What lies between ranges, from 0 to a maximum. */
function beside(ranges: readonly Range[], max: number): readonly Range[] {
  const free: Range[] = [];
  let next = 0;
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    if (from > next) free.push({ from: next, to: from - 1 });
    next = Math.max(next, to + 1);
  }
  return next > max ? free : [...free, { from: next, to: max }];
}

/** A type by name or number, with or without a code; type 255 of IPv4 is every type. */
function icmpCondition({ values, negated, span }: Option, family: Family): Condition {
  const [text = ""] = values;
  const protocol = { from: icmpProtocol(family), to: icmpProtocol(family) };
  if (text === "any" || (family === 4 && text === "255")) return negated ? [] : [{ protocol }];
  const names = family === 4 ? icmpNames : icmpv6Names;
  const [type = "", code] = (names.get(text) ?? text).split("/", 2);
  const number = (part: string): number | undefined => (/^\d{1,3}$/.test(part) ? Number(part) : undefined);
  const named = family === 4 ? icmpCodes.get(type) : icmp6Codes.get(type);
  const [icmpType, icmpCode] = [number(type), code === undefined ? undefined : number(code)];
  if (icmpType === undefined) {
    if (named !== undefined) return "not modelled";
    throw new Unreadable(`"${text}" is not an ICMP type`, span);
  }
  if (!negated) {
    const exact = { protocol, icmpType: { from: icmpType, to: icmpType } };
    return [icmpCode === undefined ? exact : { ...exact, icmpCode: { from: icmpCode, to: icmpCode } }];
  }
  const others = beside([{ from: icmpType, to: icmpType }], 255).map(
    (range): Cube => ({ protocol, icmpType: range }),
  );
  const codes = icmpCode === undefined ? [] : beside([{ from: icmpCode, to: icmpCode }], 255);
  return [
    ...others,
    ...codes.map(
      (range): Cube => ({ protocol, icmpType: { from: icmpType, to: icmpType }, icmpCode: range }),
    ),
  ];
}

/**
 * What is routed to be forwarded does not go to the host's own addresses. What is a broadcast address, and how the
 * routes call others, only the host knows.
 */
function addressType(
  end: End,
  { values: [type = ""], negated }: Option,
  { family, routed }: Context,
): Condition {
  if (type === "LOCAL" && end === "destination" && routed) return negated ? [{}] : [];
  if (type !== "MULTICAST" || negated) return "not modelled";
  return [{ family, [end]: parseRange(family === 4 ? "224.0.0.0/4" : "ff00::/8") }];
}

function flagsCondition({ name, values, negated }: Option): Condition {
  const [mask, value] = name === "--syn" ? ["FIN,SYN,RST,ACK", "SYN"] : [values[0] ?? "", values[1] ?? ""];
  const [looked, wanted] = [mask, value].map((text) => flagBits(text.split(",")));
  if (looked === undefined || wanted === undefined) return "not modelled";
  return flagCubes({ mask: looked, value: wanted, equal: !negated });
}

/** States of address translation, and packets that are not tracked, are not modelled. */
function stateCondition({ values, negated }: Option, tracking: Context["tracking"]): Condition {
  const names = (values[0] ?? "")
    .toLowerCase()
    .split(",")
    .filter((name) => name !== "untracked");
  const states = names.map((name) => linuxStates.get(name));
  if (tracking === "unknown" || states.includes(undefined)) return "not modelled";
  // A packet without a connection is invalid here, whatever becomes of it.
  if (tracking === "none") return states.includes("none") !== negated ? [{}] : [];
  return [{ states: connectionStates.filter((state) => states.includes(state) !== negated) }];
}

/** ICMP errors belong to either direction. A packet without a connection has none, and matches neither way. */
function directionCondition({ values, negated }: Option): Condition {
  const asks: ConnectionState = (values[0] === "REPLY") === negated ? "original" : "reply";
  return [{ states: [asks] }, { states: ["related"], uncertain: true }];
}
