import { cadence } from "../../baseline/cadence.ts";
import type { Cadence } from "../../baseline/flow.ts";

/**
 * The cadence that counters show, read again and again: a flow came between two readings if its counter had grown.
 * Requests that come more often than every other reading cannot be told apart (Nyquist), so that nothing is said of their
 * period then; the silence is bounded all the same.
 * @param readings times of all readings, in seconds, the latest last.
 * @param rose a digit for each of the last readings: 1 where the counter had grown.
 */
export function rhythmOf(readings: readonly number[], rose: string): Cadence | undefined {
  const times = readings.slice(-rose.length).filter((_, index) => rose[index] === "1");
  const rhythm = cadence(times);
  if (rhythm === undefined || 2 * times.length <= rose.length) return rhythm;
  const { silenceDeadline, samples } = rhythm;
  return { kind: "irregular", silenceDeadline, samples };
}
