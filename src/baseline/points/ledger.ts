import { protocolNumbers } from "../../net/protocol.ts";
import type { Conversation, Party } from "../conversation.ts";
import { shareOf } from "./sketch.ts";

/** What one source repeats of another one. */
export interface CopiedFrom {
  /** Number of the source that was read first. */
  readonly of: number;
  conversations: number;
  packets: number;
}

/**
 * Tells conversations that two sources hold: two sensors on the way of the same traffic, or a recording that was given
 * twice. What the second one repeats is counted once.
 *
 * Captures prove it by their packets: most of those of one conversation are among those of the other. Elsewhere a copy
 * has the same ends and ports, begins and ends at the same time, and has as many packets in each direction.
 */
export interface Ledger {
  /**
   * What is left of a conversation that another source has wholly or in part; undefined when nothing is.
   * @param point observation point: sources of one and the same follow each other in time.
   */
  rest(talk: Conversation, source: number, point: string): Conversation | undefined;
  /** What each source repeats, by its number. */
  readonly copied: ReadonlyMap<number, readonly CopiedFrom[]>;
  /** Conversations were forgotten, so that copies of them would not be found. */
  readonly forgot: boolean;
}

interface Entry {
  readonly talk: Pick<Conversation, "first" | "last" | "connections" | "sketch">;
  readonly low: Count;
  readonly high: Count;
  readonly source: number;
  readonly point: string;
}
interface Count {
  readonly packets: number;
  readonly bytes: number;
}

/** So many conversations are remembered at least, and twice as many at most. */
export const mostRemembered = 1 << 16;
/** Clocks of two sensors differ by so many seconds at most, or by this share of how long the conversation lasted. */
export const clockSkew = 1;
export const spanShare = 0.05;
/** A sensor that is overloaded misses so many packets, or this share of them. */
export const missedPackets = 2;
export const missedShare = 0.05;
/**
 * Conversations of fewer packets come again: one that ended when the other source wrote no more is taken for the next one,
 * since logs of one sensor follow each other.
 */
export const fewestPackets = 4;
/** So large a share of the packets that another one has makes a copy; the rest was lost at the other point. */
const sameShare = 0.7;

export function ledger(most = mostRemembered): Ledger {
  // Two generations: to forget the oldest one by one costs more than all the rest.
  let [recent, older] = [new Map<string, Entry[]>(), new Map<string, Entry[]>()];
  const copied = new Map<number, CopiedFrom[]>();
  /** When the last conversation of each source ended. */
  const ends = new Map<number, number>();
  let remembered = 0;
  let forgot = false;

  const noteCopy = (source: number, of: number, packets: number): void => {
    const all = copied.get(source) ?? [];
    copied.set(source, all);
    let sum = all.find((one) => one.of === of);
    if (sum === undefined) {
      sum = { of, conversations: 0, packets: 0 };
      all.push(sum);
    }
    sum.conversations += 1;
    sum.packets += packets;
  };
  const remember = (key: string, entry: Entry): void => {
    const others = recent.get(key);
    if (others === undefined) recent.set(key, [entry]);
    else others.push(entry);
    remembered += 1;
    if (remembered < most) return;
    forgot ||= older.size > 0;
    [older, recent, remembered] = [recent, new Map(), 0];
  };
  return {
    copied,
    get forgot() {
      return forgot;
    },
    rest(talk, source, point) {
      if (Number.isNaN(talk.first) || isAttempt(talk)) return talk;
      if (!((ends.get(source) ?? Number.NEGATIVE_INFINITY) >= talk.last)) ends.set(source, talk.last);
      const [low, high] = inOrder(talk);
      const key = keyOf(talk, low, high);
      const entry: Entry = { talk: spanOf(talk), low: countOf(low), high: countOf(high), source, point };
      let left: Conversation | undefined = talk;
      for (const before of [...(older.get(key) ?? []), ...(recent.get(key) ?? [])]) {
        if (before.point === point || left === undefined) continue;
        const relation = compare(before, entry, ends.get(before.source)!);
        if (relation === "other") continue;
        const all = talk.a.packets + talk.b.packets;
        noteCopy(
          source,
          before.source,
          relation === "whole" ? all : before.low.packets + before.high.packets,
        );
        left = relation === "whole" ? undefined : withoutPart(left, before, low);
      }
      if (left === talk) remember(key, entry);
      return left;
    },
  };
}

