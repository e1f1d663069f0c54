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
  const sorted = inOrder(times);
  const single = differences(sorted);
  if (single.length < fewestIntervals) return undefined;
  const ordered = single.toSorted();
  const threshold = burstThreshold(ordered);
  const requests = measure(ordered);
  const longest = Math.max(requests.longest, rounded(longestGap));
  // A log that rounds its times down may have all of them at one.
  if (longest === 0) return undefined;
  const pauses = single.length - countUpTo(threshold, ordered);
  const bursts = pauses === single.length ? requests : measure(betweenBursts(sorted, single, threshold));
  // Without bursts, or with a few pauses only (the line stood still), the requests themselves have the rhythm.
  const candidates = threshold > 0 && pauses > rarePauses * single.length ? [bursts] : [bursts, requests];
  const rhythm = candidates.find(isPeriodic);
  const { median, deviation } = rhythm ?? requests;
  // A burst is no silence: from its start to the next one's is longer than any.
  const silenceDeadline = rounded(Math.max(3 * median, 1.5 * longest, median + 10 * deviation));
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

/** @param intervals in order. */
function measure(intervals: Float64Array): Measure {
  const median = medianOf(intervals);
  const deviation = madScale * medianOf(distances(intervals, median));
  return {
    count: intervals.length,
    median,
    deviation,
    longest: intervals.at(-1) ?? 0,
    variation: median === 0 ? Number.POSITIVE_INFINITY : deviation / median,
  };
}

/** The times that are any, in order. Most come so. */
function inOrder(times: readonly number[]): Float64Array {
  const all = new Float64Array(times);
  // NaN is neither less than another nor not less.
  const isSorted = all.every((time, index) => index === 0 || time >= all[index - 1]!);
  // Sorting puts NaN last.
  return isSorted ? all : all.sort().filter((time) => !Number.isNaN(time));
}

/** How many of the numbers, which come in order, are at most a limit. */
function countUpTo(limit: number, ordered: Float64Array): number {
  const count = ordered.findIndex((number) => number > limit);
  return count < 0 ? ordered.length : count;
}

/** The times from the start of one burst to the start of the next, in order. */
const betweenBursts = (times: Float64Array, gaps: Float64Array, threshold: number): Float64Array =>
  differences(times.filter((_, index) => index === 0 || gaps[index - 1]! > threshold)).sort();

/** How far numbers in order lie from one in their midst, nearest first: nothing has to be sorted for it. */
function distances(numbers: Float64Array, from: number): Float64Array {
  const result = new Float64Array(numbers.length);
  let above = numbers.findIndex((number) => number >= from);
  let below = above - 1;
  for (let at = 0; at < result.length; at += 1) {
    const [down, up] = [from - (numbers[below] ?? -Infinity), (numbers[above] ?? Infinity) - from];
    result[at] = Math.min(down, up);
    if (down < up) below -= 1;
    else above += 1;
  }
  return result;
}

/**
 * The gap that best parts short from long ones: Otsu's method (1979), on logarithms, over all splits.
 * 0 where no two kinds of gaps stand apart. The gaps come in order.
 */
function burstThreshold(gaps: Float64Array): number {
  const logs = gaps.map((gap) => Math.log(Math.max(gap, resolution)));
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
  sorted.subarray(1).map((time, index) => rounded(time - sorted[index]!));

function medianOf(sorted: Float64Array): number {
  if (sorted.length === 0) return 0;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const rounded = (seconds: number): number => Math.round(seconds * 1e6) / 1e6;
