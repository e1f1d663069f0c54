import { AddressError, formatAddress, parseAddress } from "../../net/address.ts";
import { portProtocols, protocolNumbers } from "../../net/protocol.ts";
import { type Conversation, conversation, noteRequest, type Party, party } from "../conversation.ts";
import { latestTime } from "../time.ts";
import { type Drop, ignored, rejected } from "./drop.ts";
import type { Tally } from "./source.ts";
import { answeredRequest, icmp4Errors, icmp6OfLink } from "./transport.ts";

/** The fields of Zeek's conn.log that the baseline uses. A value is undefined where the log has none. */
export const zeekFields = [
  "ts",
  "id.orig_h",
  "id.orig_p",
  "id.resp_h",
  "id.resp_p",
  "proto",
  "ip_proto",
  "duration",
  "conn_state",
  "history",
  "orig_pkts",
  "orig_ip_bytes",
  "resp_pkts",
  "resp_ip_bytes",
  "resp_l2_addr",
] as const;
export type ZeekField = (typeof zeekFields)[number];
export type ZeekRecord = Readonly<Partial<Record<ZeekField, string>>>;

/** Without these a record names no flow. */
export const neededFields: readonly ZeekField[] = [
  "id.orig_h",
  "id.orig_p",
  "id.resp_h",
  "id.resp_p",
  "proto",
];

const badAddress = rejected("not an address");
const badPort = rejected("not a port");
const unknownProtocol = ignored("protocol that the log does not name");
const icmpError = ignored("ICMP error: belongs to the flow that it reports on");
const linkScope = ignored("ICMPv6 of the link: neighbour discovery, multicast listeners");

/** One connection of the log as a conversation whose party `a` is Zeek's originator. */
export function readZeekRecord(record: ZeekRecord): Conversation | Drop {
  const [originator, responder] = [canonical(record["id.orig_h"]), canonical(record["id.resp_h"])];
  if (originator === undefined || responder === undefined || originator.family !== responder.family)
    return badAddress;
  const { family } = originator;
  const protocol = protocolOf(record, family);
  if (protocol === undefined) return unknownProtocol;
  const [sourcePort, destinationPort] = [portOf(record["id.orig_p"]), portOf(record["id.resp_p"])];
  if (sourcePort === undefined || destinationPort === undefined) return badPort;

  const icmp = protocol === protocolNumbers.icmp || protocol === protocolNumbers.icmpv6;
  // For ICMP Zeek puts the type in the originator's port field.
  const type = icmp ? sourcePort : undefined;
  if (type !== undefined) {
    if (family === 4 ? icmp4Errors.has(type) : type < 128) return icmpError;
    if (family === 6 && icmp6OfLink.has(type)) return linkScope;
  }
  const request = type === undefined ? undefined : answeredRequest(family, type);
  const hasPorts = portProtocols.has(protocol);
  const a = party(originator.text, hasPorts ? sourcePort : 0);
  const b = party(responder.text, hasPorts ? destinationPort : 0);
  const time = timeOf(record.ts);
  const talk = conversation(family, protocol, request ?? type, a, b, time);
  talk.last = time + countOf(record.duration);
  talk.broadcast = record.resp_l2_addr?.toLowerCase() === "ff:ff:ff:ff:ff:ff";
  addFigures(a, record.orig_pkts, record.orig_ip_bytes);
  addFigures(b, record.resp_pkts, record.resp_ip_bytes);
  a.spoke = true;
  b.spoke = hasAnswer(record);
  if (icmp) talk.opener = { party: request === undefined ? a : b, by: "icmp" };
  else if (record.history?.startsWith("^")) talk.opener = { party: a, by: "log" };
  else if (hasConnections.has(protocol) && sawOpening(record)) talk.opener = { party: a, by: "syn" };
  // The start of a connection is the only request that a connection log tells of.
  noteRequest(a, time);
  noteRequest(b, time);
  return talk;
}

/** Sorts a record that was read into use, or counts why not. */
export function count(read: Conversation | Drop, sink: (talk: Conversation) => void, tally: Tally): void {
  if ("a" in read) {
    sink(read);
    tally.use();
  } else if (read.kind === "ignored") tally.ignore(read.reason);
  else tally.reject(read.reason);
}

const hasConnections: ReadonlySet<number> = new Set([protocolNumbers.tcp, protocolNumbers.sctp]);

/** States in which Zeek saw the SYN or its answer (Conn::Info, `conn_state`); OTH is midstream traffic. */
const openedStates: ReadonlySet<string> = new Set(
  "S0 S1 SF REJ S2 S3 RSTO RSTR RSTOS0 RSTRH SH SHR".split(" "),
);

/** History: S is the originator's SYN, h the responder's SYN ACK. */
const sawOpening = ({ history, conn_state: state }: ZeekRecord): boolean =>
  history === undefined ? openedStates.has(state ?? "") : /[Sh]/.test(history);

/** History: a small letter is the responder's, and r its RST. Without a history, packets and the state decide. */
const hasAnswer = ({ history, conn_state: state, resp_pkts: packets }: ZeekRecord): boolean =>
  history === undefined
    ? countOf(packets) > 0 && state !== "REJ" && state !== "RSTRH"
    : /[a-qs-z]/.test(history);

function addFigures(side: Party, packets: string | undefined, bytes: string | undefined): void {
  side.packets = countOf(packets);
  side.bytes = countOf(bytes);
}

const countOf = (text: string | undefined): number => {
  const count = Number(text ?? 0);
  return count >= 0 && Number.isFinite(count) ? count : 0;
};

/** NaN where the time is unset or masked: the flow is still known. */
const timeOf = (text: string | undefined): number => {
  const time = text === undefined || text === "" ? Number.NaN : Number(text);
  return Math.abs(time) <= latestTime ? time : Number.NaN;
};

const portOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,5}$/.test(text) && Number(text) < 65_536 ? Number(text) : undefined;

function protocolOf({ proto, ip_proto: number }: ZeekRecord, family: 4 | 6): number | undefined {
  if (number !== undefined && /^\d{1,3}$/.test(number)) return Number(number);
  switch (proto) {
    case "tcp":
    case "udp":
    case "sctp":
      return protocolNumbers[proto];
    case "icmp":
      return family === 4 ? protocolNumbers.icmp : protocolNumbers.icmpv6;
    default:
      return undefined;
  }
}

interface CanonicalAddress {
  readonly family: 4 | 6;
  readonly text: string;
}

function canonical(text: string | undefined): CanonicalAddress | undefined {
  if (text === undefined) return undefined;
  try {
    const { family, from } = parseAddress(text);
    return { family, text: formatAddress(family, from) };
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}
