import { matches } from "../compile/evaluate.ts";
import type { Cube, Program } from "../compile/program.ts";
import { type Answer, type Gate, judge, type Reading } from "../compile/reading.ts";
import type { AddressRange } from "../net/address.ts";
import type { Packet } from "../net/packet.ts";
import { union } from "./diagram/build.ts";
import { type Budget, BudgetExceeded, createStore, type Diagram } from "./diagram/diagram.ts";
import { outcome } from "./diagram/outcome.ts";
import { type Bounds, bounds, createSets } from "./diagram/possible.ts";
import { createSpace, dimension } from "./diagram/space.ts";
import { witness } from "./diagram/witness.ts";

/** A packet whose fate is certain by whatever interfaces it comes and leaves, but not the same by all of them. */
export interface Dependence {
  readonly packet: Packet;
  /** By which of its ways it passes, as packets with their interfaces; by the others it is dropped. */
  readonly passes: readonly Packet[];
  readonly dropped: readonly Packet[];
}

/**
 * A packet for each answer that a reading gives among some packets, whatever their interfaces: where the interface
 * decides, the answer is unknown. Which answers are absent is certain.
 */
export type Answers = Readonly<Partial<Record<Answer, Packet>>> & { readonly depends?: Dependence };

/**
 * How two readings differ in what they let pass. Where it matters, a packet has its interfaces. `lost` and `gained` are certain, packets that one of them lets pass
 * and the other drops; `unknown` is a packet of which one of them does not say enough to know.
 */
export interface Difference {
  readonly lost?: Packet;
  readonly gained?: Packet;
  readonly unknown?: Packet;
}

/** Questions about readings that share one space and one store. Each throws BudgetExceeded past its budget. */
export interface Readings {
  answers(reading: Reading, within: readonly Cube[]): Answers;
  difference(before: Reading, after: Reading, within: readonly Cube[]): Difference;
  /** A packet of which the two do not say the same, be it certain or not. */
  apart(one: Reading, other: Reading): Packet | undefined;
}

/**
 * @param cubes further cubes that will be asked about.
 * @param named addresses that make a witness plausible, most telling first.
 */
