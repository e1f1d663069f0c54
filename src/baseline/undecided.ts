import { type Conversation, type Party, requestLimit } from "./conversation.ts";
import { type GrowingPresence, growing } from "./presence.ts";
import { addRequests, type Requests, settle } from "./requests.ts";

/**
 * Conversations without a direction of their own, while they wait for each other's evidence. Those of the same two
 * ends, in which the same end was seen first, are one: what each of them shows counts for all.
 */
export interface Undecided {
  readonly size: number;
  add(talk: Conversation): void;
  /** All of them; none is left. */
  take(): readonly Conversation[];
}

interface Waiting {
  readonly talk: Conversation;
  readonly presence: GrowingPresence;
  readonly requests: Requests;
  readonly requestsBack: Requests;
}

export function undecidedTalks(): Undecided {
  const waiting = new Map<string, Waiting>();
  return {
    get size() {
      return waiting.size;
    },
    add(talk) {
      const { a, b } = talk;
      const key = `${talk.protocol} ${a.address} ${a.port} ${b.address} ${b.port}`;
      const known = waiting.get(key);
      if (known !== undefined) join(known, talk);
      else {
        const presence = growing(talk.presence);
        waiting.set(key, { talk, presence, requests: requestsOf(a), requestsBack: requestsOf(b) });
      }
    },
    take() {
      const talks = [...waiting.values()].map(({ talk, requests, requestsBack }) => {
        for (const [side, sent] of [
          [talk.a, requests],
          [talk.b, requestsBack],
        ] as const) {
          settle(sent);
          side.longestGap = sent.longestGap;
        }
        return talk;
      });
      waiting.clear();
      return talks;
    },
  };
}

const requestsOf = ({ requests, longestGap, lastRequest }: Party): Requests => ({
  times: requests,
  longestGap,
  leftOut: requests.length < requestLimit ? Number.NEGATIVE_INFINITY : lastRequest,
  settled: false,
});

function join({ talk, presence, requests, requestsBack }: Waiting, other: Conversation): void {
  talk.connections += other.connections;
  if (!(other.first >= talk.first) && !Number.isNaN(other.first)) talk.first = other.first;
  if (!(other.last <= talk.last) && !Number.isNaN(other.last)) talk.last = other.last;
  presence.add(other.presence);
  for (const [side, otherSide] of [
    [talk.a, other.a],
    [talk.b, other.b],
  ] as const) {
    side.packets += otherSide.packets;
    side.bytes += otherSide.bytes;
    side.spoke ||= otherSide.spoke;
    side.acknowledged ||= otherSide.acknowledged;
  }
  addRequests(requests, other.a);
  addRequests(requestsBack, other.b);
}
