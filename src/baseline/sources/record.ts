import { AddressError, type Family, formatAddress, parseAddress } from "../../net/address.ts";
import {
  icmpProtocol,
  icmpRequestType,
  type ProtocolName,
  portProtocols,
  protocolNumbers,
} from "../../net/protocol.ts";
import { type Conversation, conversation, party } from "../conversation.ts";
import type { LinkTag } from "../links/sightings.ts";
import { spanned } from "../presence.ts";
import { latestTime } from "../time.ts";
import { type Drop, ignored, rejected } from "./drop.ts";
import type { Tally } from "./source.ts";
import { icmp4Errors, icmp6OfLink } from "./transport.ts";

/** One record of a flow log: what two ends exchanged, as far as the log tells. Values are as they stand in it. */
export interface FlowRecord {
  readonly source: string | undefined;
  readonly destination: string | undefined;
  /** Number of the IP protocol; undefined when the log does not name it. */
  readonly protocol: number | undefined;
  /** Needed for protocols with ports, else not looked at. */
  readonly sourcePort: string | number | undefined;
  readonly destinationPort: string | number | undefined;
  /** Needed for ICMP: the type that the source sent. */
  readonly icmpType: number | undefined;
  /** Seconds since 1970; NaN where the log does not tell. */
  readonly first: number;
  readonly last: number;
  readonly sent: Figures;
  readonly received: Figures;
  /** The source, or the destination, sent something other than a refusal. */
  readonly spoke: { readonly source: boolean; readonly destination: boolean };
  /** The source sent data that acknowledges the destination. */
  readonly acknowledged?: boolean;
  /** The end that opened, where the log knows. */
  readonly opener?: { readonly end: "source" | "destination"; readonly by: "syn" | "log" };
  /** The link layer delivered it to everyone. */
  readonly broadcast?: boolean;
  /** Where each end sends from. */
  readonly links?:
    | { readonly source: readonly LinkTag[]; readonly destination: readonly LinkTag[] }
    | undefined;
}

/** What one end sent. Bytes are those of IP packets. */
export interface Figures {
  readonly packets: number;
  readonly bytes: number;
}

/** Why a record of a flow log gives no flow. */
export const recordDrops = {
  badAddress: rejected("not an address"),
  badPort: rejected("not a port"),
  noIcmpType: rejected("no ICMP type"),
  unknownProtocol: ignored("protocol that the log does not name"),
  icmpError: ignored("ICMP error: belongs to the flow that it reports on"),
  linkScope: ignored("ICMPv6 of the link: neighbour discovery, multicast listeners"),
} as const;
const { badAddress, badPort, noIcmpType, unknownProtocol, icmpError, linkScope } = recordDrops;

/** Some programs leave it out always (ulogd and `conntrack -o xml` for connections, NetFlow 5 for ICMPv6). */
export const untoldIcmpType = ignored("ICMP whose type the log does not tell");

/** Logs of packets leave out those of protocols that their program does not take apart. */
export const untoldPorts = ignored("ports that the log does not tell");

/**
 * Whether a TCP connection shows in its counters alone that it was refused: for each SYN (which has options) at most a
 * bare header went out, and as many bare headers came back. An answered SYN has its answer's options.
 */
export function isRefusedByCount(family: Family, sent: Figures, received: Figures): boolean {
  const [bare, shortestSyn, longestSyn] = family === 4 ? [40, 44, 60] : [60, 64, 80];
  return (
    received.packets >= sent.packets &&
    received.packets > 0 &&
    received.bytes === bare * received.packets &&
    sent.bytes >= shortestSyn * sent.packets &&
    sent.bytes <= longestSyn * sent.packets
  );
}

/** A record as a conversation whose party `a` is the record's source. */
export function conversationOf(record: FlowRecord): Conversation | Drop {
  const [source, destination] = [canonical(record.source), canonical(record.destination)];
  if (source === undefined || destination === undefined || source.family !== destination.family)
    return badAddress;
  const { family } = source;
  const { protocol } = record;
  if (protocol === undefined) return unknownProtocol;
  const hasPorts = portProtocols.has(protocol);
  const sourcePort = hasPorts ? portOf(record.sourcePort) : 0;
  const destinationPort = hasPorts ? portOf(record.destinationPort) : 0;
  if (sourcePort === undefined || destinationPort === undefined) return badPort;
  const icmp = protocol === icmpProtocol(family);
  const type = icmp ? record.icmpType : undefined;
  if (icmp) {
    if (type === undefined) return noIcmpType;
    if (family === 4 ? icmp4Errors.has(type) : type < 128) return icmpError;
    if (family === 6 && icmp6OfLink.has(type)) return linkScope;
  }
  const request = type === undefined ? undefined : icmpRequestType(family, type);
  const { first } = record;
  // A duration that leads out of all time is damaged, and no reason to lose the flow.
  const last = record.last <= latestTime ? record.last : first;
  // The start of a connection is the only request that a flow log tells of.
  const a = party(source.text, sourcePort, first);
  const b = party(destination.text, destinationPort, first);
  const talk = conversation(family, protocol, request ?? type, a, b, first, spanned(first, last));
  talk.last = last;
  talk.broadcast = record.broadcast ?? false;
  a.packets = record.sent.packets;
  a.bytes = record.sent.bytes;
  b.packets = record.received.packets;
  b.bytes = record.received.bytes;
  a.spoke = record.spoke.source;
  b.spoke = record.spoke.destination;
  a.acknowledged = record.acknowledged ?? false;
  const { opener, links } = record;
  if (links !== undefined && links.source.length + links.destination.length > 0)
    talk.links = { a: links.source, b: links.destination };
  if (icmp) talk.opener = { party: request === undefined ? a : b, by: "icmp" };
  else if (opener !== undefined) talk.opener = { party: opener.end === "source" ? a : b, by: opener.by };
  return talk;
}

