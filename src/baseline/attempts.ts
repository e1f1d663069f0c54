import type { Conversation } from "./conversation.ts";
import type { Attempts, Flow } from "./flow.ts";
import { instant } from "./time.ts";

/** How many flows of each kind are kept one by one. What these need together fits an ordinary Node heap. */
export interface FlowLimits {
  /** Answered flows: beyond, the observation is refused. */
  readonly answered: number;
  /** Flows that nobody answered: beyond, further ones are folded. */
  readonly unanswered: number;
  /** The same for one initiator, so that a scanner takes no other's place. */
  readonly unansweredOfOne: number;
  /** Lines that the folded attempts take: one for each pair of hosts, then for each initiator, then one for all. */
  readonly folded: number;
}

export const flowLimits: FlowLimits = {
  answered: 400_000,
  unanswered: 100_000,
  unansweredOfOne: 4096,
  folded: 20_000,
};

type Sum = { -readonly [Key in "conversations" | "connections" | "packets" | "bytes"]: number } & {
  readonly initiator?: string;
  readonly responder?: string;
  first: number;
  last: number;
};

/** Adds up unanswered attempts that are too many to be kept one by one, as a port scan makes them. */
export interface AttemptFold {
  add(flow: Flow, talk: Conversation): void;
  sums(): readonly Attempts[];
}

export function attemptFold(limit: number): AttemptFold {
  const sums = new Map<string, Sum>();
  let [pairs, initiators] = [0, 0];
  /** The line that an attempt adds to: the narrowest one that is there or for which there still is place. */
  const place = ({ initiator, responder }: Flow): Sum => {
    const pair = sums.get(`${initiator} ${responder}`);
    if (pair !== undefined) return pair;
    if (pairs < limit / 2) {
      pairs += 1;
      return open(`${initiator} ${responder}`, { initiator, responder });
    }
    const one = sums.get(initiator);
    if (one !== undefined) return one;
    if (initiators < limit / 2 - 1) {
      initiators += 1;
      return open(initiator, { initiator });
    }
    return sums.get("") ?? open("", {});
  };
  const open = (key: string, ends: Pick<Sum, "initiator" | "responder">): Sum => {
    const sum: Sum = {
      ...ends,
      ...{ conversations: 0, connections: 0, packets: 0, bytes: 0, first: Number.NaN, last: Number.NaN },
    };
    sums.set(key, sum);
    return sum;
  };
  return {
    add(flow, talk) {
      const sum = place(flow);
      sum.conversations += 1;
      sum.connections += talk.connections;
      sum.packets += talk.a.packets + talk.b.packets;
      sum.bytes += talk.a.bytes + talk.b.bytes;
      if (!(talk.first >= sum.first)) sum.first = talk.first;
      if (!(talk.last <= sum.last)) sum.last = talk.last;
    },
    sums: () =>
      [...sums]
        .sort(([x], [y]) => (x < y ? -1 : x > y ? 1 : 0))
        .map(([, { first, last, ...sum }]) => {
          const [firstSeen, lastSeen] = [instant(first), instant(last)];
          return {
            ...sum,
            ...(firstSeen === undefined ? {} : { firstSeen }),
            ...(lastSeen === undefined ? {} : { lastSeen }),
          };
        }),
  };
}
