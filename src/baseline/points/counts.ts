import type { Conversation, Party } from "../conversation.ts";
import type { Span } from "./span-table.ts";

/** What one end sent. */
export interface Count {
  readonly packets: number;
  readonly bytes: number;
}

/** What the lower and the higher of two ends sent, whoever was seen first. */
export interface BothWays {
  readonly low: Count;
  readonly high: Count;
}

/** Clocks of two sensors differ by so many seconds at most. */
export const clockSkew = 1;
/** A sensor that is overloaded misses so many packets, or this share of them. */
export const missedPackets = 2;
export const missedShare = 0.05;

export const countOf = ({ packets, bytes }: Count): Count => ({ packets, bytes });

/** The ends in an order that does not depend on who was seen first. */
export const inOrder = ({ a, b }: Conversation): readonly [low: Party, high: Party] =>
  a.address < b.address || (a.address === b.address && a.port <= b.port) ? [a, b] : [b, a];

/** What all sensors say of one conversation: its ends, in that order, and what it speaks. */
export function keyOf(talk: Conversation, low: Party, high: Party): string {
  // Who looks within a log and who looks in others ask for the same one in turn, and both keep it.
  if (talk !== lastKey.of) lastKey = { of: talk, key: newKey(talk, low, high) };
  return lastKey.key;
}
let lastKey: { readonly of: Conversation | undefined; readonly key: string } = { of: undefined, key: "" };

const newKey = ({ protocol, icmpType }: Conversation, low: Party, high: Party): string =>
  `${low.address} ${low.port} ${high.address} ${high.port} ${protocol} ${icmpType ?? ""}`;

export const hasNearlySame = (one: BothWays, other: BothWays): boolean =>
  isNearly(one.low.packets, other.low.packets) && isNearly(one.high.packets, other.high.packets);

/** One that saw a direction and one that did not are no copies: what the first tells of it is new. */
const isNearly = (x: number, y: number): boolean =>
  (x === 0) === (y === 0) && Math.abs(x - y) <= Math.max(missedPackets, missedShare * Math.max(x, y));

/** What a conversation has beside what was counted before, in a span. */
export function without(
  talk: Conversation,
  counted: BothWays & Span & { readonly connections: number },
): Conversation {
  const [low] = inOrder(talk);
  const rest = (end: Party): Party => {
    const { packets, bytes } = end === low ? counted.low : counted.high;
    return {
      ...end,
      packets: Math.max(0, end.packets - packets),
      bytes: Math.max(0, end.bytes - bytes),
      requests: end.requests.filter((time) => time < counted.first || time > counted.last + clockSkew),
    };
  };
  const [a, b] = [rest(talk.a), rest(talk.b)];
  const { opener } = talk;
  return {
    ...talk,
    a,
    b,
    connections: Math.max(0, talk.connections - counted.connections),
    ...(opener === undefined ? {} : { opener: { ...opener, party: opener.party === talk.a ? a : b } }),
  };
}
