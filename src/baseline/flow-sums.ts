import type { Conversation } from "./conversation.ts";
import { conversationFrom, type FlowPartial } from "./partial.ts";
import { type GrowingPresence, growing, isWithinLast, spanned } from "./presence.ts";
import { addRequest, noRequests, type Requests, settle } from "./requests.ts";

/** A `FlowPartial` that grows. Its fields are those of one, which say what they are. */
export interface FlowSum {
  readonly ends: Pick<FlowPartial, "a" | "b" | "protocol" | "aPort" | "bPort" | "icmpType">;
  connections: number;
  packets: number;
  packetsBack: number;
  bytes: number;
  bytesBack: number;
  first: number;
  last: number;
  evidence: number;
  flags: number;
  readonly presence: GrowingPresence;
  readonly requests: Requests;
}

/**
 * Adds up records of connections, each of which has one request at its start, by what a partial keeps of their ends: so
 * many lines of a log become one sum that each of them costs next to nothing.
 */
export interface FlowSums {
  readonly size: number;
  /** The sum that a record belongs to, which notes its evidence and flags; its figures are added by `addRecord`. */
  of(record: FlowPartial): FlowSum;
  /** Hands on all sums, each as one conversation; none is left. */
  drain(sink: (talk: Conversation) => void): void;
}

export function flowSums(): FlowSums {
  const sums = new Map<string, FlowSum>();
  return {
    get size() {
      return sums.size;
    },
    of(record) {
      const { a, b, protocol, aPort, bPort, icmpType } = record;
      const key = `${a} ${b} ${protocol} ${aPort} ${bPort} ${icmpType}`;
      let sum = sums.get(key);
      if (sum === undefined) {
        sum = emptySum({ a, b, protocol, aPort, bPort, icmpType });
        sums.set(key, sum);
      }
      sum.evidence = Math.max(sum.evidence, record.evidence);
      sum.flags |= record.flags;
      return sum;
    },
    drain(sink) {
      for (const sum of sums.values()) sink(conversationFrom(partialFrom(sum)));
      sums.clear();
    },
  };
}

const emptySum = (ends: FlowSum["ends"]): FlowSum => ({
  ends,
  connections: 0,
  packets: 0,
  packetsBack: 0,
  bytes: 0,
  bytesBack: 0,
  first: Number.POSITIVE_INFINITY,
  last: Number.NEGATIVE_INFINITY,
  evidence: 0,
  flags: 0,
  presence: growing([]),
  requests: noRequests(),
});

type Figures = Pick<FlowPartial, "packets" | "packetsBack" | "bytes" | "bytesBack" | "first" | "last">;

/** Adds one record to its sum. Its times are known. */
export function addRecord(sum: FlowSum, record: Figures): void {
  sum.connections += 1;
  sum.packets += record.packets;
  sum.packetsBack += record.packetsBack;
  sum.bytes += record.bytes;
  sum.bytesBack += record.bytesBack;
  if (record.first < sum.first) sum.first = record.first;
  if (record.last > sum.last) sum.last = record.last;
  if (!isWithinLast(sum.presence.all, record.first, record.last))
    sum.presence.add(spanned(record.first, record.last));
  addRequest(sum.requests, record.first);
}

function partialFrom({ ends, presence, requests, ...figures }: FlowSum): FlowPartial {
  settle(requests);
  const { times, longestGap, leftOut } = requests;
  return {
    ...ends,
    ...figures,
    presence: presence.all,
    requests: times,
    lastRequest: Math.max(times.at(-1) ?? Number.NEGATIVE_INFINITY, leftOut),
    longestGap,
    longestGapBack: longestGap,
  };
}
