import { Temporal } from "temporal-polyfill";
import { slotLength } from "../presence.ts";

/** Cycles begin at local midnight, or Monday for those of a week; the first of January 1970 was a Thursday. */
const mondayShift = 3 * 86_400;

/** Numbers the repetitions of a cycle that time slots lie in; the zone's summer time is taken into account. */
export interface CycleCount {
  cycleOf(slot: number): number;
}

/** @param length of the cycle, in seconds. @param timezone an IANA name. */
export function cycleCount(length: number, timezone: string): CycleCount {
  const known = new Map<number, number>();
  return {
    cycleOf(slot) {
      let cycle = known.get(slot);
      if (cycle === undefined) {
        const instant = Temporal.Instant.fromEpochMilliseconds(slot * slotLength * 1000);
        const offset = instant.toZonedDateTimeISO(timezone).offsetNanoseconds / 1e9;
        cycle = Math.floor((slot * slotLength + offset + mondayShift) / length);
        known.set(slot, cycle);
      }
      return cycle;
    },
  };
}
