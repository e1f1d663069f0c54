import type { Service } from "../../net/service.ts";
import type { Box } from "../ir.ts";
import type { LegalRule } from "./legal-rule.ts";

/**
 * Boxes of one permit as rules; those that differ in the port alone share as few as the slots allow, behind the rules
 * without ports. A range takes two slots, and a rule holds one port or one range however few slots there are.
 */
export function portLists(boxes: readonly Box[], slots: number): readonly LegalRule[] {
  const rule = ({ source, destination }: Box, services: readonly Service[]): LegalRule => ({
    ...{ sources: [source], destinations: [destination], services },
  });
  const alone = (box: Box): LegalRule => rule(box, [box.service]);
  if (slots <= 1 || boxes.length <= 1) return boxes.map(alone);
  const groups = new Map<string, { readonly box: Box; readonly services: Service[] }>();
  for (const box of boxes) {
    const { source, destination, service } = box;
    if (service.kind !== "ports") continue;
    const ends = [source.family, source.from, source.to, destination.from, destination.to];
    const key = [...ends, service.protocol].join();
    const group = groups.get(key) ?? { box, services: [] };
    groups.set(key, group);
    group.services.push(service);
  }
  return [
    ...boxes.filter(({ service }) => service.kind !== "ports").map(alone),
    ...[...groups.values()].flatMap(({ box, services }) =>
      inSlots(services, slots).map((list) => rule(box, list)),
    ),
  ];
}

/** Services in lists that fit, in their order. */
function inSlots(services: readonly Service[], slots: number): readonly (readonly Service[])[] {
  const lists: Service[][] = [];
  let free = 0;
  for (const service of services) {
    const needed = service.kind === "ports" && service.from !== service.to ? 2 : 1;
    if (lists.length === 0 || needed > free) {
      lists.push([]);
      free = slots;
    }
    lists.at(-1)!.push(service);
    free -= needed;
  }
  return lists;
}
