import type { Program, Rule } from "../../compile/program.ts";
import { union } from "./build.ts";
import type { Diagram, Store } from "./diagram.ts";
import { compare, outcome, where } from "./outcome.ts";
import type { Space } from "./space.ts";

/** Sets of packets: what may become of each. A packet is in several when it is not certain which. */
interface Possible {
  readonly next: Diagram;
  readonly back: Diagram;
  readonly accept: Diagram;
  readonly drop: Diagram;
}

/** The packets that a program may accept and may drop: the complements are what it drops and accepts for certain. */
export type Bounds = Pick<Possible, "accept" | "drop">;

const isIn = (end: number): boolean => end !== outcome.next;
const either = compare((left, right) => isIn(left) || isIn(right));
const not = compare((left) => !isIn(left));

/** Sets of packets as diagrams that end in accept for those that are in it. */
export interface Sets {
  and(a: Diagram, b: Diagram): Diagram;
  or(a: Diagram, b: Diagram): Diagram;
  not(a: Diagram): Diagram;
}

export const createSets = (store: Store): Sets => ({
  and: (a, b) => store.apply(where, a, b),
  or: (a, b) => store.apply(either, a, b),
  not: (a) => store.apply(not, a, outcome.next),
});

/**
 * What may become of every packet in a program with uncertain cubes. Each uncertain rule is free to match or not,
 * whatever others did that ask the same: the bounds are sound, and as tight as one can be without a model.
 */
export function bounds(store: Store, space: Space, program: Program): Bounds {
  const { and, or, not: outside } = createSets(store);
  const nothing: Possible = {
    next: outcome.accept,
    back: outcome.next,
    accept: outcome.next,
    drop: outcome.next,
  };
  const sequence = (a: Possible, b: Possible): Possible => ({
    next: and(a.next, b.next),
    back: or(a.back, and(a.next, b.back)),
    accept: or(a.accept, and(a.next, b.accept)),
    drop: or(a.drop, and(a.next, b.drop)),
  });
  /** Folds from the middle, as `fold` does. */
  const inOrder = (rules: readonly Rule[]): Possible => {
    if (rules.length <= 1) return rules[0] ? rule(rules[0]) : nothing;
    const middle = rules.length >> 1;
    return sequence(inOrder(rules.slice(0, middle)), inOrder(rules.slice(middle)));
  };
  const done = new Map<string, Possible>();
  const chain = (name: string): Possible => {
    const known = done.get(name) ?? inOrder(program.chains.get(name)!);
    done.set(name, known);
    return known;
  };
  const rule = ({ cubes, action }: Rule): Possible => {
    if (action.kind === "record") return nothing;
    const packets = (wanted: Rule["cubes"]): Diagram => union(store, space.rank(wanted), outcome.accept);
    const certain = packets(cubes.filter(({ uncertain }) => !uncertain));
    const may = or(certain, packets(cubes.filter(({ uncertain }) => uncertain)));
    const missed: Possible = { ...nothing, next: outside(certain) };
    switch (action.kind) {
      case "accept":
      case "drop":
        return { ...missed, [action.kind]: may };
      case "return":
        return { ...missed, back: may };
      case "jump":
      case "goto": {
        const { next, back, accept, drop } = chain(action.chain);
        const open = and(may, or(next, back));
        const verdicts = { accept: and(may, accept), drop: and(may, drop) };
        return action.kind === "jump"
          ? { ...missed, ...verdicts, next: or(missed.next, open) }
          : { ...missed, ...verdicts, back: open };
      }
    }
  };
  const { next, back, ...verdicts } = chain(program.entry);
  return { ...verdicts, [program.policy]: or(verdicts[program.policy], or(next, back)) };
}
