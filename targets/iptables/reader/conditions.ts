import type { Range } from "../../../src/compile/program.ts";
import type { AddressRange, Family, RangeReader } from "../../../src/net/address.ts";
import type { ConnectionState } from "../../../src/net/packet.ts";
import { icmpProtocol, portProtocols } from "../../../src/net/protocol.ts";
import type { Line } from "./lines.ts";
import { readAddress, readIcmpType, readPorts, readProtocol } from "./values.ts";
import { protocols } from "./vocabulary.ts";

/** Directions in which a record reads a packet: as it is, or as the request that it answers. */
export type Directions = "src,dst,dst" | "dst,src,src";

/** What a rule asks of a packet, and the comment that it carries. */
export interface Conditions {
  readonly source?: AddressRange;
  readonly destination?: AddressRange;
  readonly protocol?: number;
  readonly states?: readonly ConnectionState[];
  readonly sourcePorts?: readonly Range[];
  readonly destinationPorts?: readonly Range[];
  readonly icmpType?: number;
  readonly comment?: string;
  /** Only the first packet of a TCP connection. */
  readonly opening?: true;
  /** The packet is not in this set yet. */
  readonly unrecorded?: { readonly set: string; readonly directions: Directions };
  /** The lease of a trial holds. */
  readonly leased?: true;
  /** A connection of which packets in both directions were seen. */
  readonly established?: true;
  /** Sessions drain, by this list. */
  readonly draining?: string;
}

/** Reads all conditions of a rule, up to its verdict. @throws {Refusal} */
export function readConditions(line: Line, family: Family | undefined, rangeOf: RangeReader): Conditions {
  const found: Conditions = {};
  for (let next = line.next; next !== undefined && next !== "-j" && next !== "-g"; next = line.next) {
    const condition = readCondition(line, family, found, rangeOf);
    for (const name in condition) {
      if (name in found) throw line.refuse("this asks a second time for what the rule has asked before");
    }
    Object.assign(found, condition);
  }
  return found;
}

function readCondition(
  line: Line,
  family: Family | undefined,
  found: Conditions,
  rangeOf: RangeReader,
): Conditions {
  const option = line.take("a condition");
  switch (option) {
    case "-s":
      return { source: readAddress(line, family, rangeOf, "prefix") };
    case "-d":
      return { destination: readAddress(line, family, rangeOf, "prefix") };
    case "-p":
      return { protocol: readProtocol(line) };
    case "-m":
      return readMatch(line, family, found, rangeOf);
    default:
      throw line.refuse(`"${option}" is not a condition that Sluice writes`);
  }
}

/** Reads one match module with the options that belong to it. */
function readMatch(
  line: Line,
  family: Family | undefined,
  found: Conditions,
  rangeOf: RangeReader,
): Conditions {
  const module = line.take("a match");
  switch (module) {
    case "tcp":
    case "udp":
    case "dccp":
    case "sctp":
      requireProtocol(line, found, protocols.get(module)!);
      if (module === "tcp" && line.takeIf("--tcp-flags")) {
        line.expect("FIN,SYN,RST,ACK", "SYN");
        return { opening: true };
      }
      // iptables-save leaves out a range that holds every port.
      return line.next?.startsWith("--") ? readPortList(line, "") : {};
    case "multiport":
      if (found.protocol === undefined || !portProtocols.has(found.protocol)) {
        throw line.refuse("a list of ports is read under -p with a protocol that has ports");
      }
      return readPortList(line, "s");
    case "icmp":
      requireProtocol(line, found, icmpProtocol(4));
      line.expect("--icmp-type");
      return { icmpType: readIcmpType(line, 4) };
    case "icmp6":
      requireProtocol(line, found, icmpProtocol(6));
      line.expect("--icmpv6-type");
      return { icmpType: readIcmpType(line, 6) };
    case "iprange":
      return readRanges(line, family, rangeOf);
    case "conntrack":
      return readConnection(line);
    case "comment":
      line.expect("--comment");
      return { comment: line.take("a text") };
    case "set":
      line.expect("!", "--match-set");
      return { unrecorded: readSetUse(line) };
    case "recent":
      return readRecent(line, family);
    default:
      throw line.refuse(`the match "${module}" is not one that Sluice uses`);
  }
}

function requireProtocol(line: Line, found: Conditions, protocol: number): void {
  if (found.protocol !== protocol) throw line.refuse("this match is read under -p with its own protocol");
}

/** One port or range behind `--dport`, or a list of at most 15 slots behind `--dports`; a range takes two. */
function readPortList(line: Line, plural: "" | "s"): Conditions {
  const isSource = line.takeIf(`--sport${plural}`);
  if (!isSource) line.expect(`--dport${plural}`);
  const text = line.take("a port");
  const ports = (plural === "" ? [text] : text.split(",")).map((part) => readPorts(line, part));
  if (ports.reduce((sum, { from, to }) => sum + (from === to ? 1 : 2), 0) > 15) {
    throw line.refuse("a list holds 15 ports, and a range counts as two");
  }
  return isSource ? { sourcePorts: ports } : { destinationPorts: ports };
}

function readRanges(line: Line, family: Family | undefined, rangeOf: RangeReader): Conditions {
  const source = line.takeIf("--src-range") && { source: readAddress(line, family, rangeOf, "range") };
  const destination = line.takeIf("--dst-range") && {
    destination: readAddress(line, family, rangeOf, "range"),
  };
  if (!source && !destination) throw line.refuse("expected --src-range or --dst-range here", "next");
  return { ...(source || {}), ...(destination || {}) };
}

/** A set and the directions in which it is read, as `-m set` and `-j SET` both name them. */
export function readSetUse(line: Line): NonNullable<Conditions["unrecorded"]> {
  const set = line.take("a set");
  const directions = line.take("directions");
  if (directions !== "src,dst,dst" && directions !== "dst,src,src") {
    throw line.refuse('expected "src,dst,dst", or "dst,src,src" for a reply');
  }
  return { set, directions };
}

/** The conditions on a connection that are ours: a reply of one that is known, what belongs to one, or (drains) any of one. */
function readConnection(line: Line): Conditions {
  line.expect("--ctstate");
  const state = line.take("a state");
  if (state === "RELATED") return { states: ["related"] };
  if (state !== "ESTABLISHED") throw line.refuse('expected "ESTABLISHED" or "RELATED"');
  if (line.next !== "--ctdir") return { established: true };
  line.expect("--ctdir", "REPLY");
  return { states: ["reply"] };
}

/** The lease of a trial, or the list by which sessions drain. */
function readRecent(line: Line, family: Family | undefined): Conditions {
  if (family === undefined) throw line.refuse("a lease or a drain needs -4 or -6 before -A");
  line.expect("--rcheck", "--seconds");
  if (!/^[1-9]\d{0,8}$/.test(line.take("seconds"))) throw line.refuse("expected a number of seconds");
  line.expect("--name");
  const list = line.take("a list");
  const isDrain = list.startsWith("SLUICE-DRAIN-");
  if (!isDrain && !/^SLUICE-[0-9a-f]{16}$/.test(list))
    throw line.refuse("this is not the list of a plan, or of a drain");
  line.expect("--mask", family === 4 ? "0.0.0.0" : "::", "--rsource");
  return isDrain ? { draining: list } : { leased: true };
}
