import type { Driver } from "../../target.ts";
import type { Change, Outside } from "../change.ts";
import { currentOf, type Ring, textOf } from "../known-good/known-good.ts";
import { reserveOf, windowProblems } from "../window.ts";

/**
 * Whether a rollback still fits where the window keeps room for one. What it takes is measured, not assumed: the text of
 * the current known-good goes through the steps of a rollback on this firewall, where it cannot touch a packet.
 */
export async function rollbackProblems(
  change: Change,
  driver: Driver,
  ring: Ring | undefined,
  outside: Outside,
): Promise<readonly string[]> {
  const { window } = change.plan;
  if (window === undefined) return [];
  const start = outside.now();
  await driver.preview(ring ? textOf(currentOf(ring), driver.absence) : driver.absence);
  await driver.rehearseBoot();
  await driver.read();
  const seconds = outside.now() - start;
  const reserve = reserveOf(change);
  if (seconds > reserve) {
    return [
      `a rollback takes ${Math.ceil(seconds)} s on this firewall, measured now, and the window ${window.id} keeps ` +
        `${reserve} s for it: make the reserve longer under "trial", and a new plan`,
    ];
  }
  // The checks took their time too.
  return windowProblems(change, outside);
}
