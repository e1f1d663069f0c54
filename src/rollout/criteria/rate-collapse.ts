import type { Measured, Reading } from "./reading.ts";

/** Fewer packets than this, expected in one interval, may be missing by chance. */
const fewest = 10;
const usualShare = 50;

/**
 * Fails when a permit carried less than so many percent of its baseline's packets since the last measurement. A permit
 * whose baseline is too slow for the interval has no say.
 */
export function rateCollapse({ rule, watch, sample, last }: Measured): Reading {
  if (!last) return { result: "early", reason: "there is nothing to compare with yet" };
  const minutes = (sample.at - last.at) / 60;
  const known = watch.rates.filter(({ perMinute }) => perMinute * minutes >= fewest);
  if (known.length === 0) {
    return {
      result: "no-data",
      reason: "the baseline tells no rate that an interval of this length could show: take a longer interval",
    };
  }
  const limit = (rule.percent ?? usualShare) / 100;
  const slow = known.find(({ permit, perMinute }) => {
    const packets = packetsOf(sample, permit) - packetsOf(last, permit);
    return packets >= 0 && packets < limit * perMinute * minutes;
  });
  if (!slow) return { result: "pass", reason: "every permit carries what it usually does" };
  const packets = packetsOf(sample, slow.permit) - packetsOf(last, slow.permit);
  return {
    result: "fail",
    reason: `${slow.permit} carries ${(packets / minutes).toFixed(0)} packets a minute, and usually ${slow.perMinute.toFixed(0)}`,
  };
}

function packetsOf({ counters }: Measured["sample"], permit: string): number {
  const found = counters.permits.find((one) => one.permit === permit);
  return found ? found.requests + found.replies : 0;
}