/** Takes a record of a log as a conversation. @param observer who saw it, where the log says so. */
export type RecordSink = (talk: Conversation, observer: string | undefined) => void;

/** Hands on and counts what a record gave, or returns why it gave nothing. */
export function use(
  read: Conversation | Drop,
  sink: (talk: Conversation) => void,
  tally: Tally,
): Drop | undefined {
  if (!("a" in read)) return read;
  sink(read);
  tally.use();
  return undefined;
}

export function drop({ kind, reason }: Drop, tally: Tally, sample: string): void {
  if (kind === "ignored") tally.ignore(reason);
  else tally.reject(reason, sample);
}

/** A counter in a log; 0 where it is absent or no number. */
export const countOf = (value: unknown): number => {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof number === "number" && number >= 0 && Number.isFinite(number) ? number : 0;
};

/** A port as it stands in a log, or undefined when it is none. */
export const portOf = (value: string | number | undefined): number | undefined => below(65_536, 5, value);

/** A small number in a log (an ICMP type, a protocol), or undefined. */
export const byteOf = (value: unknown): number | undefined => below(256, 3, value);

/** A whole number below a limit, of so many decimal digits at most; read by hand, since every line has some. */
function below(limit: number, digits: number, value: unknown): number | undefined {
  const text = typeof value === "string" ? value : String(value);
  if (text.length === 0 || text.length > digits) return undefined;
  let number = 0;
  for (let at = 0; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return undefined;
    number = 10 * number + digit;
  }
  return number < limit ? number : undefined;
}

/** Protocols that logs name and Sluice does not, or names otherwise (IANA, and the protocols(5) of Linux and the BSDs). */
const otherNames: ReadonlyMap<string, number> = new Map([
  ["ipv6-icmp", protocolNumbers.icmpv6],
  ["icmp6", protocolNumbers.icmpv6],
  ["ospfigp", protocolNumbers.ospf],
  ["carp", protocolNumbers.vrrp],
  ["ggp", 3],
  ["ipv4", 4],
  ["ipencap", 4],
  ["ipip", 4],
  ["st", 5],
  ["egp", 8],
  ["igp", 9],
  ["hmp", 20],
  ["rdp", 27],
  ["ipv6", 41],
  ["rsvp", 46],
  ["skip", 57],
  ["eigrp", 88],
  ["ax.25", 93],
  ["etherip", 97],
  ["encap", 98],
  ["pim", 103],
  ["ipcomp", 108],
  ["l2tp", 115],
  ["isis", 124],
  ["fc", 133],
  ["rsvp-e2e-ignore", 134],
  ["mpls-in-ip", 137],
  ["manet", 138],
  ["hip", 139],
  ["shim6", 140],
  ["wesp", 141],
  ["rohc", 142],
  ["pfsync", 240],
]);

/** The number of a protocol that a log names in its own spelling, or gives as a number. */
export function protocolOf(value: unknown): number | undefined {
  const text = String(value).trim().toLowerCase();
  return byteOf(text) ?? otherNames.get(text) ?? protocolNumbers[text as ProtocolName];
}

interface CanonicalAddress {
  readonly family: Family;
  readonly text: string;
}

/** Addresses that were read before: a log holds few, over and over, and reading one is most of what a line costs. */
const known = new Map<string, CanonicalAddress | undefined>();
/** A scan brings ever new ones: the table starts anew when it is full. */
const mostKnown = 1 << 16;

function canonical(text: string | undefined): CanonicalAddress | undefined {
  if (text === undefined) return undefined;
  const before = known.get(text);
  if (before !== undefined || known.has(text)) return before;
  const address = readAddress(text);
  if (known.size >= mostKnown) known.clear();
  // A copy: the part of a line that it is cut from would keep all that was read with that line in memory.
  known.set(Buffer.from(text).toString(), address);
  return address;
}

function readAddress(text: string): CanonicalAddress | undefined {
  try {
    const { family, from } = parseAddress(text);
    return { family, text: formatAddress(family, from) };
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}
