import type { Program } from "../../compile/program.ts";
import { fold, union } from "./build.ts";
import type { Diagram, Store } from "./diagram.ts";
import { afterGoto, afterJump, atEnd, outcome, recorded, sequence, where } from "./outcome.ts";
import type { Space } from "./space.ts";
import { createSteps, type Step } from "./steps.ts";

/**
 * What a program does with every packet, as a diagram that ends in accept or drop. A chain is the balanced fold of
 * its steps, and a jump or goto applies a chain's diagram where its step matches.
 */
export function meaning(store: Store, space: Space, program: Program): Diagram {
  const done = new Map<string, Diagram>();
  const steps = createSteps(program);
  const chain = (name: string): Diagram => {
    const known = done.get(name);
    if (known !== undefined) return known;
    const diagram = fold(store, sequence, steps(name).map(effect));
    done.set(name, diagram);
    return diagram;
  };
  const effect = ({ cubes, action }: Step): Diagram => {
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
        const called = store.apply(after, chain(action.chain), outcome.next);
        return store.apply(where, union(store, ranked, outcome.accept), called);
      }
    }
  };
  return store.apply(atEnd[program.policy], chain(program.entry), outcome.next);
}
