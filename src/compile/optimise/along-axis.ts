import type { AddressRange } from "../../net/address.ts";
import { formatService } from "../../net/service.ts";
import type { Box } from "../ir.ts";

/**
 * Boxes that agree on the two other axes become as many as `join` leaves of their values on this one. `join` gets at
 * least two values and gives at most as many. A box keeps its place in the list, so equal input gives equal bytes.
 */
export function alongAxis<Axis extends keyof Box>(
  boxes: readonly Box[],
  axis: Axis,
  join: (values: readonly Box[Axis][]) => readonly Box[Axis][],
): readonly Box[] {
  const groups = new Map<string, number[]>();
  for (const [place, box] of boxes.entries()) {
    const key = (["source", "destination", "service"] as const)
      .map((other) => (other === axis ? box.source.family : keys[other](box)))
      .join(" ");
    const places = groups.get(key);
    if (places) places.push(place);
    else groups.set(key, [place]);
  }
  const kept: (Box | undefined)[] = [...boxes];
  for (const places of groups.values()) {
    if (places.length === 1) continue;
    const values = join(places.map((place) => boxes[place]![axis]));
    for (const [index, place] of places.entries()) {
      kept[place] = index < values.length ? { ...boxes[place]!, [axis]: values[index]! } : undefined;
    }
  }
  return kept.filter((box) => box !== undefined);
}

const rangeKey = ({ from, to }: AddressRange): string => `${from}-${to}`;
const keys: { readonly [Axis in keyof Box]: (box: Box) => string } = {
  source: ({ source }) => rangeKey(source),
  destination: ({ destination }) => rangeKey(destination),
  service: ({ service }) => formatService(service),
};