/** One segment without an answer: a scan has hundreds of thousands, and none is ever a baseline. */
const isAttempt = ({ protocol, a, b }: Conversation): boolean =>
  protocol === protocolNumbers.tcp && a.packets + b.packets === 1;

const spanOf = ({ first, last, connections, sketch }: Conversation): Entry["talk"] => ({
  first,
  last,
  connections,
  ...(sketch === undefined ? {} : { sketch }),
});
const countOf = ({ packets, bytes }: Party): Count => ({ packets, bytes });

/** The ends in an order that does not depend on who was seen first. */
const inOrder = ({ a, b }: Conversation): readonly [low: Party, high: Party] =>
  a.address < b.address || (a.address === b.address && a.port <= b.port) ? [a, b] : [b, a];

const keyOf = ({ protocol, icmpType }: Conversation, low: Party, high: Party): string =>
  `${low.address} ${low.port} ${high.address} ${high.port} ${protocol} ${icmpType ?? ""}`;

/**
 * Whether a later conversation is a copy as a whole, holds all of the earlier one and more, or is another one.
 * @param end when the earlier one's source ended.
 */
function compare(before: Entry, after: Entry, end: number): "whole" | "part" | "other" {
  const overlap =
    after.talk.first <= before.talk.last + clockSkew && before.talk.first <= after.talk.last + clockSkew;
  if (!overlap) return "other";
  const [one, other] = [before.talk.sketch, after.talk.sketch];
  const [isIn, has] =
    one === undefined || other === undefined
      ? [undefined, undefined]
      : [shareOf(other, one), shareOf(one, other)];
  if (isIn !== undefined && isIn >= sameShare) return "whole";
  if (has !== undefined && has >= sameShare) return "part";
  if (isIn !== undefined && has !== undefined) return "other";
  const isSmall = after.low.packets + after.high.packets < fewestPackets;
  return isAlike(before, after) && !(isSmall && after.talk.last > end) ? "whole" : "other";
}

function isAlike(before: Entry, after: Entry): boolean {
  const longest = Math.max(before.talk.last - before.talk.first, after.talk.last - after.talk.first);
  const near = (x: number, y: number): boolean => Math.abs(x - y) <= Math.max(clockSkew, spanShare * longest);
  return (
    near(before.talk.first, after.talk.first) &&
    near(before.talk.last, after.talk.last) &&
    isNearly(before.low.packets, after.low.packets) &&
    isNearly(before.high.packets, after.high.packets)
  );
}

/** One that saw a direction and one that did not are no copies: what the first tells of it is new. */
const isNearly = (x: number, y: number): boolean =>
  (x === 0) === (y === 0) && Math.abs(x - y) <= Math.max(missedPackets, missedShare * Math.max(x, y));

/** What a conversation has beside the part that was counted before. */
function withoutPart(talk: Conversation, before: Entry, low: Party): Conversation {
  const rest = (end: Party): Party => {
    const counted = end.address === low.address && end.port === low.port ? before.low : before.high;
    return {
      ...end,
      packets: Math.max(0, end.packets - counted.packets),
      bytes: Math.max(0, end.bytes - counted.bytes),
      requests: end.requests.filter(
        (time) => time < before.talk.first || time > before.talk.last + clockSkew,
      ),
    };
  };
  const [a, b] = [rest(talk.a), rest(talk.b)];
  const { opener } = talk;
  return {
    ...talk,
    a,
    b,
    connections: Math.max(0, talk.connections - before.talk.connections),
    ...(opener === undefined ? {} : { opener: { ...opener, party: opener.party === talk.a ? a : b } }),
  };
}
