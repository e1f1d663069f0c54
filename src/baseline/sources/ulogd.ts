import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Conversation } from "../conversation.ts";
import { type Clock, epoch } from "./clock.ts";
import { type Connection, type ConnectionEvent, connections } from "./connection.ts";
import { ignored } from "./drop.ts";
import type { FrameSink } from "./frame.ts";
import { headerWriter, type LoggedPacket } from "./headers.ts";
import { type JsonObject, textOf } from "./json.ts";
import { jsonLinesReader } from "./json-lines.ts";
import { byteOf, countOf } from "./record.ts";
import type { ByteReader, Tally } from "./source.ts";

const otherRecord = ignored("neither a packet nor a connection");

/** Events of the kernel's connection tracking, as ulogd numbers them (NFCT_T_NEW, _UPDATE, _DESTROY). */
const eventNames: ReadonlyMap<number, ConnectionEvent> = new Map([
  [1, "new"],
  [2, "update"],
  [4, "destroy"],
]);

/** Reads ulogd2's JSON: packets (NFLOG) and connections (NFCT). */
export function ulogdReader(
  frame: FrameSink,
  sink: (talk: Conversation) => void,
  tally: Tally,
  clock: Clock,
): ByteReader {
  const write = headerWriter(frame);
  const tracked = connections(sink);
  let [seen, counted] = [0, 0];
  const reader = jsonLinesReader("ulogd2 JSON", tally, (object) => {
    if (object["orig.ip.protocol"] !== undefined) {
      const connection = connectionOf(object);
      const reason = tracked.add(connection, eventNames.get(countOf(object["ct.event"])));
      if (reason === undefined) tally.use();
      seen += 1;
      if (connection.original.packets > 0) counted += 1;
      return reason;
    }
    return object["ip.protocol"] === undefined && object["ip6.nexthdr"] === undefined
      ? otherRecord
      : write(packetOf(object, clock));
  });
  return {
    ...reader,
    end() {
      const warnings = reader.end();
      tracked.end();
      return seen > 0 && counted === 0 ? [...warnings, withoutCounters] : warnings;
    },
  };
}

/** So the kernel has it unless it is told otherwise, and then answers show nowhere. */
const withoutCounters: Diagnostic = {
  code: "baseline/no-counters",
  severity: "warning",
  message: "its connections have no counters, so that none of them counts as answered",
  fix: "switch accounting on where they are tracked (sysctl net.netfilter.nf_conntrack_acct=1), and log their ends too",
};

const packetOf = (object: JsonObject, clock: Clock): LoggedPacket => ({
  source: textOf(object, "src_ip"),
  destination: textOf(object, "dest_ip"),
  protocol: byteOf(object["ip.protocol"] ?? object["ip6.nexthdr"]),
  sourcePort: textOf(object, "src_port"),
  destinationPort: textOf(object, "dest_port"),
  icmpType: byteOf(object["icmp.type"] ?? object["icmpv6.type"]),
  flags: {
    syn: object["tcp.syn"] === 1,
    ack: object["tcp.ack"] === 1,
    fin: object["tcp.fin"] === 1,
    rst: object["tcp.rst"] === 1,
  },
  data: object["tcp.psh"] === 1,
  length: countOf(object["raw.pktlen"]),
  hopLimit: countOf(object["ip.ttl"] ?? object["ip6.hoplimit"]),
  mac: textOf(object, "mac.daddr.str") ?? textOf(object, "mac.str")?.slice(0, 17),
  sourceMac: textOf(object, "mac.saddr.str") ?? textOf(object, "mac.str")?.slice(18, 35),
  time: secondsOf(object, "oob.time", () => clock.iso(textOf(object, "timestamp"))),
});

function connectionOf(object: JsonObject): Connection {
  const first = secondsOf(object, "flow.start", () => Number.NaN);
  const replies = countOf(object["reply.raw.pktcount"]);
  return {
    protocol: byteOf(object["orig.ip.protocol"]),
    original: {
      source: textOf(object, "src_ip") ?? textOf(object, "orig.ip.saddr.str"),
      destination: textOf(object, "dest_ip") ?? textOf(object, "orig.ip.daddr.str"),
      sourcePort: textOf(object, "orig.l4.sport"),
      destinationPort: textOf(object, "orig.l4.dport"),
      icmpType: byteOf(object["icmp.type"]),
      packets: countOf(object["orig.raw.pktcount"]),
      bytes: countOf(object["orig.raw.pktlen"]),
    },
    reply: {
      source: textOf(object, "reply.ip.saddr.str"),
      destination: textOf(object, "reply.ip.daddr.str"),
      sourcePort: textOf(object, "reply.l4.sport"),
      destinationPort: textOf(object, "reply.l4.dport"),
      icmpType: undefined,
      packets: replies,
      bytes: countOf(object["reply.raw.pktlen"]),
    },
    // ulogd tells neither marks nor states: an answer shows in the counters, which come with the end.
    replied: replies > 0,
    refused: false,
    opened: false,
    first,
    last: secondsOf(object, "flow.end", () => first),
  };
}

/** ulogd's own `timestamp` has no zone; these fields are seconds and microseconds since 1970. */
function secondsOf(object: JsonObject, name: string, otherwise: () => number): number {
  const seconds = epoch(object[`${name}.sec`]);
  return Number.isNaN(seconds) ? otherwise() : seconds + countOf(object[`${name}.usec`]) / 1e6;
}
