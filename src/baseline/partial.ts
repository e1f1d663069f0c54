import { type Conversation, conversation, type Party, party } from "./conversation.ts";
import { ownDirection } from "./direction.ts";

/**
 * A sum over conversations of one flow, such that sums of sums are sums again: parts of an observation can be kept by
 * themselves and put together later, in any order.
 *
 * Where the conversations decide their direction themselves, `a` asked, and its port, which is another one every time,
 * is 0, unless a connection goes on before or behind the part. Where they do not, `a` is the end that was seen first and both ports are kept, so that what is learnt from
 * other conversations, days later, can still decide.
 */
export interface FlowPartial {
  readonly a: string;
  readonly b: string;
  readonly protocol: number;
  readonly aPort: number;
  readonly bPort: number;
  readonly icmpType: number | undefined;
  readonly connections: number;
  /** Sent by `a` and by `b`. */
  readonly packets: number;
  readonly packetsBack: number;
  readonly bytes: number;
  readonly bytesBack: number;
  /** In seconds since 1970, or NaN. */
  readonly first: number;
  readonly last: number;
  /** Rank of the strongest evidence for the direction in `ownEvidence`; 0 where there is none. */
  readonly evidence: number;
  /** Bits of `partialFlags`, set where they hold for one of the conversations. */
  readonly flags: number;
  /** When something was seen: pairs of first and last slot, in any order. */
  readonly presence: readonly number[];
  /** When `a` sent requests, in seconds. */
  readonly requests: readonly number[];
  /** The same of `b`; absent where the direction is decided or both have the same. */
  readonly requestsBack?: readonly number[];
  /** The last request of `a`, kept or not, in seconds; NaN where there is none. */
  readonly lastRequest: number;
  /** The longest time between two requests of `a`, those that are not kept included, in seconds; 0 where unknown. */
  readonly longestGap: number;
  readonly longestGapBack: number;
}

/** Evidence that a conversation holds by itself, weakest first: the place, from 1, is its rank. */
export const ownEvidence = ["known-port", "log", "group", "icmp", "syn"] as const;
type OwnEvidence = (typeof ownEvidence)[number];

export const evidenceRank = (evidence: OwnEvidence): number => ownEvidence.indexOf(evidence) + 1;

export const partialFlags = {
  spoke: 1,
  spokeBack: 2,
  acknowledged: 4,
  acknowledgedBack: 8,
  broadcast: 16,
  /** A connection was still open at the end, or was so already at the start: parts that touch may share it. */
  open: 32,
  midway: 64,
} as const;

/** One conversation as a partial. */
export function partialOf(talk: Conversation): FlowPartial {
  const own = ownDirection(talk);
  const a = own?.initiator ?? talk.a;
  const b = a === talk.a ? talk.b : talk.a;
  const flag = (holds: boolean, bit: number): number => (holds ? bit : 0);
  const isOpen = talk.established && !talk.ended;
  return {
    a: a.address,
    b: b.address,
    protocol: talk.protocol,
    aPort: own === undefined || isOpen || talk.midway ? a.port : 0,
    bPort: b.port,
    icmpType: talk.icmpType,
    connections: talk.connections,
    packets: a.packets,
    packetsBack: b.packets,
    bytes: a.bytes,
    bytesBack: b.bytes,
    first: talk.first,
    last: talk.last,
    evidence: own === undefined ? 0 : evidenceRank(own.evidence as OwnEvidence),
    flags:
      flag(a.spoke, partialFlags.spoke) |
      flag(b.spoke, partialFlags.spokeBack) |
      flag(a.acknowledged, partialFlags.acknowledged) |
      flag(b.acknowledged, partialFlags.acknowledgedBack) |
      flag(talk.broadcast, partialFlags.broadcast) |
      flag(isOpen, partialFlags.open) |
      flag(talk.midway, partialFlags.midway),
    presence: talk.presence,
    requests: a.requests,
    ...(own === undefined ? { requestsBack: b.requests } : {}),
    lastRequest: a.lastRequest,
    longestGap: a.longestGap,
    longestGapBack: b.longestGap,
  };
}

/**
 * Whether the connection that a sum begins with is the one that an earlier sum of the same ends and ports left open, so
 * that it counts there.
 */
export const goesOn = (before: Pick<FlowPartial, "flags">, after: Pick<FlowPartial, "flags">): boolean =>
  (before.flags & partialFlags.open) !== 0 && (after.flags & partialFlags.midway) !== 0;

/** A sum of conversations as one that says the same of their flow. */
export function conversationFrom(sum: FlowPartial): Conversation {
  const holds = (bit: number): boolean => (sum.flags & bit) !== 0;
  const requests = [...sum.requests];
  const family = sum.a.includes(":") ? 6 : 4;
  const a: Party = {
    ...party(sum.a, sum.aPort),
    packets: sum.packets,
    bytes: sum.bytes,
    spoke: holds(partialFlags.spoke),
    acknowledged: holds(partialFlags.acknowledged),
    requests,
    lastRequest: sum.lastRequest,
    longestGap: sum.longestGap,
  };
  const b: Party = {
    ...party(sum.b, sum.bPort),
    packets: sum.packetsBack,
    bytes: sum.bytesBack,
    spoke: holds(partialFlags.spokeBack),
    acknowledged: holds(partialFlags.acknowledgedBack),
    requests: sum.requestsBack === undefined ? requests : [...sum.requestsBack],
    longestGap: sum.longestGapBack,
  };
  const talk = conversation(family, sum.protocol, sum.icmpType, a, b, sum.first);
  talk.last = sum.last;
  talk.connections = sum.connections;
  talk.broadcast = holds(partialFlags.broadcast);
  talk.presence.push(...sum.presence);
  const evidence = ownEvidence[sum.evidence - 1];
  if (evidence === "syn" || evidence === "icmp" || evidence === "log")
    talk.opener = { party: a, by: evidence };
  return talk;
}
