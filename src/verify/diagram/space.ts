import type { Cube, Program, Range } from "../../compile/program.ts";
import { type AddressRange, addressBits, type Family } from "../../net/address.ts";
import { type Axis, createAxis } from "../../net/axis.ts";
import type { ConnectionState } from "../../net/packet.ts";
import { portProtocols } from "../../net/protocol.ts";
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
export const dimensions = 6;

/** States by rank; the states that are looked up as requests stand together. */
export const stateRanks: readonly ConnectionState[] = ["original", "none", "related", "reply"];

const payloads = 65_536;
const isIcmp = (protocol: number): boolean => protocol === 1 || protocol === 58;

/** Cubes in ranks, one behind the other: `[from, to)` for each dimension, so twice as many numbers as dimensions. */
export type RankedCubes = readonly number[];
export const rankedLength = 2 * dimensions;

const whole: RankRange = [0, open];

/** The compressed coordinates of everything that a set of programs can tell apart. */
export interface Space {
  /** The points of a dimension; destination and source share theirs, for each family its own. */
  axis(level: number, family: Family): Axis;
  /** Cubes as disjoint or overlapping ranked cubes; a cube that matches nothing gives none. */
  rank(cubes: readonly Cube[]): RankedCubes;
  readonly ways: Ways;
}

export function createSpace(programs: readonly Program[], further: readonly Cube[] = []): Space {
  const addresses = new Set<AddressRange>();
  const asked: Cube[] = [];
  const services = new Set([0, 256 * payloads]);
  const sourcePorts = new Set([0, payloads]);
  const note = (cube: Cube): void => {
    if (cube.ingress || cube.egress) asked.push(cube);
    if (cube.source) addresses.add(cube.source);
    if (cube.destination) addresses.add(cube.destination);
    if (cube.sourcePort) sourcePorts.add(cube.sourcePort.from).add(cube.sourcePort.to + 1);
    for (const { from, to } of serviceRanges(cube)) services.add(from).add(to + 1);
  };
  for (const { chains } of programs) {
    for (const rules of chains.values()) for (const { cubes } of rules) cubes.forEach(note);
  }
  further.forEach(note);

  const ways = createWays(asked);
  const addressAxis = (family: Family): Axis => {
    const ends = [0n, 1n << BigInt(addressBits(family))];
    for (const range of addresses) if (range.family === family) ends.push(range.from, range.to + 1n);
    return createAxis(ends);
  };
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

  // Most ranges of addresses stand in many cubes as one object, and big integers are slow to look up.
  const rankEnds = ({ family, from, to }: AddressRange): RankRange => {
    const { rank, points } = addressAxes[family];
    return upToOpen([rank(from), rank(to + 1n)], points);
  };
  const addressRanks = new Map(Array.from(addresses, (range) => [range, rankEnds(range)]));
  const ranker = ({ points }: Axis): ((range: Range | undefined) => RankRange) => {
    const ranks = new Map(points.map((point, rank) => [Number(point), rank]));
    return (range) => (range ? upToOpen([ranks.get(range.from)!, ranks.get(range.to + 1)!], points) : whole);
  };
  const rankAddress = (range: AddressRange | undefined): RankRange =>
    range ? (addressRanks.get(range) ?? rankEnds(range)) : whole;
  const rankService = ranker(own[dimension.service]);
  const rankSourcePort = ranker(own[dimension.sourcePort]);

  const rankCube = (cube: Cube, ranked: number[]): void => {
    const family = cube.family ?? cube.source?.family ?? cube.destination?.family;
    if (cube.source && cube.source.family !== family) return;
    if (cube.destination && cube.destination.family !== family) return;
    const [d0, d1] = rankAddress(cube.destination);
    const [s0, s1] = rankAddress(cube.source);
    const [p0, p1] = rankSourcePort(cube.sourcePort);
    for (const [w0, w1] of ways.runs(family, cube)) {
      for (const [t0, t1] of stateRuns(cube.states)) {
        for (const service of cubeServices(cube)) {
          const [v0, v1] = rankService(service);
          ranked.push(w0, w1, t0, t1, d0, d1, s0, s1, v0, v1, p0, p1);
        }
      }
    }
  };
  const rank = (cubes: readonly Cube[]): RankedCubes => {
    const ranked: number[] = [];
    for (const cube of cubes) rankCube(cube, ranked);
    return ranked;
  };
  return { axis, rank, ways };
}

const upToOpen = ([from, to]: RankRange, points: readonly bigint[]): RankRange =>
  to === points.length - 1 ? [from, open] : [from, to];

/** Neighbouring states as ranges of ranks. */
function stateRuns(states: readonly ConnectionState[] | undefined): readonly RankRange[] {
  if (states === undefined) return wholeOnly;
  let set = 0;
  for (const state of states) set |= 1 << stateRanks.indexOf(state);
  return runsOfStates[set]!;
}

const wholeOnly = [whole];

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

/** Tagged ranges of a cube; `undefined` among them is "any service". */
const cubeServices = (cube: Cube): readonly (Range | undefined)[] =>
  isAnyService(cube) ? [undefined] : serviceRanges(cube);

const isAnyService = (cube: Cube): boolean =>
  !cube.protocol && !cube.destinationPort && !cube.sourcePort && !cube.icmpType && !cube.icmpCode;

function serviceRanges(cube: Cube): readonly Range[] {
  if (isAnyService(cube)) return [];
  const { from, to } = cube.protocol ?? { from: 0, to: 255 };
  const protocols = { from: Math.max(from, 0), to: Math.min(to, 255) };
  const asksIcmp = cube.icmpType !== undefined || cube.icmpCode !== undefined;
  const asksPorts = cube.destinationPort !== undefined || cube.sourcePort !== undefined;
  if (asksIcmp && asksPorts) return [];
  if (!asksIcmp && !asksPorts) {
    return [{ from: protocols.from * payloads, to: protocols.to * payloads + payloads - 1 }];
  }
  const ranges: Range[] = [];
  for (let protocol = protocols.from; protocol <= protocols.to; protocol += 1) {
    if (asksPorts && portProtocols.has(protocol)) {
      const ports = cube.destinationPort ?? { from: 0, to: payloads - 1 };
      ranges.push({ from: protocol * payloads + ports.from, to: protocol * payloads + ports.to });
    }
    if (asksIcmp && isIcmp(protocol)) ranges.push(...icmpRanges(protocol, cube));
  }
  return ranges;
}

function icmpRanges(protocol: number, cube: Cube): readonly Range[] {
  const types = cube.icmpType ?? { from: 0, to: 255 };
  const codes = cube.icmpCode ?? { from: 0, to: 255 };
  const base = protocol * payloads;
  if (codes.from === 0 && codes.to === 255) {
    return [{ from: base + types.from * 256, to: base + types.to * 256 + 255 }];
  }
  return Array.from({ length: types.to - types.from + 1 }, (_, index) => {
    const type = base + (types.from + index) * 256;
    return { from: type + codes.from, to: type + codes.to };
  });
}
