import type { Cube, Program } from "../../compile/program.ts";
import { type AddressRange, addressBits, type Family } from "../../net/address.ts";
import { type Axis, createAxis, createRangeAxis, type RangeAxis } from "../../net/axis.ts";
import type { ConnectionState } from "../../net/packet.ts";
import { doubled, type RankedCubes, rankedLength } from "./ranked.ts";
import { eachService, isAnyService, payloads } from "./tagged.ts";
import { createWays, open, type RankRange, type Ways } from "./ways.ts";

/**
 * Dimensions of a packet, in the order in which a diagram asks for them. `way` is the family with the interfaces: all
 * ways of IPv4 stand before those of IPv6, and where no interface is asked for each family has one. `service` is tagged: protocol times 65,536
 * plus the destination port, or the ICMP type times 256 plus its code, or 0 to 65,535 alike for any other protocol.
 * So a constraint on a TCP port can never be met by a UDP packet.
 */
export const dimension = {
  way: 0,
  state: 1,
  destination: 2,
  source: 3,
  service: 4,
  sourcePort: 5,
} as const;

/** States by rank; the states that are looked up as requests stand together. */
export const stateRanks: readonly ConnectionState[] = ["original", "none", "related", "reply"];

/** The compressed coordinates of everything that a set of programs can tell apart. */
export interface Space {
  /** The points of a dimension; destination and source share theirs, for each family its own. */
  axis(level: number, family: Family): Axis;
  /** Cubes as ranked cubes, in any order and overlapping as they do; a cube that matches nothing gives none. */
  rank(cubes: readonly Cube[]): RankedCubes;
  readonly ways: Ways;
}

