import type { HostReadings } from "../../src/target.ts";
import { clientIn, readSaid, wholeNumber } from "../said.ts";

/**
 * What pf and the host say of themselves, as `readingsScript` prints it.
 * @throws {DriverError} for an answer that is not that of the script.
 */
export function readReadings(printed: string): HostReadings {
  const said = readSaid(printed);
  const [entries, limit] = [said.get("entries")?.[0], said.get("limit")?.[0]];
  return {
    ...(entries !== undefined &&
      limit !== undefined && { tracked: { entries: wholeNumber(entries), limit: wholeNumber(limit) } }),
    standing: (said.get("address") ?? []).toSorted(),
    clock: wholeNumber(said.get("clock")?.[0]),
    ...clientIn(said),
    freeBytes: 1024 * wholeNumber(said.get("free")?.[0]),
  };
}
