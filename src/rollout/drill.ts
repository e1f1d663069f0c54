import type { Driver } from "../target.ts";

/** A rehearsal of the dead man need not take as long as a lease. */
const drillLease = 2;
/** Seconds that a lease may end early or late in the drill. */
const drillTolerance = 1;

/** Rehearses the dead man on the firewall, away from any packet, and tells whether it can be relied on. */
export async function rehearse(
  driver: Driver,
  leaseSeconds: number,
): Promise<{ readonly fired: boolean; readonly seconds: number }> {
  const lease = Math.min(drillLease, leaseSeconds);
  const seconds = await driver.drill(lease);
  return { fired: Math.abs(seconds - lease) < drillTolerance, seconds };
}
