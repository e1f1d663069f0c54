import type { Conversation } from "../conversation.ts";
import { linkTag } from "../links/sightings.ts";
import type { Clock } from "./clock.ts";
import { rejected } from "./drop.ts";
import { type JsonObject, parseObject, textOf } from "./json.ts";
import { directionPairs, exporterOf, type NetflowRecord, type Once, translated } from "./nfdump-record.ts";
import { byteOf, countOf, drop, protocolOf } from "./record.ts";
import { type ByteReader, SourceError, type Tally } from "./source.ts";
import { cutShort } from "./truncated.ts";

const notJson = rejected("not a JSON object");
/** No record is this long; a file without an end of an object is damaged. */
const longestObject = 1 << 20;

/** Reads nfdump's JSON: one list of objects over many lines, or an object a line. */
export function nfdumpJsonReader(
  sink: (talk: Conversation) => void,
  once: Once,
  tally: Tally,
  clock: Clock,
): ByteReader {
  const pairs = directionPairs(sink, once, tally);
  const decoder = new TextDecoder();
  let rest = "";
  let records = 0;
  let bytes = 0;
  const feed = (text: string): void => {
    rest += text;
    // An object of nfdump is flat, and no text in it holds a brace.
    for (let end = rest.indexOf("}"); end >= 0; end = rest.indexOf("}")) {
      const start = rest.indexOf("{");
      const object = start >= 0 && start < end ? parseObject(rest.slice(start, end + 1)) : undefined;
      records += 1;
      const reason = object === undefined ? notJson : pairs.add(recordOf(object, clock));
      if (reason !== undefined)
        drop(
          reason,
          tally,
          `record ${records}: ${rest.slice(0, Math.min(end + 1, 200)).replace(/\s+/g, " ")}`,
        );
      rest = rest.slice(end + 1);
    }
    if (rest.length > longestObject) {
      throw new SourceError(
        `record ${records + 1} is longer than ${longestObject} characters: this is no flow record`,
      );
    }
  };
  return {
    format: "nfdump JSON",
    unit: "records",
    push(chunk) {
      bytes += chunk.length;
      feed(decoder.decode(chunk, { stream: true }));
    },
    end() {
      pairs.end();
      const left = rest.indexOf("{");
      return left < 0
        ? []
        : [cutShort(tally, `record ${records + 1}`, bytes - (rest.length - left), rest.length - left)];
    },
  };
}

const unitNames = ["engine_type", "engine_id", "observationDomainID", "observationPointID"];

/** Behind the firewall's destination NAT where it has one, as its filter sees it. */
const recordOf = (object: JsonObject, clock: Clock): NetflowRecord => ({
  source: textOf(object, "src4_addr") ?? textOf(object, "src6_addr"),
  destination: translated(
    textOf(object, "dst4_addr") ?? textOf(object, "dst6_addr"),
    textOf(object, "dst4_xlt_ip") ?? textOf(object, "dst6_xlt_ip"),
  ),
  protocol: protocolOf(object.proto),
  sourcePort: textOf(object, "src_port"),
  destinationPort: translated(textOf(object, "dst_port"), textOf(object, "dst_xlt_port")),
  icmpType: byteOf(object.icmp_type),
  flags: textOf(object, "tcp_flags") ?? "",
  first: clock.iso(textOf(object, "first") ?? textOf(object, "t_first")),
  last: clock.iso(textOf(object, "last") ?? textOf(object, "t_last")),
  sent: { packets: countOf(object.in_packets), bytes: countOf(object.in_bytes) },
  received: { packets: countOf(object.out_packets), bytes: countOf(object.out_bytes) },
  links: {
    source: linkTag(textOf(object, "in_src_mac"), [object.src_vlan]),
    destination: linkTag(textOf(object, "out_dst_mac"), [object.dst_vlan]),
  },
  observer: exporterOf(
    textOf(object, "ip4_router") ?? textOf(object, "ip6_router"),
    unitNames.map((name) => textOf(object, name)),
    textOf(object, "export_sysid"),
  ),
});
