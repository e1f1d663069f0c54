import { z } from "zod";
import { firingSchema } from "../plan/plan.ts";
import type { DeadMan, Driver, Firing } from "../target.ts";
import type { JournalEntry } from "./journal.ts";

/** A rehearsal of the dead men need not take as long as a lease. */
const drillLease = 2;
/** Seconds that a dead man may fire early in the drill. */
const earliest = 1;
/**
 * Seconds that it may be late, and be seen late, on a firewall that is busy. The second one has 2 s more than the lease
 * (it finds out whether the first one fired), so a trial that is left alone is over within its lease and 5 s.
 */
const latest: Readonly<Record<DeadMan, number>> = { kernel: 2, init: 3, process: 3 };

/** A rehearsal: when each dead man was to fire, when it did, and whether all of them can be relied on. */
export interface Drill {
  readonly fired: boolean;
  readonly firings: readonly Firing[];
}

/** Rehearses every dead man on the firewall, away from any packet. @throws {DriverError} when one does not fire at all. */
export async function rehearse(driver: Driver, leaseSeconds: number): Promise<Drill> {
  const measured = await driver.drill(Math.min(drillLease, leaseSeconds));
  const firings = measured.map((one) => ({ ...one, seconds: Math.round(one.seconds * 1000) / 1000 }));
  return { fired: firings.length > 0 && firings.every(isInTime), firings };
}

export const isInTime = ({ by, due, seconds }: Firing): boolean =>
  seconds > due - earliest && seconds < due + latest[by];

/** What became of a drill whose dead men cannot be relied on. */
export const drillProblems = (firings: readonly Firing[]): readonly string[] =>
  firings
    .filter((firing) => !isInTime(firing))
    .map(
      ({ by, due, seconds }) =>
        `the dead man did not fire in its time in the drill: ${deadManNames[by]}, after ${seconds.toFixed(1)} s ` +
        `instead of ${due.toFixed(1)} s`,
    );

/** The dead men in words. */
export const deadManNames: Readonly<Record<Firing["by"], string>> = {
  kernel: "the lease in the kernel of the firewall",
  init: "a timer of its init system",
  process: "a separate process on the firewall",
};

/** `… fired after 2.0 s` for each, in one line. */
export const firingsText = (firings: readonly Firing[]): string =>
  firings.map(({ by, seconds }) => `${deadManNames[by]} fired after ${seconds.toFixed(1)} s`).join(", ");

/** A drill with its time, ISO 8601 in UTC. */
export interface DrillRecord {
  readonly time: string;
  readonly firings: readonly Firing[];
}

/** What the entry of a drill in the journal says; undefined for other entries, and for drills of older versions. */
export function drillIn({ action, time, details }: JournalEntry): DrillRecord | undefined {
  if (action !== "drilled") return undefined;
  const firings = z.array(firingSchema).safeParse(details?.firings);
  return firings.success ? { time, firings: firings.data } : undefined;
}

/** The last drill on a firewall in which all of its dead men fired in time. */
export const lastDrill = (
  journal: readonly JournalEntry[],
  firewall: string,
  deadMen: readonly DeadMan[],
): DrillRecord | undefined =>
  journal
    .filter((entry) => entry.firewall === firewall)
    .flatMap((entry) => drillIn(entry) ?? [])
    .findLast(({ firings }) => isOf(firings, deadMen) && firings.every(isInTime));

/** Whether a drill was one of exactly these dead men. */
export const isOf = (firings: readonly Firing[], deadMen: readonly DeadMan[]): boolean =>
  firings.map(({ by }) => by).join() === deadMen.join();

/** Without a kernel or an init system that holds one, a kill or a full memory can take every dead man away. */
export const isWeak = (deadMen: readonly DeadMan[]): boolean => deadMen.every((by) => by === "process");
