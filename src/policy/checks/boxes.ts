import { type AddressRange, overlaps } from "../../net/address.ts";
import type { Service } from "../../net/service.ts";
import type { FlowSet } from "../model.ts";

/** A product of one initiator range, one responder range and one service, of one IP version. */
export interface FlowBox {
  readonly from: AddressRange;
  readonly to: AddressRange;
  readonly service: Service;
}

/** The products that a set of flows is made of. */
export const boxesOf = (flows: Pick<FlowSet, "initiators" | "responders" | "services">): readonly FlowBox[] =>
  flows.initiators.flatMap((from) =>
    flows.responders
      .filter((to) => to.family === from.family)
      .flatMap((to) =>
        flows.services
          .filter((service) => service.kind !== "icmp" || service.family === from.family)
          .map((service) => ({ from, to, service })),
      ),
  );

/** Whether some request lies in both. */
export const boxesMeet = (a: FlowBox, b: FlowBox): boolean =>
  overlaps(a.from, b.from) && overlaps(a.to, b.to) && servicesMeet(a.service, b.service);

export function servicesMeet(a: Service, b: Service): boolean {
  if (a.kind === "any" || b.kind === "any") return true;
  if (a.kind === "ports" && b.kind === "ports") {
    return a.protocol === b.protocol && a.from <= b.to && b.from <= a.to;
  }
  if (a.kind === "icmp" && b.kind === "icmp") return a.family === b.family && a.type === b.type;
  return a.kind === "protocol" && b.kind === "protocol" && a.protocol === b.protocol;
}

/** What is left of a box when another is cut out of it. "any" can only be cut by "any". */
export function subtractBox(box: FlowBox, hole: FlowBox): readonly FlowBox[] {
  const rest = boxesMeet(box, hole) ? restOfService(box.service, hole.service) : undefined;
  if (rest === undefined) return [box];
  const from = intersection(box.from, hole.from);
  const to = intersection(box.to, hole.to);
  return [
    ...restOfRange(box.from, hole.from).map((part) => ({ ...box, from: part })),
    ...restOfRange(box.to, hole.to).map((part) => ({ ...box, from, to: part })),
    ...rest.map((service) => ({ from, to, service })),
  ];
}

/** Both must meet. */
function intersection(a: AddressRange, b: AddressRange): AddressRange {
  const later = a.from < b.from ? b : a;
  const sooner = a.to < b.to ? a : b;
  return { family: a.family, from: later.from, to: sooner.to };
}

const restOfRange = (range: AddressRange, hole: AddressRange): readonly AddressRange[] => [
  ...(range.from < hole.from ? [{ ...range, to: hole.from - 1n }] : []),
  ...(range.to > hole.to ? [{ ...range, from: hole.to + 1n }] : []),
];

/** Undefined when the hole cannot be expressed: a service out of "any". */
function restOfService(service: Service, hole: Service): readonly Service[] | undefined {
  if (hole.kind === "any") return [];
  if (service.kind === "any") return undefined;
  if (service.kind !== "ports" || hole.kind !== "ports") return [];
  return [
    ...(service.from < hole.from ? [{ ...service, to: hole.from - 1 }] : []),
    ...(service.to > hole.to ? [{ ...service, from: hole.to + 1 }] : []),
  ];
}

/** What of a box none of the others covers. */
export const uncovered = (box: FlowBox, others: readonly FlowBox[]): readonly FlowBox[] =>
  others.reduce<readonly FlowBox[]>((rest, other) => rest.flatMap((part) => subtractBox(part, other)), [box]);
