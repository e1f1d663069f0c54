import type { Heartbeat, Reading, Sample, Watch } from "./reading.ts";

/** When each counter of a critical permit last moved, by permit. */
export type Pulse = ReadonlyMap<string, Beat>;
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
  return new Map(
    watch.heartbeats.map(({ permit }) => {
      const now = sample.counters.permits.find((one) => one.permit === permit) ?? { requests: 0, replies: 0 };
      const last = pulse.get(permit);
      if (!last) {
        const { requests, replies } = now;
        return [permit, { requests, replies, requestAt: sample.at, replyAt: sample.at, seen: false }];
      }
      const asked = hasMoved(last.requests, now.requests);
      const answered = hasMoved(last.replies, now.replies);
      return [
        permit,
        {
          requests: now.requests,
          replies: now.replies,
          requestAt: asked ? sample.at : last.requestAt,
          replyAt: answered ? sample.at : last.replyAt,
          seen: last.seen || (asked && answered),
        },
      ];
    }),
  );
}

const hasMoved = (before: number, now: number): boolean => now > before || (now < before && now > 0);

/**
 * Fails when a permit that the process needs was silent for longer than its baseline ever was, in either direction.
 * It is early while it has not been heard at all; without a known deadline there is nothing to say.
 */
export function heartbeatLost(watch: Watch, pulse: Pulse, at: number): Reading {
  const readings = watch.heartbeats.map((heartbeat) => readBeat(heartbeat, pulse.get(heartbeat.permit), at));
  const first = (result: Reading["result"]) => readings.find((reading) => reading.result === result);
  return (
    first("fail") ??
    first("no-data") ??
    first("early") ?? {
      result: "pass",
      reason: "every critical permit is heard in both directions",
    }
  );
}

function readBeat(heartbeat: Heartbeat, beat: Beat | undefined, at: number): Reading {
  const { permit, deadline } = heartbeat;
  if (deadline === undefined) {
    return {
      result: "no-data",
      reason: `how often ${permit} speaks is not known: its baseline has no cadence`,
    };
  }
  const silent = (since: number): number => at - since;
  if (beat && silent(beat.requestAt) > deadline) {
    return { result: "fail", reason: `${permit} asked nothing for ${silent(beat.requestAt).toFixed(1)} s` };
  }
  if (beat && silent(beat.replyAt) > deadline) {
    return { result: "fail", reason: `${permit} had no answer for ${silent(beat.replyAt).toFixed(1)} s` };
  }
  if (!beat?.seen) return { result: "early", reason: `${permit} was not heard yet` };
  return { result: "pass", reason: `${permit} is heard` };
}
