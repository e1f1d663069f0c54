import type { Conversation } from "../conversation.ts";
import { linkTag } from "../links/sightings.ts";
import { type Clock, epochOfDigits } from "./clock.ts";
import { ignored, rejected } from "./drop.ts";
import { lineReader } from "./lines.ts";
import { directionPairs, exporterOf, type NetflowRecord, type Once, translated } from "./nfdump-record.ts";
import { countOf, protocolOf } from "./record.ts";
import { type ByteReader, SourceError, type Tally } from "./source.ts";

/** Names of each column: up to 1.7.3, from 1.7.4 on (`csv`, `csv:…` and `csv-fast`). The first that is there counts. */
const columnNames = {
  first: ["ts", "firstSeen"],
  last: ["te", "lastSeen"],
  duration: ["td", "duration"],
  source: ["sa", "srcAddr"],
  destination: ["da", "dstAddr"],
  sourcePort: ["sp", "srcPort"],
  destinationPort: ["dp", "dstPort"],
  protocol: ["pr", "proto"],
  flags: ["flg", "flags"],
  packets: ["ipkt", "pkt", "inPackets", "packets"],
  bytes: ["ibyt", "byt", "inBytes", "bytes"],
  packetsBack: ["opkt", "outPackets"],
  bytesBack: ["obyt", "outBytes"],
  translatedDestination: ["dstXIP"],
  translatedPort: ["dstXPort"],
  sourceVlan: ["svln", "srcVlan"],
  destinationVlan: ["dvln", "dstVlan"],
  sourceCard: ["ismc", "inSrcMac"],
  destinationCard: ["odmc", "outDstMac"],
  router: ["ra", "routerIP"],
  engine: ["eng", "engine"],
  domain: ["obsDomainID"],
  point: ["obsPointID"],
  exporter: ["exid", "exporterID"],
} as const;
type Column = keyof typeof columnNames;
const neededColumns: readonly Column[] = [
  "source",
  "destination",
  "sourcePort",
  "destinationPort",
  "protocol",
];

type Layout = { readonly width: number } & { readonly [Name in Column]?: number };

const header = ignored("header, summary or empty line");
const wrongWidth = rejected("number of columns differs from the header");

/** Whether a line names the columns of nfdump's CSV. */
export const isNfdumpHeader = (line: string): boolean => {
  const names = line.split(",");
  return neededColumns.every((column) => columnNames[column].some((name) => names.includes(name)));
};

/** Reads nfdump's CSV by the header that each file carries: the columns differ between its versions. */
export function nfdumpCsvReader(
  sink: (talk: Conversation) => void,
  once: Once,
  tally: Tally,
  clock: Clock,
): ByteReader {
  const pairs = directionPairs(sink, once, tally);
  let layout: Layout | undefined;
  let inSummary = false;
  const lines = lineReader("nfdump CSV", tally, (line, number) => {
    const isHeader = /^[a-z]/i.test(line) && isNfdumpHeader(line);
    if (isHeader) {
      layout = layoutOf(line);
      inSummary = false;
    }
    if (/^(Summary|No matching flows|No matched flows)/.test(line)) inSummary = true;
    if (isHeader || inSummary || line.trim() === "") return header;
    if (layout === undefined) {
      throw new SourceError(
        `line ${number} is data, but no header stands above it: give nfdump's CSV with its first line`,
      );
    }
    const values = line.split(",").map((value) => value.trim());
    return values.length === layout.width ? pairs.add(recordOf(values, layout, clock)) : wrongWidth;
  });
  return {
    ...lines,
    end() {
      const warnings = lines.end();
      pairs.end();
      return warnings;
    },
  };
}

function layoutOf(line: string): Layout {
  const names = line.split(",").map((name) => name.trim());
  const columns = Object.entries(columnNames).flatMap(([column, spellings]) => {
    const spelling = spellings.find((name) => names.includes(name));
    return spelling === undefined ? [] : [[column, names.indexOf(spelling)]];
  });
  return { width: names.length, ...(Object.fromEntries(columns) as { readonly [Name in Column]?: number }) };
}

function recordOf(values: readonly string[], layout: Layout, clock: Clock): NetflowRecord {
  const value = (column: Column): string | undefined => {
    const index = layout[column];
    return index === undefined ? undefined : values[index];
  };
  const first = timeOf(value("first"), clock);
  const duration = value("duration");
  return {
    source: value("source"),
    destination: translated(value("destination"), value("translatedDestination")),
    sourcePort: value("sourcePort"),
    destinationPort: translated(value("destinationPort"), value("translatedPort")),
    icmpType: undefined,
    protocol: protocolOf(value("protocol")),
    flags: value("flags") ?? "",
    first,
    // The end is rounded to seconds where the duration is not.
    last: duration === undefined ? timeOf(value("last"), clock) : first + durationOf(duration),
    sent: { packets: countOf(value("packets")), bytes: countOf(value("bytes")) },
    received: { packets: countOf(value("packetsBack")), bytes: countOf(value("bytesBack")) },
    links: {
      source: linkTag(value("sourceCard"), [value("sourceVlan")]),
      destination: linkTag(value("destinationCard"), [value("destinationVlan")]),
    },
    observer: exporterOf(
      value("router"),
      [value("engine"), value("domain"), value("point")],
      value("exporter"),
    ),
  };
}

/** `csv-fast` has milliseconds since 1970, `%tsr` has seconds, all others a local time without its zone. */
function timeOf(text: string | undefined, clock: Clock): number {
  if (text === undefined || !/^\d+(\.\d+)?$/.test(text)) return clock.iso(text);
  return epochOfDigits(text);
}

/** `84.003`, or `00:01:24.003` with days in front where there are any. */
function durationOf(text: string): number {
  const [seconds = 0, minutes = 0, hours = 0] = text.split(":").reverse().map(countOf);
  return seconds + 60 * minutes + 3600 * hours;
}
