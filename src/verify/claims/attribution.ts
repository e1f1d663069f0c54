import type { Cube, Program } from "../../compile/program.ts";
import type { AddressRange } from "../../net/address.ts";

/**
 * The first element of a text that counts for another permit than the rules say, or for one that they do not know.
 * Abort criteria rest on these counters, so they are part of what a text must say.
 */
export function misattributed(text: Program, rules: Program): Cube | undefined {
  const permits = new Map(labelled(rules).map((cube) => [boxKey(cube), cube.label]));
  return labelled(text).find((cube) => permits.get(boxKey(cube)) !== cube.label);
}

const labelled = (program: Program): readonly Cube[] =>
  [...program.chains.values()]
    .flat()
    .filter((rule) => rule.action.kind === "accept")
    .flatMap((rule) => rule.cubes)
    .filter((cube) => cube.source !== undefined);

function boxKey(cube: Cube): string {
  const ports = [cube.protocol, cube.sourcePort, cube.destinationPort, cube.icmpType];
  return [
    address(cube.source!),
    address(cube.destination!),
    ...ports.map((range) => (range ? `${range.from}-${range.to}` : "")),
  ].join(" ");
}

const address = (range: AddressRange): string => `${range.family}:${range.from}-${range.to}`;
