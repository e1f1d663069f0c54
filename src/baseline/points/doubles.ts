import { protocolNumbers } from "../../net/protocol.ts";
import type { Conversation } from "../conversation.ts";
import {
  type BothWays,
  type Count,
  clockSkew,
  countOf,
  inOrder,
  keyOf,
  missedPackets,
  missedShare,
  without,
} from "./counts.ts";
import { type Span, spanTable } from "./span-table.ts";

/** What a log has of the same traffic more than once. */
export interface DoublesOf {
  records: number;
  packets: number;
  /** Who saw it, where the log says so. */
  readonly observers: Set<string>;
}

/** How many records a log has, and how many of them no single observer can have seen, which were not taken for copies. */
export interface Doubts {
  records: number;
  doubled: number;
  readonly samples: string[];
}

/**
 * Tells records of one and the same traffic that several observers wrote into one log: the exporters of NetFlow on its way, the
 * sensors of a cluster, a sensor that taps both sides of a router.
 *
 * Where records name their observer, what one has told of two ends at a time is not taken from another one again, however
 * each cuts it into records. Where they do not, two records of the same ends that are there at the same time with the same
 * packets are a record and its copy, since one observer has one entry for them. What overlaps and is not alike is counted, and
 * in doubt.
 */
export interface Doubles {
  /**
   * What is left of a record; undefined when nothing is.
   * @param source number of the log.
   * @param observer absent where the record names none.
   */
  rest(record: Conversation, source: number, observer: string | undefined): Conversation | undefined;
  /** By number of the log. */
  readonly doubled: ReadonlyMap<number, DoublesOf>;
  readonly doubts: ReadonlyMap<number, Doubts>;
}

/** When a record was seen, and what each end sent. */
export interface Observed extends Span, BothWays {}

interface Entry extends Observed {
  readonly connections: number;
  readonly source: number;
  readonly observer: string | undefined;
}

/** Above this share of records that no single observer can have written, a log is that of several. */
const mostDoubled = 0.1;
/** Seconds between the end of a record and the start of its copy, at most. */
export const longestApart = 2;
/** Fewer may be an oddity of one. */
const fewestDoubled = 3;

export const isTooManyDoubled = (
  { records, doubled }: Pick<Doubts, "records" | "doubled">,
  most = mostDoubled,
): boolean => doubled >= fewestDoubled && doubled > most * records;

/** So many records are remembered at least, and twice as many at most. */
const mostRemembered = 1 << 16;
/** Seconds between two points on the way of a packet, as `copies` has it: less than any sender takes to open anew. */
const sameMoment = 0.005;
/** How many records in doubt are kept to be shown. */
const shownSamples = 3;

export function doubles(most = mostRemembered): Doubles {
  const known = spanTable<Entry>(most);
  const doubled = new Map<number, DoublesOf>();
  const doubts = new Map<number, Doubts>();

  const noteDouble = (
    source: number,
    packets: number,
    ...observers: readonly (string | undefined)[]
  ): void => {
    const sum = doubled.get(source) ?? { records: 0, packets: 0, observers: new Set() };
    doubled.set(source, sum);
    sum.records += 1;
    sum.packets += packets;
    for (const observer of observers) if (observer !== undefined) sum.observers.add(observer);
  };
  const doubtsOf = (source: number): Doubts => {
    const sum = doubts.get(source) ?? { records: 0, doubled: 0, samples: [] };
    doubts.set(source, sum);
    return sum;
  };

  return {
    doubled,
    doubts,
    rest(record, source, observer) {
      const [low, high] = inOrder(record);
      const packets = low.packets + high.packets;
      // What has no time cannot be compared.
      if (Number.isNaN(record.first)) return record;
      const doubt = doubtsOf(source);
      doubt.records += 1;
      const key = keyOf(record, low, high);
      const { first, last, connections } = record;
      const entry: Entry = {
        first,
        last,
        low: countOf(low),
        high: countOf(high),
        connections,
        source,
        observer,
      };
      const others: Entry[] = [];
      let isDoubtful = false;
      for (const before of known.overlapping(key, record, clockSkew)) {
        if (isOther(before, entry)) others.push(before);
        else if (before.source === source && before.observer === observer) {
          const relation = relationOf(before, entry, record.protocol);
          if (relation === "copy") {
            noteDouble(source, packets, observer);
            return undefined;
          }
          isDoubtful ||= relation === "doubtful";
        }
      }
      if (isDoubtful) {
        doubt.doubled += 1;
        if (doubt.samples.length < shownSamples) doubt.samples.push(shown(record));
      }
      const left = others.length === 0 ? record : withoutOthers(record, entry, others);
      if (left !== record)
        noteDouble(source, packets - packetsOf(left), observer, ...others.map((other) => other.observer));
      if (left !== undefined)
        known.add(key, left === record ? entry : { ...entry, ...bothWays(left), ...beside(entry, others) });
      return left;
    },
  };
}

