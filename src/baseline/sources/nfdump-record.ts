import { portProtocols, protocolNumbers } from "../../net/protocol.ts";
import type { Conversation } from "../conversation.ts";
import { numbered } from "../points/doubles.ts";
import { type Drop, ignored, rejected } from "./drop.ts";
import { conversationOf, type Figures, type FlowRecord, isRefusedByCount, untoldIcmpType } from "./record.ts";
import type { Tally } from "./source.ts";

/** A record of nfdump: one direction of a connection, or both where it was told to bring them together (`-B`). */
export interface NetflowRecord {
  readonly source: string | undefined;
  readonly destination: string | undefined;
  readonly protocol: number | undefined;
  readonly sourcePort: string | undefined;
  /** For ICMP, type and code: 256·type + code, or `type.code`. */
  readonly destinationPort: string | undefined;
  readonly icmpType: number | undefined;
  /** TCP flags of all packets together, as `...AP.SF`. */
  readonly flags: string;
  /** Seconds since 1970, or NaN. */
  readonly first: number;
  readonly last: number;
  readonly sent: Figures;
  /** Zero in records of one direction. */
  readonly received: Figures;
  readonly links: NonNullable<FlowRecord["links"]>;
  /** Who exported it, where the record says so. */
  readonly observer: string | undefined;
}

/** What is left of a record beside what others told of the same traffic; undefined when nothing is. */
export type Once = (talk: Conversation, observer: string | undefined) => Conversation | undefined;

/**
 * An exporter by its address and the unit in it, with the number that nfdump gives to each (`exporterID`). Undefined where all of it
 * is unset.
 */
export function exporterOf(
  address: string | undefined,
  unit: readonly (string | undefined)[],
  number: string | undefined,
): string | undefined {
  const isSet = (text: string | undefined): text is string => text !== undefined && !/^[0.:/]*$/.test(text);
  const name = [address, ...unit].filter(isSet).join(" ");
  if (isSet(number)) return numbered(name || "exporter", number);
  return name || undefined;
}

/** Brings the two directions of each connection together, which NetFlow exports as records of their own. */
export interface DirectionPairs {
  /** Uses and counts the record, or returns why it gives no flow. */
  add(record: NetflowRecord): Drop | undefined;
  /** No more records follow: hands on what stayed alone. */
  end(): void;
}

/** So many records may wait for their other direction; beyond, the oldest is handed on alone. */
const mostWaiting = 1 << 17;

export function directionPairs(sink: (talk: Conversation) => void, once: Once, tally: Tally): DirectionPairs {
  const waiting = new Map<string, FlowRecord>();
  /** Type 0 of ICMP is a reply, and what exporters have that leave the type out (pmacct with NetFlow 9): others tell. */
  const replies: (readonly [...Parameters<typeof take>])[] = [];
  let hasIcmpTypes = false;
  const done = (record: FlowRecord): void => {
    const talk = conversationOf(record);
    if ("a" in talk) sink(talk);
  };
  const take = (
    whole: ReturnType<typeof oneDirection>,
    read: Conversation,
    observer: string | undefined,
  ): void => {
    tally.use();
    // An event of a firewall without packets tells of a connection that another event counts.
    const isEvent = read.a.packets + read.b.packets === 0;
    const talk = isEvent ? read : once(read, observer);
    if (talk === undefined) return;
    const one = talk === read ? whole : { ...whole, sent: figuresOf(talk.a), received: figuresOf(talk.b) };
    if (one.received.packets > 0 || one.icmpType !== undefined) {
      sink(talk);
      return;
    }
    const { protocol, source, destination, sourcePort, destinationPort } = one;
    const key = [protocol, source, sourcePort, destination, destinationPort].join(" ");
    const back = [protocol, destination, destinationPort, source, sourcePort].join(" ");
    const other = waiting.get(back);
    const same = waiting.get(key);
    waiting.delete(back);
    waiting.delete(key);
    if (same !== undefined) done(same);
    if (other !== undefined) done(bothDirections(other, one));
    else waiting.set(key, one);
    if (waiting.size > mostWaiting) {
      const [oldest, alone] = waiting.entries().next().value!;
      waiting.delete(oldest);
      done(alone);
    }
  };
  return {
    add(record) {
      const lost = lostInAggregation(record) ?? lostIcmpType(record);
      if (lost !== undefined) return lost;
      const whole = oneDirection(inItsDirection(record));
      const isIcmp4 = whole.protocol === protocolNumbers.icmp;
      if (isIcmp4 && (whole.icmpType ?? 0) > 0) {
        hasIcmpTypes = true;
        for (const reply of replies.splice(0)) take(...reply);
      }
      const read = conversationOf(whole);
      if (!("a" in read)) return read;
      if (!isIcmp4 || hasIcmpTypes) take(whole, read, record.observer);
      else if (replies.length < mostWaiting) replies.push([whole, read, record.observer]);
      else return untoldIcmpType;
      return undefined;
    },
    end() {
      for (const record of waiting.values()) done(record);
      waiting.clear();
      for (const _ of replies.splice(0)) tally.ignore(untoldIcmpType.reason);
    },
  };
}