export function createReadings(
  readings: readonly Reading[],
  cubes: readonly Cube[],
  named: readonly AddressRange[],
  budget: Budget,
): Readings {
  const programs = readings.flatMap(({ gates }) => gates.map(({ program }) => program));
  const space = createSpace(programs, cubes);
  const store = createStore(budget);
  const { and, or, not } = createSets(store);
  const known = new Map<Program, Bounds>();
  const boundsOf = (program: Program): Bounds => {
    const found = known.get(program) ?? bounds(store, space, program);
    known.set(program, found);
    return found;
  };
  /** A packet passes when every gate lets it, and is dropped by any. */
  const through = (gates: readonly Gate[]): Bounds =>
    gates
      .map(({ program }) => boundsOf(program))
      .reduce((a, b) => ({ accept: and(a.accept, b.accept), drop: or(a.drop, b.drop) }), {
        accept: outcome.accept,
        drop: outcome.next,
      });
  /** The packets that are in a set by some of their ways, by all of them. */
  const anyWay = (set: Diagram): Diagram => {
    if (store.level(set) !== dimension.way) return set;
    const { count } = space.ways;
    const [starts, children] = [store.starts(set), store.children(set)];
    const of = (from: number, to: number): Diagram =>
      children
        .filter((_, edge) => starts[edge]! < to && (starts[edge + 1] ?? to) > from)
        .reduce((a, b) => or(a, b), outcome.next);
    const [every4, every6] = [of(0, count), of(count, 2 * count)];
    const begun = store.begin();
    store.edge(begun, 0, every4);
    store.edge(begun, count, every6);
    return store.close(dimension.way, begun);
  };
  const dependence = (reading: Reading, packet: Packet, within: readonly Cube[]): Dependence => {
    const ways = Array.from({ length: 2 * space.ways.count }, (_, rank) => space.ways.at(rank))
      .filter(({ family }) => family === packet.family)
      .map((way): Packet => ({ ...packet, ...way }))
      .filter((one) => within.some((cube) => matches(cube, one)));
    const passes = ways.filter((one) => judge(reading, one) === "accept");
    return { packet, passes, dropped: ways.filter((one) => !passes.includes(one)) };
  };
  const packets = (wanted: readonly Cube[]): Diagram => union(store, space.rank(wanted), outcome.accept);
  const examples = <Name extends string>(
    sets: Readonly<Record<Name, Diagram>>,
    within: readonly Cube[],
  ): Partial<Record<Name, Packet>> => {
    const asked = packets(within);
    const found: Partial<Record<Name, Packet>> = {};
    for (const name of Object.keys(sets) as Name[]) {
      const set = and(asked, sets[name]);
      // The interfaces are told only where they matter.
      const always = and(anyWay(set), not(anyWay(and(asked, not(set)))));
      const packet = wayless(witness(store, space, always, named)) ?? witness(store, space, set, named);
      if (packet) found[name] = packet;
    }
    return found;
  };
  return {
    answers(reading, within) {
      const asked = packets(within);
      const { accept, drop } = through(reading.gates);
      const [may, mayNot] = [and(asked, accept), and(asked, drop)];
      const [somehow, somehowNot] = [anyWay(may), anyWay(mayNot)];
      const unknown = and(somehow, somehowNot);
      const depends = and(unknown, not(anyWay(and(may, mayNot))));
      const example = (set: Diagram): Packet | undefined => wayless(witness(store, space, set, named));
      const certain = { accept: and(somehow, not(somehowNot)), drop: and(somehowNot, not(somehow)) };
      const decided = example(depends);
      const found = {
        accept: example(certain.accept),
        drop: example(certain.drop),
        unknown: example(and(unknown, not(depends))) ?? decided,
      };
      return {
        ...Object.fromEntries(Object.entries(found).filter(([, packet]) => packet)),
        ...(decided && { depends: dependence(reading, decided, within) }),
      };
    },
    difference(before, after, within) {
      // A gate that stands in both makes no difference, whatever is not known of it.
      const [was, is] = [keysOf(before), keysOf(after)];
      const shared = through(before.gates.filter((_, index) => is.includes(was[index]!)));
      const old = through(before.gates.filter((_, index) => !is.includes(was[index]!)));
      const now = through(after.gates.filter((_, index) => !was.includes(is[index]!)));
      const certain = not(shared.drop);
      const lost = and(certain, and(not(old.drop), not(now.accept)));
      const gained = and(certain, and(not(now.drop), not(old.accept)));
      const may = and(shared.accept, or(and(old.accept, now.drop), and(old.drop, now.accept)));
      return examples({ lost, gained, unknown: and(may, not(or(lost, gained))) }, within);
    },
    apart(one, other) {
      const [a, b] = [through(one.gates), through(other.gates)];
      const unlike = (x: Diagram, y: Diagram): Diagram => or(and(x, not(y)), and(y, not(x)));
      return witness(store, space, or(unlike(a.accept, b.accept), unlike(a.drop, b.drop)), named);
    },
  };
}

const wayless = (packet: Packet | undefined): Packet | undefined => {
  if (!packet) return undefined;
  const { ingress: _in, egress: _out, ...rest } = packet;
  return rest;
};

/** What a gate says, wherever it says it. */
const keysOf = ({ gates }: Reading): readonly string[] =>
  gates.map(({ program: { entry, policy, chains } }) =>
    JSON.stringify([entry, policy, [...chains]], (key, value) =>
      key === "span" ? undefined : typeof value === "bigint" ? String(value) : value,
    ),
  );

/** The result of a question, or undefined when it took more than its budget. */
export function withinBudget<T>(question: () => T): T | undefined {
  try {
    return question();
  } catch (error) {
    if (error instanceof BudgetExceeded) return undefined;
    throw error;
  }
}
