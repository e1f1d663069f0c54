import type { Cube, Program, Range } from "../../compile/program.ts";
import type { AddressRange } from "../../net/address.ts";
import type { Packet } from "../../net/packet.ts";
import { compareRanges } from "../../policy/resolve/addresses.ts";
import type { Analysis } from "../analysis.ts";

/**
 * A permit whose counters in the text do not count exactly its own packets, with a packet that shows it. Abort
 * criteria rest on these counters, so they are part of what a text must say.
 */
export function misattributed(
  analysis: Analysis,
  text: Program,
  rules: Program,
): { readonly permit: string; readonly packet: Packet } | undefined {
  const [said, wanted] = [countedBy(text), countedBy(rules)];
  for (const permit of new Set([...said.permits(), ...wanted.permits()])) {
    const [counted, own] = [said.elements(permit), wanted.elements(permit)];
    // Element for element the same is the usual case.
    if (sameElements(counted, own)) continue;
    const difference = analysis.difference(
      analysis.packets(stateless(counted)),
      analysis.packets(stateless(own)),
    );
    const packet = analysis.witness(difference);
    if (packet) return { permit, packet };
  }
  return undefined;
}

/** A counter does not ask whether a packet is a request or a reply. */
const stateless = (cubes: readonly Cube[]): readonly Cube[] => cubes.map(({ states: _, ...cube }) => cube);

/** The elements whose counters are a permit's. */
interface Counted {
  permits(): Iterable<string>;
  elements(permit: string): readonly Cube[];
}

/** One chain of elements for each permit, in arrays for all: there are many permits, and most have few elements. */
function countedBy(program: Program): Counted {
  const cubes: Cube[] = [];
  const earlier: number[] = [];
  const lastOf = new Map<string, number>();
  for (const rules of program.chains.values()) {
    for (const rule of rules) {
      if (rule.action.kind !== "accept") continue;
      for (const cube of rule.cubes) {
        if (cube.source === undefined) continue;
        const permit = cube.label ?? "";
        earlier.push(lastOf.get(permit) ?? -1);
        lastOf.set(permit, cubes.push(cube) - 1);
      }
    }
  }
  return {
    permits: () => lastOf.keys(),
    elements(permit) {
      const found: Cube[] = [];
      for (let at = lastOf.get(permit) ?? -1; at >= 0; at = earlier[at]!) found.push(cubes[at]!);
      return found;
    },
  };
}

/** Whether two lists name the same elements, in whatever order. */
function sameElements(a: readonly Cube[], b: readonly Cube[]): boolean {
  if (a.length <= few && b.length <= few) return isWithin(a, b) && isWithin(b, a);
  const sorted = b.toSorted(compareElements);
  return (
    a.length === b.length &&
    a.toSorted(compareElements).every((cube, index) => compareElements(cube, sorted[index]!) === 0)
  );
}

/** Most permits have few elements, and there are many permits: these are looked for without making lists. */
const few = 8;

const isWithin = (a: readonly Cube[], b: readonly Cube[]): boolean =>
  a.every((cube) => b.some((other) => compareElements(cube, other) === 0));

const compareElements = (a: Cube, b: Cube): number =>
  compareAddresses(a.source!, b.source!) ||
  compareAddresses(a.destination!, b.destination!) ||
  compareNumbers(a.protocol, b.protocol) ||
  compareNumbers(a.sourcePort, b.sourcePort) ||
  compareNumbers(a.destinationPort, b.destinationPort) ||
  compareNumbers(a.icmpType, b.icmpType) ||
  compareNumbers(a.icmpCode, b.icmpCode);

const compareAddresses = (a: AddressRange, b: AddressRange): number =>
  compareRanges(a, b) || (a.to < b.to ? -1 : a.to > b.to ? 1 : 0);

/** Without a range first. */
const compareNumbers = (a: Range | undefined, b: Range | undefined): number =>
  (a?.from ?? -1) - (b?.from ?? -1) || (a?.to ?? -1) - (b?.to ?? -1);
