import type { Driver, LiveState } from "../../target.ts";
import { driftOf } from "./drift.ts";
import { currentOf, damageToIndex, type Ring, stateOfText, textName } from "./known-good.ts";

/**
 * Whether a firewall stands on known ground: what runs is the current known-good, and a reboot would load the same.
 * Otherwise a change would start from, or fall back to, something that nobody proved. Only reads.
 */
export async function groundProblems(
  driver: Driver,
  live: LiveState,
  ring: Ring | undefined,
): Promise<readonly string[]> {
  const { live: moved, bootIsLive } = await driftOf(driver, live, ring);
  if (ring === undefined && live.conduits.length > 0) {
    return [
      "rules of Sluice run on this firewall, but no known-good says where they come from: remove them first",
    ];
  }
  const damage = ring && (await damageToIndex(driver));
  if (damage !== undefined) {
    return [
      `${damage}, and one damage more would take the way back: find out who did that, then write it anew with ` +
        '"sluice known-good mend"',
    ];
  }
  const text = ring && (await stateOfText(driver, currentOf(ring), driver.absence));
  if (text === "changed" || text === "gone") {
    return [
      `the text of known-good ${ring?.current} on the firewall is ${text}, so nobody could go back to it at the console: ` +
        'find out who did that, then write it anew with "sluice known-good mend"',
    ];
  }
  const number = ring?.current ?? 1;
  const mend = `at the firewall: ${driver.undoByHand(textName(number)).join(" && ")}`;
  if (moved !== undefined) {
    return [`the rules that run are not those of the current known-good (number ${number}); ${mend}`];
  }
  return bootIsLive ? [] : [`a reboot would load other rules of Sluice than those that run; ${mend}`];
}