const figuresOf = ({ packets, bytes }: Figures): Figures => ({ packets, bytes });

const noProtocol = ignored("protocol 0: not exported, or aggregated without it");
const noPorts = ignored("ports 0: a later fragment, or exported or aggregated without them");
const noPort = rejected("port 0 at one end: aggregated without it, which tells no service");

/** NetFlow has 0 where an exporter tells nothing, and nfdump for what it was told to leave out (`-A srcip,dstip`). */
function lostInAggregation({ protocol, sourcePort, destinationPort }: NetflowRecord): Drop | undefined {
  if (protocol === 0) return noProtocol;
  if (protocol === undefined || !portProtocols.has(protocol)) return undefined;
  const without = [sourcePort, destinationPort].filter((port) => port === "0").length;
  return without === 0 ? undefined : without === 2 ? noPorts : noPort;
}

/** Type 0 of ICMPv6 is none: so some exporters of NetFlow leave the type out (softflowd with version 9). */
const lostIcmpType = ({ protocol, icmpType, destinationPort }: NetflowRecord): Drop | undefined =>
  protocol === protocolNumbers.icmpv6 && (icmpType ?? typeOf(destinationPort)) === 0
    ? untoldIcmpType
    : undefined;

/** `-B`, and exporters of both directions, guess who asked, and so may have turned around what only one end ever sent. */
const inItsDirection = (record: NetflowRecord): NetflowRecord =>
  record.sent.packets > 0 || record.received.packets === 0
    ? record
    : {
        ...record,
        source: record.destination,
        destination: record.source,
        ...(isIcmp(record.protocol)
          ? {}
          : { sourcePort: record.destinationPort, destinationPort: record.sourcePort }),
        sent: record.received,
        received: record.sent,
        links: { source: record.links.destination, destination: record.links.source },
      };

function oneDirection({ flags, icmpType, ...record }: NetflowRecord): FlowRecord & { readonly syn: boolean } {
  const has = (letter: string): boolean => flags.includes(letter);
  const isRefusal = has("R") && !/[PSF]/.test(flags);
  const isAttempt = has("S") && !has("A");
  const isRefused = isTcpRefusal(record, record.sent, record.received);
  return {
    ...record,
    icmpType: icmpType ?? (isIcmp(record.protocol) ? typeOf(record.destinationPort) : undefined),
    // Who got more than a refusal acknowledges it: the flags are those of the source.
    spoke: { source: !isRefusal, destination: record.received.packets > 0 && !isAttempt && !isRefused },
    acknowledged: has("A") && has("P"),
    syn: has("S"),
    // Without a single ACK it is an attempt, and whoever made it asks.
    ...(isAttempt ? { opener: { end: "source", by: "syn" } } : {}),
  };
}

/** Two directions of one connection. In an opened one both sent a SYN: the earlier was the request. */
function bothDirections(
  before: FlowRecord & { readonly syn?: boolean },
  after: FlowRecord & { readonly syn?: boolean },
): FlowRecord {
  const [first, second] = after.first < before.first ? [after, before] : [before, after];
  const opened = first.syn === true && second.syn === true && first.first < second.first;
  return {
    ...first,
    links: {
      source: [...(first.links?.source ?? []), ...(second.links?.destination ?? [])],
      destination: [...(first.links?.destination ?? []), ...(second.links?.source ?? [])],
    },
    last: second.last > first.last ? second.last : first.last,
    received: second.sent,
    spoke: {
      source: first.spoke.source,
      destination: second.spoke.source && !isTcpRefusal(first, first.sent, second.sent),
    },
    acknowledged: first.acknowledged ?? false,
    ...(opened ? { opener: { end: "source", by: "syn" } } : {}),
  };
}

/**
 * The value behind NAT where a record has one, else the one before it. All zeros is unset: nfdump writes those where
 * the exporter told nothing.
 */
export const translated = (before: string | undefined, behind: string | undefined): string | undefined =>
  behind === undefined || /^[0.:]*$/.test(behind) ? before : behind;

/** Exporters may mix the flags of both directions up, or leave them out. */
const isTcpRefusal = (
  { protocol, source }: Pick<NetflowRecord, "protocol" | "source">,
  sent: Figures,
  received: Figures,
): boolean =>
  protocol === protocolNumbers.tcp &&
  isRefusedByCount(source?.includes(":") === true ? 6 : 4, sent, received);

const isIcmp = (protocol: number | undefined): boolean =>
  protocol === protocolNumbers.icmp || protocol === protocolNumbers.icmpv6;

function typeOf(port: string | undefined): number | undefined {
  if (port === undefined || !/^\d+(\.\d+)?$/.test(port)) return undefined;
  return port.includes(".") ? Math.floor(Number(port)) : Number(port) >> 8;
}
