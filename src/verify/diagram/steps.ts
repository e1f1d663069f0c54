import { meet } from "../../compile/meet.ts";
import type { Action, Cube, Program, Rule } from "../../compile/program.ts";
import { covers, everyAddress, type Family } from "../../net/address.ts";

/** A rule as far as it has a meaning. */
export type Step = Pick<Rule, "cubes" | "action">;

/**
 * The rules of a program's chains, as few steps with the same meaning. A chain to which one goto alone leads, for some
 * addresses and nothing else, stands where that goto stands: a tree of chains, by which packets are looked up, becomes a
 * list, and is not merged once for each of its levels. What accepts goes before what it does not meet, and neighbours
 * that do the same become one: a union costs one sort, and a fold a merge for each step.
 */
export function createSteps({ chains }: Program): (chain: string) => readonly Step[] {
  const references = new Map<string, number>();
  for (const rules of chains.values()) {
    for (const { action } of rules) {
      if ("chain" in action) references.set(action.chain, (references.get(action.chain) ?? 0) + 1);
    }
  }
  const steps = (name: string): readonly Step[] => {
    const rules = chains.get(name);
    if (!rules) throw new Error(`no chain "${name}"`);
    return joined(acceptsFirst(rules.flatMap(inPlace)));
  };
  const inPlace = (rule: Rule): readonly Step[] => {
    const { cubes, action } = rule;
    const [place] = cubes;
    if (action.kind !== "goto" || references.get(action.chain) !== 1) return [rule];
    if (!place || cubes.length > 1 || !asksForAddressesOnly(place)) return [rule];
    const inside = steps(action.chain).flatMap((step): readonly Step[] => {
      const met = step.cubes.flatMap((cube) => (liesWithin(cube, place) ? cube : (meet(place, cube) ?? [])));
      return met.length > 0 ? [{ cubes: met, action: step.action }] : [];
    });
    // A goto does not come back: whoever falls off the end of its chain has left this one as well.
    return endsAll(inside.at(-1), place)
      ? inside
      : [...inside, { cubes: [place], action: { kind: "return" } }];
  };
  return steps;
}

function asksForAddressesOnly(cube: Cube): boolean {
  const {
    family: _family,
    source: _source,
    destination: _destination,
    span: _span,
    label: _label,
    ...more
  } = cube;
  return Object.values(more).every((asked) => asked === undefined);
}

const liesWithin = (cube: Cube, place: Cube): boolean =>
  (place.family === undefined || cube.family === place.family) &&
  sides.every((side) => !place[side] || (cube[side] !== undefined && covers(place[side], cube[side])));

/** Whether a step lets no packet of a place go on. */
const endsAll = (step: Step | undefined, place: Cube): boolean =>
  step !== undefined &&
  step.action.kind !== "record" &&
  step.action.kind !== "jump" &&
  step.cubes.some((cube) => asksForAddressesOnly(cube) && liesWithin(place, cube));

const sides = ["source", "destination"] as const;

/**
 * Steps with what accepts in front, where it may go there: it lies behind everything, by one of its addresses, that is
 * done before it and is not an accept too. Trees have their branches in ascending order.
 */
function acceptsFirst(steps: readonly Step[]): readonly Step[] {
  const last = { 4: { source: -1n, destination: -1n }, 6: { source: -1n, destination: -1n } };
  const isBehind = (cube: Cube): boolean =>
    cube.family !== undefined && sides.some((side) => (cube[side]?.from ?? -1n) > last[cube.family!][side]);
  const pass = (cube: Cube): void => {
    for (const family of cube.family === undefined ? families : [cube.family]) {
      for (const side of sides) {
        const { to } = cube[side] ?? everyAddress(family);
        if (to > last[family][side]) last[family][side] = to;
      }
    }
  };
  const [front, rest]: [Step[], Step[]] = [[], []];
  let isFirst = true;
  for (const step of steps) {
    const accepts = step.action.kind === "accept";
    if (accepts && (isFirst || step.cubes.every(isBehind))) front.push(step);
    else rest.push(step);
    if (accepts) continue;
    isFirst = false;
    step.cubes.forEach(pass);
  }
  return [...front, ...rest];
}

const families: readonly Family[] = [4, 6];

/** Neighbours that do the same as one step. Done twice, a goto would do what it does once. */
function joined(steps: readonly Step[]): readonly Step[] {
  const runs: { readonly cubes: Cube[]; readonly action: Action }[] = [];
  for (const { cubes, action } of steps) {
    const before = runs.at(-1);
    if (before && isSame(before.action, action)) for (const cube of cubes) before.cubes.push(cube);
    else runs.push({ cubes: [...cubes], action });
  }
  return runs;
}

const isSame = (a: Action, b: Action): boolean =>
  a.kind === b.kind && (!("chain" in a) || ("chain" in b && a.chain === b.chain));
