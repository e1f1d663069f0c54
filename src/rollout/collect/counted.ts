import { flowKey } from "../../baseline/aggregate.ts";
import type { CountedFlow, Flow } from "../../baseline/flow.ts";
import type { RecordedFlow } from "../../target.ts";

/** Readings of which is kept whether a flow had grown: what its cadence is measured by. */
export const keptReadings = 256;

/** A flow by which a counter has grown since the reading before. */
export interface Growth {
  readonly flow: Flow;
  readonly packets: number;
  readonly replies?: number;
  readonly openings?: number;
  /** Seconds since it was last seen, where the firewall keeps them. */
  readonly quietFor?: number;
}

/** How counters have grown from one reading to the next. */
export interface Step {
  readonly growths: readonly Growth[];
  readonly counted: readonly CountedFlow[];
  /** A counter is less than it was: it was emptied, or the entry ended and came again. */
  readonly fell: boolean;
}

/**
 * Tells a reading from the one before. A count that is less than before began anew, so that all of it is growth.
 * Requests, replies and openings are entries of their own on a firewall: that of an opening ends while its session goes
 * on, and that of requests, which each packet renews, ends last and all others with it. An entry that is gone has ended; what it had counted was taken over when it was read.
 * @param before undefined where the counters began anew since, or were never read.
 */
export function stepFrom(before: readonly CountedFlow[] | undefined, now: readonly RecordedFlow[]): Step {
  const known = new Map((before ?? []).map((one) => [flowKey(one), one]));
  const growths: Growth[] = [];
  const counted: CountedFlow[] = [];
  let fell = false;
  for (const reading of now) {
    const flow = flowOf(reading);
    const old = known.get(flowKey(flow));
    known.delete(flowKey(flow));
    const counts = countsOf(reading);
    const before = old === undefined ? { requests: 0, replies: 0, openings: 0 } : countsOf(old);
    const endedWhole = counts.requests < before.requests;
    const rise = (name: keyof Counts): number => {
      const isAnew = endedWhole || counts[name] < before[name];
      fell ||= isAnew;
      return counts[name] - (isAnew ? 0 : before[name]);
    };
    const [requests, replies, openings] = [rise("requests"), rise("replies"), rise("openings")];
    const grown = {
      packets: requests + replies,
      ...(reading.replies !== undefined && { replies }),
      ...(reading.openings !== undefined && { openings }),
    };
    // What is seen for the first time has been there, though nothing of it was counted yet.
    const hasGrown = grown.packets > 0 || (old === undefined && reading.packets > 0);
    if (hasGrown) {
      growths.push({
        flow,
        ...grown,
        ...(reading.quietFor !== undefined && { quietFor: reading.quietFor }),
      });
    }
    counted.push({
      ...flow,
      packets: reading.packets,
      ...(reading.replies !== undefined && { replies: reading.replies }),
      ...(reading.openings !== undefined && { openings: reading.openings }),
      rose: risen(old?.rose, hasGrown),
    });
  }
  // What has ended keeps its rhythm, and counts from nothing when it comes again.
  for (const old of known.values()) {
    const rose = risen(old.rose, false);
    if (rose.includes("1")) counted.push({ ...tupleOf(old), packets: 0, rose });
  }
  return { growths, counted, fell };
}

interface Counts {
  readonly requests: number;
  readonly replies: number;
  readonly openings: number;
}

const countsOf = ({
  packets,
  replies = 0,
  openings = 0,
}: Pick<RecordedFlow, "packets" | "replies" | "openings">): Counts => ({
  requests: packets - replies,
  replies,
  openings,
});

const risen = (rose: string | undefined, grown: boolean): string =>
  `${rose ?? ""}${grown ? 1 : 0}`.slice(-keptReadings);

const tupleOf = ({ family, initiator, responder, protocol, port, icmpType }: Flow): Flow => ({
  ...{ family, initiator, responder, protocol },
  ...(port !== undefined && { port }),
  ...(icmpType !== undefined && { icmpType }),
});

/** An entry of a record as a flow: its source asks. */
export const flowOf = ({ source, destination, ...rest }: RecordedFlow): Flow =>
  tupleOf({ ...rest, initiator: source, responder: destination });
