import type { Cube, Program } from "../../compile/program.ts";
import type { AddressRange } from "../../net/address.ts";
import type { Packet } from "../../net/packet.ts";
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
  for (const permit of new Set([...said.keys(), ...wanted.keys()])) {
    const [counted, own] = [said.get(permit) ?? [], wanted.get(permit) ?? []];
    // Element for element the same is the usual case, and far cheaper to see than two diagrams are to build.
    if (counted.map(boxKey).sort().join() === own.map(boxKey).sort().join()) continue;
    const difference = analysis.difference(
      analysis.packets(stateless(counted)),
      analysis.packets(stateless(own)),
    );
    const packet = analysis.witness(difference);
    if (packet) return { permit, packet };
  }
  return undefined;
}

/** Requests and replies alike: a counter does not ask which of the two a packet is. */
const stateless = (cubes: readonly Cube[]): readonly Cube[] => cubes.map(({ states: _, ...cube }) => cube);

/** The elements whose counters are a permit's. */
function countedBy(program: Program): ReadonlyMap<string, readonly Cube[]> {
  const counted = new Map<string, Cube[]>();
  for (const { action, cubes } of [...program.chains.values()].flat()) {
    for (const cube of action.kind === "accept" ? cubes : []) {
      if (cube.source === undefined) continue;
      const list = counted.get(cube.label ?? "") ?? [];
      counted.set(cube.label ?? "", list);
      list.push(cube);
    }
  }
  return counted;
}

function boxKey(cube: Cube): string {
  const ports = [cube.protocol, cube.sourcePort, cube.destinationPort, cube.icmpType];
  return [
    address(cube.source!),
    address(cube.destination!),
    ...ports.map((range) => (range ? `${range.from}-${range.to}` : "")),
  ].join(" ");
}

const address = (range: AddressRange): string => `${range.family}:${range.from}-${range.to}`;
