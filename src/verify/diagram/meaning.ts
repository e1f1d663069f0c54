import type { Action, Cube, Program, Rule } from "../../compile/program.ts";
import { fold, union } from "./build.ts";
import type { Diagram, Store } from "./diagram.ts";
import { afterGoto, afterJump, atEnd, outcome, recorded, sequence, where } from "./outcome.ts";
import type { Space } from "./space.ts";

/**
 * What a program does with every packet, as a diagram that ends in accept or drop. A chain is the balanced fold of
 * its rules, and a jump or goto applies a chain's diagram where its rule matches.
 */
export function meaning(store: Store, space: Space, program: Program): Diagram {
  const done = new Map<string, Diagram>();
  const chain = (name: string): Diagram => {
    const known = done.get(name);
    if (known !== undefined) return known;
    const rules = program.chains.get(name);
    if (!rules) throw new Error(`no chain "${name}"`);
    const diagram = fold(store, sequence, runsOf(rules).map(rule));
    done.set(name, diagram);
    return diagram;
  };
  const rule = ({ cubes, action }: Pick<Rule, "cubes" | "action">): Diagram => {
    const ranked = space.rank(cubes);
    switch (action.kind) {
      case "accept":
        return union(store, ranked, outcome.accept);
      case "drop":
        return union(store, ranked, outcome.drop);
      case "record":
        return union(store, ranked, outcome.next | recorded);
      case "return":
        return union(store, ranked, outcome.back);
      case "jump":
      case "goto": {
        const after = action.kind === "jump" ? afterJump : afterGoto;
        const effect = store.apply(after, chain(action.chain), outcome.next);
        return store.apply(where, union(store, ranked, outcome.accept), effect);
      }
    }
  };
  return store.apply(atEnd[program.policy], chain(program.entry), outcome.next);
}

/** Rules with neighbours that do the same joined into one: a union costs one sort, and a fold a merge for each rule. */
function runsOf(rules: readonly Rule[]): readonly Pick<Rule, "cubes" | "action">[] {
  const runs: { readonly cubes: Cube[]; readonly action: Action }[] = [];
  for (const { cubes, action } of rules) {
    const last = runs.at(-1);
    if (last && !("chain" in action) && last.action.kind === action.kind) {
      for (const cube of cubes) last.cubes.push(cube);
    } else runs.push({ cubes: [...cubes], action });
  }
  return runs;
}
