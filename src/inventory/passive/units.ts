import type { AnnouncedRole } from "./announcement.ts";
import type { Sighting } from "./sightings.ts";

/** More units than this are not wired to one gateway: such a device answers whatever unit is asked. */
const mostWired = 32;
const unit = /^unit \d+$/;

/**
 * What Modbus says of units behind an address, settled once all of it was seen: one alone is the device that has the
 * address, several stand behind a gateway. Most devices without one are unit 1.
 */
export function settleUnits(seen: readonly Sighting[]): readonly Sighting[] {
  const units = new Set(
    seen.flatMap(({ announcement: { part } }) => (part !== undefined && unit.test(part) ? [part] : [])),
  );
  if (units.size === 0) return seen;
  const isGateway = units.size > 1 && units.size <= mostWired;
  const role: AnnouncedRole = {
    role: "gateway",
    basis: "shows",
    reason: `answers over Modbus for ${units.size} units`,
  };
  return seen.map((sighting): Sighting => {
    const { part, ...announcement } = sighting.announcement;
    if (part === undefined || !unit.test(part)) return sighting;
    if (isGateway) return { ...sighting, announcement: { ...announcement, part, role } };
    const isItself = units.size > 1 || part === "unit 1" || announcement.by === "Modbus";
    return isItself ? { ...sighting, announcement } : sighting;
  });
}
