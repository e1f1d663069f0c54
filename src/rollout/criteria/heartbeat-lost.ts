import { flowKey } from "../../baseline/aggregate.ts";
import type { CountersReading } from "../../target.ts";
import type { Heartbeat, Measured, Reading, Sample, Watch } from "./reading.ts";

/** When each counter of a heartbeat last moved, by heartbeat. */
export type Pulse = ReadonlyMap<Heartbeat, Beat>;
interface Beat {
  readonly requests: number;
  readonly replies: number;
  /** Times of the last advance, or of the first sample while there was none. */
  readonly requestAt: number;
  readonly replyAt: number;
  readonly seen: boolean;
}

/** Takes a sample into the pulse. A counter that went back was started anew: what it holds now is an advance. */
export function takePulse(pulse: Pulse, watch: Watch, sample: Sample): Pulse {
  const heard = heardIn(sample);
  return new Map(
    watch.heartbeats.map((heartbeat) => {
      const { requests, replies } = heard(heartbeat);
      const last = pulse.get(heartbeat);
      if (!last) {
        return [heartbeat, { requests, replies, requestAt: sample.at, replyAt: sample.at, seen: false }];
      }
      const asked = hasMoved(last.requests, requests);
      const answered = hasMoved(last.replies, replies);
      return [
        heartbeat,
        {
          requests,
          replies,
          requestAt: asked ? sample.at : last.requestAt,
          replyAt: answered ? sample.at : last.replyAt,
          seen: last.seen || (asked && answered),
        },
      ];
    }),
  );
}

/**
 * What was counted of a heartbeat: of its own flow where the firewall counts that one by itself, else of its permit, in
 * which it may hide behind others.
 */
export function heardIn({ counters }: Pick<Sample, "counters">): (heartbeat: Heartbeat) => Heard {
  const flows = flowsHeard(counters);
  return ({ permit, flow }) =>
    (flow && flows.get(flowKey(flow))) ??
    counters.permits.find((one) => one.permit === permit) ?? { requests: 0, replies: 0 };
}

/** Packets of a flow in both directions. */
export interface Heard {
  readonly requests: number;
  readonly replies: number;
}

/** What was counted of each flow that the firewall counts by itself, by `flowKey`. */
export const flowsHeard = ({
  admitted,
}: Partial<Pick<CountersReading, "admitted">>): ReadonlyMap<string, Heard> =>
  new Map(
    admitted?.flatMap(({ source, destination, packets, replies, ...flow }) =>
      replies === undefined
        ? []
        : [
            [
              flowKey({ ...flow, initiator: source, responder: destination }),
              { requests: packets - replies, replies },
            ] as const,
          ],
    ),
  );

const hasMoved = (before: number, now: number): boolean => now > before || (now < before && now > 0);

/**
 * Fails when a flow that the process needs was silent for longer than its baseline ever was, in either direction.
 * It is early while it has not been heard at all; without a known deadline there is nothing to say.
 */
export function heartbeatLost({ watch, sample }: Pick<Measured, "watch" | "sample">, pulse: Pulse): Reading {
  const readings = watch.heartbeats.map((heartbeat) => readBeat(heartbeat, pulse.get(heartbeat), sample.at));
  const first = (result: Reading["result"]) => readings.find((reading) => reading.result === result);
  return (
    first("fail") ??
    first("no-data") ??
    first("early") ?? { result: "pass", reason: "every critical flow is heard in both directions" }
  );
}

export const heartbeatName = ({ permit, flow }: Heartbeat): string =>
  flow ? `${permit} (${flow.initiator} -> ${flow.responder})` : permit;

function readBeat(heartbeat: Heartbeat, beat: Beat | undefined, at: number): Reading {
  const { permit, deadline, exercise } = heartbeat;
  const name = heartbeatName(heartbeat);
  if (deadline === undefined && exercise !== undefined) {
    return beat?.seen
      ? { result: "pass", reason: `${name} was heard` }
      : { result: "early", reason: `${name} is heard after the exercise step ${exercise}` };
  }
  if (deadline === undefined) {
    return {
      result: "no-data",
      reason:
        `how often ${permit} speaks is not known, its baseline has no cadence: write its longest normal silence under ` +
        `"silence" of the permit, or name an exercise step that makes it speak`,
    };
  }
  const silent = (since: number): number => at - since;
  if (beat && silent(beat.requestAt) > deadline) {
    return { result: "fail", reason: `${name} asked nothing for ${silent(beat.requestAt).toFixed(1)} s` };
  }
  if (beat && silent(beat.replyAt) > deadline) {
    return { result: "fail", reason: `${name} had no answer for ${silent(beat.replyAt).toFixed(1)} s` };
  }
  if (!beat?.seen) return { result: "early", reason: `${name} was not heard yet` };
  return { result: "pass", reason: `${name} is heard` };
}
