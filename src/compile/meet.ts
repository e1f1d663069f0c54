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
  const numbers = (["protocol", "sourcePort", "destinationPort", "icmpType", "icmpCode"] as const).map(
    (key) => [key, meetRanges(a[key], b[key])] as const,
  );
  const states =
    a.states && b.states ? a.states.filter((state) => b.states!.includes(state)) : (a.states ?? b.states);
  const parts = [["source", source], ["destination", destination], ...numbers] as const;
  if (parts.some(([, part]) => part === "none") || states?.length === 0) return undefined;
  const family = [...families][0];
  const ways = (["ingress", "egress"] as const).flatMap((key) =>
    a[key] || b[key] ? [[key, [...(a[key] ?? []), ...(b[key] ?? [])]] as const] : [],
  );
  return {
    ...a,
    ...b,
    ...(family === undefined ? {} : { family }),
    ...(states === undefined ? {} : { states }),
    ...Object.fromEntries(parts.filter(([, part]) => part !== undefined)),
    ...Object.fromEntries(ways),
    ...(b.span ? { span: b.span } : {}),
  };
}

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
