import { protocolNumbers } from "../../net/protocol.ts";
import type { Conversation } from "../conversation.ts";
import { linkTag } from "../links/sightings.ts";
import { clock, epoch } from "./clock.ts";
import type { Drop } from "./drop.ts";
import { byteOf, conversationOf, countOf, type FlowRecord } from "./record.ts";

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
  "orig_l2_addr",
  "vlan",
  "inner_vlan",
  "observer",
] as const;
export type ZeekField = (typeof zeekFields)[number];

/** Fields that are numbers. JSON has them as such: to write each down as text and read that again would cost. */
export const zeekNumbers = [
  "ts",
  "id.orig_p",
  "id.resp_p",
  "ip_proto",
  "duration",
  "orig_pkts",
  "orig_ip_bytes",
  "resp_pkts",
  "resp_ip_bytes",
  "vlan",
  "inner_vlan",
] as const satisfies readonly ZeekField[];
type ZeekNumber = (typeof zeekNumbers)[number];
export const zeekTexts = zeekFields.filter((field) => !zeekNumbers.some((number) => number === field));
export type ZeekRecord = {
  readonly [Field in ZeekField]?: (Field extends ZeekNumber ? string | number : string) | undefined;
};

/**
 * By these a log of a cluster, or of several sensors, says who wrote a record (`Log::default_ext_func`, and the shippers of logs).
 * Zeek itself has no such field; the first that is there counts as `observer`.
 */
export const observerFields = [
  ...["_node_name", "_system_name", "node", "peer", "peer_descr", "sensor", "sensor_name"],
  ...["observer.name", "host.name", "agent.name", "agent_hostname", "host"],
] as const;

/** Without these a record names no flow. */
export const neededFields: readonly ZeekField[] = [
  "id.orig_h",
  "id.orig_p",
  "id.resp_h",
  "id.resp_p",
  "proto",
];

/** One connection of the log as a conversation whose party `a` is Zeek's originator. */
export function readZeekRecord(record: ZeekRecord): Conversation | Drop {
  const protocol = protocolNumber(record);
  const first = timeOf(record.ts);
  return conversationOf({
    source: record["id.orig_h"],
    destination: record["id.resp_h"],
    protocol,
    sourcePort: record["id.orig_p"],
    destinationPort: record["id.resp_p"],
    // For ICMP Zeek puts the type in the originator's port field.
    icmpType: byteOf(record["id.orig_p"]),
    first,
    last: first + countOf(record.duration),
    sent: { packets: counterOf(record.orig_pkts), bytes: counterOf(record.orig_ip_bytes) },
    received: { packets: counterOf(record.resp_pkts), bytes: counterOf(record.resp_ip_bytes) },
    spoke: { source: true, destination: hasAnswer(record) },
    broadcast: record.resp_l2_addr?.toLowerCase() === "ff:ff:ff:ff:ff:ff",
    opener: opener(record, protocol),
    links: linksOf(record),
  });
}

/** Packets or bytes: what is no whole number was damaged, and counts as none. */
const counterOf = (value: string | number | undefined): number => {
  const count = countOf(value);
  return Number.isSafeInteger(count) ? count : 0;
};

/** Cards by `mac-logging`, tags by `vlan-logging`: those of the connection, so of both ends where both spoke. */
function linksOf(record: ZeekRecord): FlowRecord["links"] {
  const vlans = [record.vlan, record.inner_vlan];
  if (record.vlan === undefined && record.orig_l2_addr === undefined && record.resp_l2_addr === undefined)
    return undefined;
  return {
    source: linkTag(record.orig_l2_addr, vlans),
    destination: hasAnswer(record) ? linkTag(record.resp_l2_addr, vlans) : [],
  };
}

/** Seconds since 1970; JSON may also have milliseconds or ISO 8601 in UTC (`LogAscii::json_timestamps`). */
function timeOf(value: string | number | undefined): number {
  if (value === undefined || value === "") return Number.NaN;
  const time = Number(value);
  if (Number.isNaN(time) && typeof value === "string" && value.includes("T")) return utc.iso(value);
  return epoch(time > firstMilliseconds ? time / 1000 : time);
}

const utc = clock({});
/** In seconds this is the year 5138, in milliseconds 1973. */
export const firstMilliseconds = 1e11;

function opener(record: ZeekRecord, protocol: number | undefined): FlowRecord["opener"] {
  if (record.history?.startsWith("^")) return byLog;
  return hasConnections.has(protocol) && sawOpening(record) ? bySyn : undefined;
}

const [byLog, bySyn] = (["log", "syn"] as const).map((by) => ({ end: "source", by }) as const);

export const hasConnections: ReadonlySet<number | undefined> = new Set([
  protocolNumbers.tcp,
  protocolNumbers.sctp,
]);

/** States in which Zeek saw the SYN or its answer (Conn::Info, `conn_state`); OTH is midstream traffic. */
export const openedStates: ReadonlySet<string> = new Set(
  "S0 S1 SF REJ S2 S3 RSTO RSTR RSTOS0 RSTRH SH SHR".split(" "),
);

/** History: S is the originator's SYN, h the responder's SYN ACK. */
const sawOpening = ({ history, conn_state: state }: ZeekRecord): boolean =>
  history === undefined ? openedStates.has(state ?? "") : /[Sh]/.test(history);

/** History: a small letter is the responder's, and r its RST. */
export const answerPattern = /[a-qs-z]/;
/** States in which the responder sent nothing but a refusal. */
export const refusedStates: ReadonlySet<string> = new Set(["REJ", "RSTRH"]);

/** States in which the responder sent more than a refusal. */
export const answeredStates: ReadonlySet<string> = new Set("S1 SF S2 S3 RSTO RSTR SHR".split(" "));

/** Without a history, packets and the state decide; where the log counts no packets, the state alone. */
const hasAnswer = ({ history, conn_state: state, resp_pkts: packets }: ZeekRecord): boolean =>
  history === undefined
    ? packets === undefined
      ? answeredStates.has(state ?? "")
      : counterOf(packets) > 0 && !refusedStates.has(state ?? "")
    : answerPattern.test(history);

function protocolNumber({ proto, ip_proto: number, "id.orig_h": source }: ZeekRecord): number | undefined {
  const named = byteOf(number);
  if (named !== undefined) return named;
  switch (proto) {
    case "tcp":
    case "udp":
    case "sctp":
      return protocolNumbers[proto];
    case "icmp":
      return source?.includes(":") === true ? protocolNumbers.icmpv6 : protocolNumbers.icmp;
    default:
      return undefined;
  }
}
