import type { Conversation } from "../conversation.ts";
import { type LinkTag, linkTag } from "../links/sightings.ts";
import type { Clock } from "./clock.ts";
import { ignored, rejected } from "./drop.ts";
import { isObject, type JsonObject, textOf } from "./json.ts";
import { jsonLinesReader } from "./json-lines.ts";
import {
  byteOf,
  conversationOf,
  countOf,
  type FlowRecord,
  protocolOf,
  type RecordSink,
  use,
} from "./record.ts";
import { suricataLosses } from "./recorder-losses.ts";
import type { ByteReader, Tally } from "./source.ts";

const otherEvent = ignored("event of another type than flow");
const netflowEvent = ignored("netflow event: one direction of what a flow event has whole");
const noFlow = rejected("flow event without a flow");

/**
 * Reads the flow events of Suricata's eve.json; all other events are told apart by `event_type`. Suricata counts the
 * bytes of frames, link headers included, and does not tell how long those are: they stay in the figures.
 */
export function eveReader(sink: RecordSink, tally: Tally, clock: Clock): ByteReader {
  const noteLosses = suricataLosses(tally);
  return jsonLinesReader("Suricata EVE", tally, (event) => {
    if (event.event_type === "stats") noteLosses(event);
    if (event.event_type !== "flow") return event.event_type === "netflow" ? netflowEvent : otherEvent;
    if (!isObject(event.flow)) return noFlow;
    const seen = (talk: Conversation): void => sink(talk, observerOf(event));
    return use(conversationOf(flowRecord(event, event.flow, clock)), seen, tally);
  });
}

/** The sensor (`sensor-name`) and its interface. Shippers of logs have an object under `host`. */
function observerOf(event: JsonObject): string | undefined {
  const host = isObject(event.host) ? textOf(event.host, "name") : textOf(event, "host");
  const parts = [host, textOf(event, "in_iface")].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(" ");
}

function flowRecord(event: JsonObject, flow: JsonObject, clock: Clock): FlowRecord {
  const tcp = isObject(event.tcp) ? event.tcp : {};
  const [sentFlags, receivedFlags] = [hex(tcp.tcp_flags_ts), hex(tcp.tcp_flags_tc)];
  // Whoever sent a SYN or was answered by one opened: Suricata turns a flow around whose SYN ACK came first.
  const opened = ((sentFlags | receivedFlags) & tcpFlag.syn) !== 0;
  // The event's own timestamp is when it was written: for a capture that is read back, long before or after.
  const [first, last] = [timeOf(flow.start, clock), timeOf(flow.end, clock)];
  const sent = { packets: countOf(flow.pkts_toserver), bytes: countOf(flow.bytes_toserver) };
  const received = { packets: countOf(flow.pkts_toclient), bytes: countOf(flow.bytes_toclient) };
  return {
    source: textOf(event, "src_ip"),
    destination: textOf(event, "dest_ip"),
    protocol: protocolOf(event.proto),
    sourcePort: textOf(event, "src_port"),
    destinationPort: textOf(event, "dest_port"),
    icmpType: byteOf(event.icmp_type),
    first,
    last: Number.isNaN(last) ? first : last,
    sent,
    received,
    spoke: {
      source: sent.packets > 0 && !isRefusal(sentFlags),
      destination: received.packets > 0 && !isRefusal(receivedFlags),
    },
    opener: opened ? bySyn : undefined,
    links: linksOf(event, received.packets > 0),
  };
}

const bySyn = { end: "source", by: "syn" } as const;

const timeOf = (time: unknown, clock: Clock): number =>
  clock.iso(typeof time === "string" ? time : undefined);

/**
 * The VLAN is the flow's, so both ends were seen in it where both spoke; cards are listed where `ethernet` is switched
 * on: the sources of what went to the server and the destinations of what came from it, and the other way round.
 */
function linksOf(event: JsonObject, isAnswered: boolean): FlowRecord["links"] {
  if (event.vlan === undefined && event.ether === undefined) return undefined;
  // Suricata before 5 wrote a single tag as a number.
  const vlans = Array.isArray(event.vlan) ? event.vlan : [event.vlan];
  const ether = isObject(event.ether) ? event.ether : {};
  const tags = (macs: unknown): readonly LinkTag[] =>
    (Array.isArray(macs) && macs.length > 0 ? macs : [undefined]).flatMap((mac: unknown) =>
      linkTag(typeof mac === "string" ? mac : undefined, vlans),
    );
  return { source: tags(ether.src_macs), destination: isAnswered ? tags(ether.dest_macs) : [] };
}

const tcpFlag = { syn: 0x02, reset: 0x04, acknowledge: 0x10 } as const;

/** RST, with or without ACK, and nothing else in all that an end sent. */
const isRefusal = (flags: number): boolean =>
  (flags & tcpFlag.reset) !== 0 && (flags & ~(tcpFlag.reset | tcpFlag.acknowledge)) === 0;

const hex = (flags: unknown): number => (typeof flags === "string" ? Number.parseInt(flags, 16) || 0 : 0);
