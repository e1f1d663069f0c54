import { protocolNumbers } from "../../net/protocol.ts";
import type { Conversation } from "../conversation.ts";
import { type BothWays, clockSkew, countOf, hasNearlySame, inOrder, keyOf, without } from "./counts.ts";
import { type Sketch, shareOf } from "./sketch.ts";
import { type Span, spanTable } from "./span-table.ts";

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

interface Entry extends Span, BothWays {
  readonly connections: number;
  readonly sketch?: Sketch;
  readonly source: number;
  readonly point: string;
}

/** So many conversations are remembered at least, and twice as many at most. */
export const mostRemembered = 1 << 16;
/** Starts and ends of two sensors' conversations differ by this share of how long it lasted, where that is more than their clocks do. */
export const spanShare = 0.05;
/**
 * Conversations of fewer packets come again: one that ended when the other source wrote no more is taken for the next one,
 * since logs of one sensor follow each other.
 */
export const fewestPackets = 4;
/** So large a share of the packets that another one has makes a copy; the rest was lost at the other point. */
const sameShare = 0.7;

export function ledger(most = mostRemembered): Ledger {
  const known = spanTable<Entry>(most);
  const copied = new Map<number, CopiedFrom[]>();
  /** When the last conversation of each source ended. */
  const ends = new Map<number, number>();

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
  return {
    copied,
    get forgot() {
      return known.forgot;
    },
    rest(talk, source, point) {
      if (Number.isNaN(talk.first) || isAttempt(talk)) return talk;
      if (!((ends.get(source) ?? Number.NEGATIVE_INFINITY) >= talk.last)) ends.set(source, talk.last);
      const [low, high] = inOrder(talk);
      const key = keyOf(talk, low, high);
      const { first, last, connections, sketch } = talk;
      const entry: Entry = {
        ...{ first, last, connections, low: countOf(low), high: countOf(high), source, point },
        ...(sketch === undefined ? {} : { sketch }),
      };
      let left: Conversation | undefined = talk;
      for (const before of known.overlapping(key, talk, clockSkew)) {
        if (before.point === point || left === undefined) continue;
        const relation = compare(before, entry, ends.get(before.source)!);
        if (relation === "other") continue;
        const all = talk.a.packets + talk.b.packets;
        noteCopy(
          source,
          before.source,
          relation === "whole" ? all : before.low.packets + before.high.packets,
        );
        left = relation === "whole" ? undefined : without(left, before);
      }
      if (left === talk) known.add(key, entry);
      return left;
    },
  };
}

/** One segment without an answer: a scan has hundreds of thousands, and none is ever a baseline. */
const isAttempt = ({ protocol, a, b }: Conversation): boolean =>
  protocol === protocolNumbers.tcp && a.packets + b.packets === 1;

/**
 * Whether a later conversation, which overlaps an earlier one in time, is a copy of it as a whole, holds all of it and more, or
 * is another one.
 * @param end when the earlier one's source ended.
 */
function compare(before: Entry, after: Entry, end: number): "whole" | "part" | "other" {
  const [one, other] = [before.sketch, after.sketch];
  const [isIn, has] =
    one === undefined || other === undefined
      ? [undefined, undefined]
      : [shareOf(other, one), shareOf(one, other)];
  if (isIn !== undefined && isIn >= sameShare) return "whole";
  if (has !== undefined && has >= sameShare) return "part";
  if (isIn !== undefined && has !== undefined) return "other";
  const isSmall = after.low.packets + after.high.packets < fewestPackets;
  return isAlike(before, after) && !(isSmall && after.last > end) ? "whole" : "other";
}

function isAlike(before: Entry, after: Entry): boolean {
  const longest = Math.max(before.last - before.first, after.last - after.first);
  const near = (x: number, y: number): boolean => Math.abs(x - y) <= Math.max(clockSkew, spanShare * longest);
  return near(before.first, after.first) && near(before.last, after.last) && hasNearlySame(before, after);
}
