import { knownServices } from "../../net/known-services.ts";
import type { Conversation } from "../conversation.ts";
import { ownDirection } from "../direction.ts";
import { addRecord, type FlowSum, flowSums } from "../flow-sums.ts";
import { countRecord, type LinkSighting, type LinkSightings } from "../links/sightings.ts";
import { partialOf } from "../partial.ts";
import { byteTable } from "./byte-table.ts";
import { type PlainColumn, plainLines } from "./plain-line.ts";
import type { ZeekHeader } from "./zeek-header.ts";
import type { ZeekField } from "./zeek-record.ts";
import { zeekTwins } from "./zeek-twins.ts";

/**
 * Adds the lines of a conn.log up without reading each of them whole. What a line says beside its figures (ends, protocol,
 * history, links) is read once, by what reads every line: one that says the same, byte for byte, adds only its times and
 * counters. A line that is not written as usual is not taken, and read like any other.
 */
export interface ZeekFold {
  /**
   * Adds the line from `start` on, whose line feed stands at `end`; false where it has to be read.
   * @throws {DoubledLog} when several observers wrote the log.
   */
  take(bytes: Uint8Array, start: number, end: number): boolean;
  /** Adds what the line that was not taken gave, and keeps in mind what lines like it say. */
  learn(talk: Conversation): void;
  /** Hands on all sums. */
  end(): void;
}

/** What a line adds to. */
interface Kind {
  readonly sum: FlowSum;
  /** The line's originator is who answers. */
  readonly isTurned: boolean;
  readonly sightings: readonly LinkSighting[];
}

/** So many sums are held, and texts that lead to them: a scan, or conversations without a direction, must not fill the memory. */
const mostSums = 1 << 16;
const mostTexts = 2 * mostSums;

/** The figures of a line, each with the place of its value. */
const figures = {
  ts: 0,
  duration: 1,
  "id.orig_p": 2,
  orig_pkts: 3,
  orig_ip_bytes: 4,
  resp_pkts: 5,
  resp_ip_bytes: 6,
} as const satisfies Partial<Record<ZeekField, number>>;
const isFigure = (field: ZeekField): field is keyof typeof figures => field in figures;

/** Ports of known services of any protocol. Which of the other ports an originator has, says nothing of the direction. */
const isKnownPort = new Uint8Array(65_536);
for (const { from, to } of knownServices.flatMap(({ ports }) => ports)) isKnownPort.fill(1, from, to + 1);

const [hash, space, firstBeyondAscii] = [35, 32, 128];

/** @param sink takes the sums, each as one conversation: at the end, and before there are too many. */
export function zeekFold(
  header: ZeekHeader,
  links: LinkSightings,
  sink: (talk: Conversation) => void,
): ZeekFold {
  const markers = [header.unset, header.empty].map((marker) => Buffer.from(marker));
  const lines = plainLines(columnsOf(header), header.separator.charCodeAt(0), markers);
  const { values, text } = lines;
  const present = new Set(header.columns.map(([field]) => field));
  for (const [field, place] of Object.entries(figures))
    if (!present.has(field as ZeekField)) values[place] = -1;

  const record = { packets: 0, packetsBack: 0, bytes: 0, bytesBack: 0, first: 0, last: 0 };
  let originPort = 0;
  /** Number of the text of the line that was looked at last; -1 where it is none that can be taken. */
  let number = -1;

  const twins = zeekTwins();
  const sums = flowSums();
  let table = byteTable();
  let kinds: (Kind | "by port" | undefined)[] = [];
  let kindsByPort = new Map<number, Kind>();
  const kindOf = (): Kind | undefined => {
    const kind = isKnownPort[originPort] === 1 ? "by port" : kinds[number];
    return kind === "by port" ? kindsByPort.get(number * 65_536 + originPort) : kind;
  };
  const drain = (): void => {
    sums.drain(sink);
    twins.forget();
    [table, kinds, kindsByPort, number] = [byteTable(), [], new Map(), -1];
  };
  const readFigures = (isTurned: boolean): void => {
    const [start, lasted] = [values[figures.ts]!, values[figures.duration]!];
    const [packets, bytes] = [values[figures.orig_pkts]!, values[figures.orig_ip_bytes]!];
    const [packetsBack, bytesBack] = [values[figures.resp_pkts]!, values[figures.resp_ip_bytes]!];
    record.packets = Math.max(0, isTurned ? packetsBack : packets);
    record.packetsBack = Math.max(0, isTurned ? packets : packetsBack);
    record.bytes = Math.max(0, isTurned ? bytesBack : bytes);
    record.bytesBack = Math.max(0, isTurned ? bytes : bytesBack);
    record.first = start / 1e6;
    record.last = record.first + Math.max(0, lasted) / 1e6;
  };

  return {
    take(bytes, start, end) {
      number = -1;
      const first = bytes[start]!;
      if (first <= space || first === hash || first >= firstBeyondAscii) return false;
      if (!lines.read(bytes, start, end) || values[figures.ts]! < 0) return false;
      originPort = values[figures["id.orig_p"]]!;
      if (originPort < 0 || originPort >= isKnownPort.length) return false;
      // Without a history it is the responder's packets that tell whether it answered.
      const answered = Math.sign(values[figures.resp_pkts]!);
      text.hash = Math.imul(text.hash ^ (answered + 1), 0x01000193);
      text.bytes[text.length++] = answered + 1;
      number = table.seek(text);
      const kind = number < 0 ? undefined : kindOf();
      if (kind === undefined) {
        if (number < 0 && table.size >= mostTexts) drain();
        if (number < 0) number = table.add(text);
        return false;
      }
      readFigures(kind.isTurned);
      twins.see(number, originPort, record);
      addRecord(kind.sum, record);
      for (const sighting of kind.sightings) countRecord(sighting, record.first, record.last);
      return true;
    },
    learn(talk) {
      const sightings = (["a", "b"] as const).flatMap((end) =>
        (talk.links?.[end] ?? []).map(({ card, vlan }) => links.of(talk[end].address, card, vlan)),
      );
      for (const sighting of sightings) countRecord(sighting, talk.first, talk.last);
      if (Number.isNaN(talk.first)) {
        sink(talk);
        return;
      }
      const partial = partialOf(talk);
      const sum = sums.of(partial);
      addRecord(sum, partial);
      if (number >= 0) {
        const own = ownDirection(talk);
        const isTurned = own?.initiator === talk.b;
        const [{ packets }, { packets: packetsBack }] = isTurned ? [talk.b, talk.a] : [talk.a, talk.b];
        twins.see(number, originPort, { first: talk.first, last: talk.last, packets, packetsBack });
        const kind = { sum, isTurned, sightings };
        // Where the originator answers, its port is the flow's.
        const isByPort = isTurned || own === undefined || talk.icmpType !== undefined;
        if (isByPort) kinds[number] = "by port";
        if (isByPort || isKnownPort[originPort] === 1) kindsByPort.set(number * 65_536 + originPort, kind);
        else kinds[number] = kind;
      }
      if (sums.size >= mostSums) drain();
    },
    end() {
      drain();
      twins.end();
    },
  };
}

/** All fields that are read and no figures are text. */
function columnsOf({ width, columns }: ZeekHeader): readonly PlainColumn[] {
  const fieldAt = new Map(columns.map(([field, column]) => [column, field]));
  return Array.from({ length: width }, (_, column): PlainColumn => {
    const field = fieldAt.get(column);
    if (field === undefined) return { kind: "skip" };
    if (!isFigure(field)) return { kind: "text" };
    return { kind: field === "ts" || field === "duration" ? "seconds" : "whole", value: figures[field] };
  });
}
