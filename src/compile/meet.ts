import type { Cube } from "./program.ts";

/** The packets that both cubes match, or undefined when there are none. Uncertain when either of the two is. */
export function meet(a: Cube, b: Cube): Cube | undefined {
  const families = new Set(
    [a, b].flatMap((cube) => [cube.family, cube.source?.family, cube.destination?.family]),
  );
  families.delete(undefined);
  if (families.size > 1) return undefined;
  const source = meetRanges(a.source, b.source);
  const destination = meetRanges(a.destination, b.destination);
  const protocol = meetRanges(a.protocol, b.protocol);
  const sourcePort = meetRanges(a.sourcePort, b.sourcePort);
  const destinationPort = meetRanges(a.destinationPort, b.destinationPort);
  const icmpType = meetRanges(a.icmpType, b.icmpType);
  const icmpCode = meetRanges(a.icmpCode, b.icmpCode);
  if (source === "none" || destination === "none" || protocol === "none") return undefined;
  if (sourcePort === "none" || destinationPort === "none") return undefined;
  if (icmpType === "none" || icmpCode === "none") return undefined;
  const states =
    a.states && b.states ? a.states.filter((state) => b.states!.includes(state)) : (a.states ?? b.states);
  if (states?.length === 0) return undefined;
  return {
    family: [...families][0],
    states,
    source,
    destination,
    protocol,
    sourcePort,
    destinationPort,
    icmpType,
    icmpCode,
    ingress: both(a.ingress, b.ingress),
    egress: both(a.egress, b.egress),
    span: b.span ?? a.span,
    label: b.label ?? a.label,
    uncertain: a.uncertain ?? b.uncertain,
  };
}

/** Conditions that all hold, of either list. */
const both = <T>(a: readonly T[] | undefined, b: readonly T[] | undefined): readonly T[] | undefined =>
  a && b ? [...a, ...b] : (a ?? b);

/** The common part of two ranges; an absent one does not constrain. */
function meetRanges<T extends { readonly from: bigint | number; readonly to: bigint | number }>(
  a: T | undefined,
  b: T | undefined,
): T | "none" | undefined {
  if (!a || !b) return a ?? b;
  const { from } = a.from > b.from ? a : b;
  const { to } = a.to < b.to ? a : b;
  return from <= to ? { ...a, from, to } : "none";
}

/** The packets that match one cube of each list. An empty list matches nothing, no list at all matches everything. */
export const meetAll = (conditions: readonly (readonly Cube[])[]): readonly Cube[] =>
  conditions.reduce<readonly Cube[]>(
    (met, cubes) => met.flatMap((one) => cubes.flatMap((other) => meet(one, other) ?? [])),
    [{}],
  );
