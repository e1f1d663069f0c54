import type { Cube, Program } from "../compile/program.ts";
import type { AddressRange } from "../net/address.ts";
import type { Packet } from "../net/packet.ts";
import { union } from "./diagram/build.ts";
import { type Budget, createStore, type Diagram } from "./diagram/diagram.ts";
import { meaning } from "./diagram/meaning.ts";
import { compare, elsewhere, outcome, recorded, where } from "./diagram/outcome.ts";
import { createSpace } from "./diagram/space.ts";
import { witness } from "./diagram/witness.ts";

/** Passes: the last word is accept, recorded or not. */
const passes = (end: number): boolean => (end & ~recorded) === outcome.accept;

const differs = compare((left, right) => left !== right);
const passedOnlyByLeft = compare((left, right) => passes(left) && !passes(right));

/** Questions about programs that share one space and one store. Each throws BudgetExceeded past its budget. */
export interface Analysis {
  /** What a program does with every packet. Equal numbers mean equal behaviour. */
  meaning(program: Program): Diagram;
  /** All packets that one of the cubes matches. */
  packets(cubes: readonly Cube[]): Diagram;
  /** Where two behaviours differ, in the verdict or in what is recorded. */
  difference(a: Diagram, b: Diagram): Diagram;
  /** What the first lets pass and the second does not; a set of packets passes its own. */
  passedOnlyBy(a: Diagram, b: Diagram): Diagram;
  /** The part of a behaviour, or of a set of packets, that lies in a set of packets; `next` elsewhere. */
  within(packets: Diagram, a: Diagram): Diagram;
  /** The part that lies outside a set of packets; `next` inside. */
  outside(packets: Diagram, a: Diagram): Diagram;
  /** A plausible packet of a set, or undefined when it is empty. */
  witness(packets: Diagram): Packet | undefined;
}

/**
 * @param cubes further cubes that will be asked about.
 * @param named addresses that make a witness plausible, most telling first.
 */
export function createAnalysis(
  programs: readonly Program[],
  cubes: readonly Cube[],
  named: readonly AddressRange[],
  budget: Budget,
): Analysis {
  const space = createSpace(programs, cubes);
  const store = createStore(budget);
  return {
    meaning: (program) => meaning(store, space, program),
    packets: (asked) => union(store, space.rank(asked), outcome.accept),
    difference: (a, b) => (a === b ? outcome.next : store.apply(differs, a, b)),
    passedOnlyBy: (a, b) => store.apply(passedOnlyByLeft, a, b),
    within: (packets, a) => store.apply(where, packets, a),
    outside: (packets, a) => store.apply(elsewhere, packets, a),
    witness: (packets) => witness(store, space, packets, named),
  };
}
