import type { Family } from "../net/address.ts";
import type { LinkSighting, LinkTag } from "./links/sightings.ts";
import type { Sketch } from "./points/sketch.ts";
import type { Presence } from "./presence.ts";

/** One end of a conversation and what it sent. */
export interface Party {
  readonly address: string;
  /** 0 for protocols without ports. */
  readonly port: number;
  packets: number;
  /** Bytes of IP packets, headers included. */
  bytes: number;
  /** It sent something other than a refusal (TCP RST, SCTP ABORT). */
  spoke: boolean;
  /** It sent data that acknowledges the other end, so the other end has answered, seen or not. */
  acknowledged: boolean;
  /** When it sent requests, in seconds since 1970: at most `requestLimit`, the first ones. */
  readonly requests: number[];
  /** The longest time between two requests in a row, in seconds, those past the limit included. */
  longestGap: number;
  lastRequest: number;
  /** Where its last packet came from, in a capture: the card in halves that are small enough to be compared fast. */
  link?: { readonly low: number; readonly high: number; readonly sighting: LinkSighting };
}

/** How many request times are kept for one party: enough for a cadence, and a bound on memory. */
export const requestLimit = 4096;

/**
 * What two ends (address and port) exchanged over one protocol: one or several connections one after the other.
 * `a` is the end that was seen to send first. Times are in seconds since 1970, NaN where no record had one.
 */
export interface Conversation {
  readonly family: Family;
  readonly protocol: number;
  /** The type of the request, for ICMP. */
  readonly icmpType: number | undefined;
  readonly a: Party;
  readonly b: Party;
  first: number;
  last: number;
  connections: number;
  /** The end that was proved to have opened it. */
  opener: { readonly party: Party; readonly by: "syn" | "log" | "icmp" } | undefined;
  /** Packets other than the opening one were seen since the last opening. */
  established: boolean;
  /** It was running already when its first packet was seen. */
  midway: boolean;
  /** A FIN, RST, SHUTDOWN or ABORT was seen since the last opening. */
  ended: boolean;
  /** The link layer delivered it to everyone. */
  broadcast: boolean;
  /** When something of it was seen. */
  readonly presence: Presence;
  /** Of its packets, in a capture. */
  sketch?: Sketch;
  /** Where each end sent from, as a log tells. */
  links?: { readonly a: readonly LinkTag[]; readonly b: readonly LinkTag[] };
}

/** @param request when it sent the one request that is known of it. */
export const party = (address: string, port: number, request?: number): Party => ({
  address,
  port,
  packets: 0,
  bytes: 0,
  spoke: false,
  acknowledged: false,
  // An array that is made with its element takes no room for more.
  requests: request === undefined ? [] : [request],
  longestGap: 0,
  lastRequest: request ?? Number.NaN,
});

export const conversation = (
  family: Family,
  protocol: number,
  icmpType: number | undefined,
  a: Party,
  b: Party,
  time: number,
  presence: Presence = [],
): Conversation => ({
  family,
  protocol,
  icmpType,
  a,
  b,
  first: time,
  last: time,
  connections: 1,
  established: false,
  midway: false,
  ended: false,
  broadcast: false,
  opener: undefined,
  presence,
});

export const otherParty = (talk: Conversation, side: Party): Party => (side === talk.a ? talk.b : talk.a);

/** Notes that a party sent a request. */
export function noteRequest(side: Party, time: number): void {
  const gap = time - side.lastRequest;
  if (gap > side.longestGap) side.longestGap = gap;
  side.lastRequest = time;
  if (side.requests.length < requestLimit) side.requests.push(time);
}
