import { type AddressRange, covers } from "../../net/address.ts";
import { includesService, type Service } from "../../net/service.ts";
import type { Box } from "../ir.ts";
import { alongAxis } from "./along-axis.ts";

/**
 * Drops each box that lies in another one. A permit is a product, so a box lies in another one only if, on one axis
 * alone, its value lies in another value of the permit.
 */
export const dropCovered = (boxes: readonly Box[]): readonly Box[] =>
  alongAxis(
    alongAxis(alongAxis(boxes, "source", dropCoveredRanges), "destination", dropCoveredRanges),
    "service",
    dropCoveredServices,
  );

function dropCoveredRanges(ranges: readonly AddressRange[]): readonly AddressRange[] {
  const kept = new Set<AddressRange>();
  let widest: AddressRange | undefined;
  for (const range of ranges.toSorted(widerFirst)) {
    if (widest && covers(widest, range)) continue;
    widest = range;
    kept.add(range);
  }
  return [...new Set(ranges)].filter((range) => kept.has(range));
}

/** By the first address; of two from one address, the wider first. */
const widerFirst = (a: AddressRange, b: AddressRange): number => {
  if (a.from !== b.from) return a.from < b.from ? -1 : 1;
  return a.to > b.to ? -1 : a.to < b.to ? 1 : 0;
};

const dropCoveredServices = (services: readonly Service[]): readonly Service[] =>
  services.filter(
    (service, index) =>
      !services.some(
        (other, place) =>
          place !== index &&
          includesService(other, service) &&
          (place < index || !includesService(service, other)),
      ),
  );
