import type { Cadence } from "./flow.ts";

/** Below this robust coefficient of variation, requests are periodic. */
const periodicBelow = 0.25;
/** Fewer intervals than this carry no cadence. */
const fewestIntervals = 4;
/** Makes the median absolute deviation estimate a standard deviation of a normal distribution. */
const madScale = 1.4826;
/** Bursts are set apart when the gaps between them are, typically, this many times the gaps within. */
const burstContrast = 4;
/** Up to this share of the gaps, long ones are pauses and not the ends of bursts. */
const rarePauses = 0.05;
/** Clocks of recorders resolve microseconds. */
const resolution = 1e-6;

/**
 * How regularly requests come. `times` are in seconds, in any order. `longestGap` is the longest silence known from
 * elsewhere (times beyond those that were kept). Undefined where there is too little to tell.
 */
export function cadence(times: readonly number[], longestGap = 0): Cadence | undefined {
  const sorted = Float64Array.from(times.filter((time) => !Number.isNaN(time))).sort();
  const single = differences(sorted);
  if (single.length < fewestIntervals) return undefined;
  const threshold = burstThreshold(single);
  const bursts = measure(
    differences(sorted.filter((_, index) => index === 0 || single[index - 1]! > threshold)),
  );
  const pauses = single.filter((gap) => gap > threshold).length;
  // Without bursts, or with a few pauses only (the line stood still), the requests themselves have the rhythm.
  const requests = measure(single);
  const candidates = threshold > 0 && pauses > rarePauses * single.length ? [bursts] : [bursts, requests];
  const rhythm = candidates.find(isPeriodic);
  const { median, deviation, longest } = rhythm ?? requests;
  const silenceDeadline = rounded(
    Math.max(3 * median, 1.5 * Math.max(longest, rounded(longestGap)), median + 10 * deviation),
  );
  const samples = sorted.length;
  return rhythm !== undefined
    ? { kind: "periodic", period: rounded(median), jitter: rounded(deviation), silenceDeadline, samples }
    : { kind: "irregular", silenceDeadline, samples };
}

const isPeriodic = ({ count, variation }: Measure): boolean =>
  count >= fewestIntervals && variation < periodicBelow;

interface Measure {
  readonly count: number;
  readonly median: number;
  readonly deviation: number;
  readonly longest: number;
  /** Robust coefficient of variation: scaled median absolute deviation over median. */
  readonly variation: number;
}

function measure(intervals: Float64Array): Measure {
  const median = medianOf(intervals);
  const deviation = madScale * medianOf(intervals.map((interval) => Math.abs(interval - median)));
  const longest = intervals.reduce((most, interval) => Math.max(most, interval), 0);
  return {
    count: intervals.length,
    median,
    deviation,
    longest,
    variation: median === 0 ? Number.POSITIVE_INFINITY : deviation / median,
  };
}

/**
 * The gap that best parts short from long ones: Otsu's method (1979), on logarithms, over all splits.
 * 0 where no two kinds of gaps stand apart.
 */
function burstThreshold(gaps: Float64Array): number {
  const logs = gaps.map((gap) => Math.log(Math.max(gap, resolution))).sort();
  const total = logs.reduce((sum, log) => sum + log, 0);
  let [sumLow, best, threshold, contrast] = [0, 0, 0, 0];
  for (let low = 1; low < logs.length; low += 1) {
    sumLow += logs[low - 1]!;
    const high = logs.length - low;
    const distance = (total - sumLow) / high - sumLow / low;
    const between = low * high * distance * distance;
    if (between > best) {
      best = between;
      threshold = (logs[low - 1]! + logs[low]!) / 2;
      contrast = distance;
    }
  }
  return contrast > Math.log(burstContrast) ? Math.exp(threshold) : 0;
}

/** Rounded, so that a gap is the same wherever in time it lies: the times themselves are exact to less than that. */
const differences = (sorted: Float64Array): Float64Array =>
  Float64Array.from({ length: Math.max(0, sorted.length - 1) }, (_, index) =>
    rounded(sorted[index + 1]! - sorted[index]!),
  );

function medianOf(values: Float64Array): number {
  if (values.length === 0) return 0;
  const sorted = values.toSorted();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const rounded = (seconds: number): number => Math.round(seconds * 1e6) / 1e6;