/** Whether two observers saw them. The numbers that a log gives its observers mean nothing in another log. */
function isOther({ observer: one, source }: Entry, { observer: other, source: otherSource }: Entry): boolean {
  if (one === undefined || other === undefined || one === other) return false;
  return source === otherSource || withoutNumber(one) !== withoutNumber(other);
}

/** The number that a log itself gives to an observer. */
export const numbered = (observer: string, number: string): string => `${observer} #${number}`;
const withoutNumber = (observer: string): string => observer.replace(/ #\d+$/, "");

const packetsOf = (talk: Conversation | undefined): number =>
  talk === undefined ? 0 : talk.a.packets + talk.b.packets;

function bothWays(talk: Conversation): BothWays {
  const [low, high] = inOrder(talk);
  return { low: countOf(low), high: countOf(high) };
}

/**
 * Two records of one observer, or of none that is named. A connection of TCP may be opened anew as soon as it was refused, so that it
 * has to go on beside the other one. An exporter that gives each part of a long session the session's own start has parts that
 * begin together and end apart: these are no copies.
 */
export function relationOf(
  before: Observed,
  after: Observed,
  protocol: number,
): "copy" | "doubtful" | "other" {
  const [starts, ends] = [Math.abs(before.first - after.first), Math.abs(before.last - after.last)];
  const together = Math.min(before.last, after.last) - Math.max(before.first, after.first);
  if (starts <= clockSkew && ends <= clockSkew && hasSame(before, after)) {
    const isAtOnce = protocol === protocolNumbers.tcp ? together > 0 : together >= -sameMoment;
    return isAtOnce || (starts === 0 && ends === 0) ? "copy" : "doubtful";
  }
  const inSameDirection =
    (before.low.packets > 0 && after.low.packets > 0) || (before.high.packets > 0 && after.high.packets > 0);
  return inSameDirection && together > clockSkew && starts > clockSkew ? "doubtful" : "other";
}

const hasSame = (one: BothWays, other: BothWays): boolean =>
  [one.low.packets - other.low.packets, one.high.packets - other.high.packets].every(
    (difference, end) => Math.abs(difference) <= missedShare * (end === 0 ? one.low : one.high).packets,
  );

/** What is left of a record beside what other observers told of its time. */
function withoutOthers(
  record: Conversation,
  entry: Entry,
  others: readonly Entry[],
): Conversation | undefined {
  if (isCovered("low", entry, others) && isCovered("high", entry, others)) return undefined;
  const shares = others.map((other) => ({ other, share: shareIn(other, entry) }));
  const sumOf = (end: End): Count =>
    shares.reduce((sum, { other, share }) => plus(sum, other[end], share), none);
  const counted = {
    low: sumOf("low"),
    high: sumOf("high"),
    connections: shares.reduce((sum, { other, share }) => (share > 0 ? sum + other.connections : sum), 0),
    first: Math.min(...others.map(({ first }) => first)),
    last: Math.max(...others.map(({ last }) => last)),
  };
  return counted.low.packets + counted.high.packets === 0 ? record : without(record, counted);
}

/** The part of a record's time that others, who told of its start or of its end, left to it. */
function beside({ first, last }: Span, others: readonly Span[]): Span {
  const from = others.filter((other) => other.first <= first).map((other) => other.last);
  const to = others.filter((other) => other.last >= last).map((other) => other.first);
  const rest = { first: Math.max(first, ...from), last: Math.min(last, ...to) };
  return rest.first < rest.last ? rest : { first, last };
}

type End = keyof BothWays;

/** Whether others told all of what one end sent: nearly as many packets, or nearly all of the time. */
function isCovered(end: End, entry: Entry, others: readonly Entry[]): boolean {
  const { packets } = entry[end];
  if (packets === 0) return true;
  const telling = others.filter((other) => other[end].packets > 0);
  const told = telling.reduce((sum, other) => plus(sum, other[end], shareIn(other, entry)), none);
  const time = telling.reduce((sum, other) => sum + shareIn(entry, other), 0);
  return told.packets >= packets - Math.max(missedPackets, missedShare * packets) || time >= nearlyAll;
}

const none: Count = { packets: 0, bytes: 0 };
const plus = (sum: Count, { packets, bytes }: Count, share: number): Count => ({
  packets: sum.packets + Math.round(share * packets),
  bytes: sum.bytes + Math.round(share * bytes),
});

/** The share of one's time that lies in another's; all of what is as short as clocks are apart. */
function shareIn(one: Span, other: Span): number {
  const length = one.last - one.first;
  if (length <= clockSkew) return 1;
  return Math.max(0, Math.min(one.last, other.last) - Math.max(one.first, other.first)) / length;
}
const nearlyAll = 0.9;

const shown = ({ a, b, first, last }: Conversation): string =>
  `${a.address} ${a.port} -> ${b.address} ${b.port}, ${new Date(first * 1000).toISOString()} for ${(last - first).toFixed(3)} s`;