export function createSpace(programs: readonly Program[], further: readonly Cube[] = []): Space {
  const addresses: Readonly<Record<Family, Map<AddressRange, number>>> = { 4: new Map(), 6: new Map() };
  const asked: Cube[] = [];
  const services = new Set([0, 256 * payloads]);
  const sourcePorts = new Set([0, payloads]);
  const note = (cube: Cube): void => {
    if (cube.ingress || cube.egress) asked.push(cube);
    if (cube.source) noteAddress(cube.source);
    if (cube.destination) noteAddress(cube.destination);
    if (cube.sourcePort) sourcePorts.add(cube.sourcePort.from).add(cube.sourcePort.to + 1);
    if (!isAnyService(cube)) eachService(cube, noteService);
  };
  /** Most ranges stand in many cubes as one object: each is looked up by its place among them. */
  const noteAddress = (range: AddressRange): void => {
    const known = addresses[range.family];
    if (!known.has(range)) known.set(range, known.size);
  };
  const noteService = (from: number, to: number): void => {
    services.add(from).add(to + 1);
  };
  for (const { chains } of programs) {
    for (const rules of chains.values()) for (const { cubes } of rules) cubes.forEach(note);
  }
  further.forEach(note);

  const ways = createWays(asked);
  const addressAxis = (family: Family): RangeAxis =>
    createRangeAxis([...addresses[family].keys()], [0n, 1n << BigInt(addressBits(family))]);
  const addressAxes = { 4: addressAxis(4), 6: addressAxis(6) };
  const own = {
    [dimension.way]: createAxis(Array.from({ length: 2 * ways.count + 1 }, (_, way) => BigInt(way))),
    [dimension.state]: createAxis([...stateRanks.keys(), stateRanks.length].map(BigInt)),
    [dimension.service]: createAxis([...services].map(BigInt)),
    [dimension.sourcePort]: createAxis([...sourcePorts].map(BigInt)),
  };
  const axis = (level: number, family: Family): Axis =>
    level === dimension.destination || level === dimension.source
      ? addressAxes[family]
      : own[level as keyof typeof own];

  const serviceRanks = smallRanks(own[dimension.service]);
  const sourcePortRanks = smallRanks(own[dimension.sourcePort]);

  const rank = (cubes: readonly Cube[]): RankedCubes => {
    // Most cubes are one range in each dimension. This runs once for each element of each program that is compared.
    let ranked = new Int32Array(cubes.length * rankedLength);
    let end = 0;
    const row = new Int32Array(rankedLength);
    const place = (level: number, from: number, to: number): void => {
      row[2 * level] = from;
      row[2 * level + 1] = to;
    };
    const placeAddress = (level: number, range: AddressRange | undefined): void => {
      if (!range) {
        place(level, 0, open);
        return;
      }
      const { points, ranks, rank } = addressAxes[range.family];
      const known = addresses[range.family].get(range);
      const from = known === undefined ? rank(range.from) : ranks[2 * known]!;
      const to = known === undefined ? rank(range.to + 1n) : ranks[2 * known + 1]!;
      place(level, from, upToOpen(to, points));
    };
    let [waysOf, statesOf] = [wholeOnly, wholeOnly];
    const write = (): void => {
      for (let way = 0; way < waysOf.length; way += 1) {
        place(dimension.way, waysOf[way]![0], waysOf[way]![1]);
        for (let state = 0; state < statesOf.length; state += 1) {
          place(dimension.state, statesOf[state]![0], statesOf[state]![1]);
          if (end === ranked.length) ranked = doubled(ranked);
          ranked.set(row, end);
          end += rankedLength;
        }
      }
    };
    const writeService = (from: number, to: number): void => {
      place(dimension.service, serviceRanks(from), serviceRanks(to + 1));
      write();
    };
    for (let index = 0; index < cubes.length; index += 1) {
      const cube = cubes[index]!;
      const { source, destination, sourcePort } = cube;
      const family = cube.family ?? source?.family ?? destination?.family;
      if (source && source.family !== family) continue;
      if (destination && destination.family !== family) continue;
      waysOf = ways.runs(family, cube);
      statesOf = stateRuns(cube.states);
      placeAddress(dimension.destination, destination);
      placeAddress(dimension.source, source);
      if (sourcePort)
        place(dimension.sourcePort, sourcePortRanks(sourcePort.from), sourcePortRanks(sourcePort.to + 1));
      else place(dimension.sourcePort, 0, open);
      if (!isAnyService(cube)) eachService(cube, writeService);
      else {
        place(dimension.service, 0, open);
        write();
      }
    }
    return ranked.subarray(0, end);
  };
  return { axis, rank, ways };
}

const wholeOnly: readonly RankRange[] = [[0, open]];

const upToOpen = (rank: number, points: readonly bigint[]): number =>
  rank === points.length - 1 ? open : rank;

/** The ranks of an axis whose points are small, by number: a large ruleset asks for them tens of thousands of times. */
function smallRanks({ points }: Axis): (point: number) => number {
  const ranks = new Map(points.map((point, rank) => [Number(point), upToOpen(rank, points)]));
  return (point) => {
    const rank = ranks.get(point);
    // In a flat array it would become rank 0, and a proof would be about other packets.
    if (rank === undefined) throw new Error(`${point} is not a point of this axis`);
    return rank;
  };
}

/** Neighbouring states as ranges of ranks. */
function stateRuns(states: readonly ConnectionState[] | undefined): readonly RankRange[] {
  if (states === undefined) return wholeOnly;
  let set = 0;
  for (let at = 0; at < states.length; at += 1) set |= 1 << stateRanks.indexOf(states[at]!);
  return runsOfStates[set]!;
}

/** The ranges for each set of states; bit r of its number is the state of rank r. */
const runsOfStates = Array.from({ length: 1 << stateRanks.length }, (_, set): readonly RankRange[] => {
  const runs: [number, number][] = [];
  for (const rank of stateRanks.keys()) {
    if ((set & (1 << rank)) === 0) continue;
    const last = runs.at(-1);
    const end = rank + 1 === stateRanks.length ? open : rank + 1;
    if (last?.[1] === rank) last[1] = end;
    else runs.push([rank, end]);
  }
  return runs;
});
