import { type Axis, createAxis } from "../../compile/axis.ts";
import type { Cube, Program, Range } from "../../compile/program.ts";
import { type AddressRange, addressBits, type Family } from "../../net/address.ts";
import type { ConnectionState } from "../../net/packet.ts";
import { portProtocols } from "../../net/protocol.ts";

/**
 * Dimensions of a packet, in the order in which a diagram asks for them. `service` is tagged: protocol times 65,536
 * plus the destination port, or the ICMP type times 256 plus its code, or 0 to 65,535 alike for any other protocol.
 * So a constraint on a TCP port can never be met by a UDP packet.
 */
export const dimension = {
  family: 0,
  state: 1,
  destination: 2,
  source: 3,
  service: 4,
  sourcePort: 5,
} as const;
export const dimensions = 6;

/** Families and states by rank; the states that are looked up as requests stand together. */
export const familyRanks: readonly Family[] = [4, 6];
export const stateRanks: readonly ConnectionState[] = ["original", "none", "related", "reply"];

const payloads = 65_536;
const isIcmp = (protocol: number): boolean => protocol === 1 || protocol === 58;

/** A cube in ranks: `[from, to)` for each dimension, one behind the other. */
export type RankedCube = readonly number[];

/** The end of a range that goes to the end of its dimension, whatever the family's axis holds. */
export const open = 2 ** 31 - 1;
const whole: readonly [number, number] = [0, open];

/** The compressed coordinates of everything that a set of programs can tell apart. */
export interface Space {
  /** The points of a dimension; destination and source have their own for each family. */
  axis(level: number, family: Family): Axis;
  /** A cube as disjoint or overlapping ranked cubes; none when it matches nothing. */
  rank(cube: Cube): readonly RankedCube[];
}

export function createSpace(programs: readonly Program[], further: readonly Cube[] = []): Space {
  const cubes = [
    ...programs.flatMap((program) => [...program.chains.values()].flat().flatMap((rule) => rule.cubes)),
    ...further,
  ];
  const addressAxis = (family: Family, pick: (cube: Cube) => AddressRange | undefined): Axis => {
    const ends: bigint[] = [0n, 1n << BigInt(addressBits(family))];
    for (const cube of cubes) {
      const range = pick(cube);
      if (range?.family === family) ends.push(range.from, range.to + 1n);
    }
    return createAxis(ends);
  };
  const numberAxis = (size: number, pick: (cube: Cube) => readonly Range[]): Axis => {
    const ends = new Set([0, size]);
    for (const cube of cubes) for (const { from, to } of pick(cube)) ends.add(from).add(to + 1);
    return createAxis([...ends].map(BigInt));
  };
  const own = {
    [dimension.family]: createAxis([0n, 1n, 2n]),
    [dimension.state]: createAxis(
      stateRanks.map((_, rank) => BigInt(rank)).concat(BigInt(stateRanks.length)),
    ),
    [dimension.service]: numberAxis(256 * payloads, serviceRanges),
    [dimension.sourcePort]: numberAxis(payloads, (cube) => (cube.sourcePort ? [cube.sourcePort] : [])),
  };
  const destinations = {
    4: addressAxis(4, (cube) => cube.destination),
    6: addressAxis(6, (cube) => cube.destination),
  };
  const sources = { 4: addressAxis(4, (cube) => cube.source), 6: addressAxis(6, (cube) => cube.source) };
  const axis = (level: number, family: Family): Axis => {
    if (level === dimension.destination) return destinations[family];
    if (level === dimension.source) return sources[family];
    return own[level as keyof typeof own];
  };
  return { axis, rank: (cube) => rankCube(cube, axis) };
}

function rankCube(cube: Cube, axis: Space["axis"]): readonly RankedCube[] {
  const asked = cube.family ?? cube.source?.family ?? cube.destination?.family;
  const clash = [cube.source, cube.destination].some((range) => range && range.family !== asked);
  if (clash) return [];
  // Without a family there are no addresses either, and the axes of one family do for both.
  const family = asked ?? 4;
  const range = (level: number, from: number | bigint, to: number | bigint): readonly [number, number] => {
    const { rank, points } = axis(level, family);
    const end = rank(BigInt(to) + 1n);
    return [rank(BigInt(from)), end === points.length - 1 ? open : end];
  };
  const optional = (level: number, asks: AddressRange | Range | undefined): readonly [number, number] =>
    asks ? range(level, asks.from, asks.to) : whole;
  const familyRank = familyRanks.indexOf(family);
  const [f0, f1] = asked ? range(dimension.family, familyRank, familyRank) : whole;
  const [d0, d1] = optional(dimension.destination, cube.destination);
  const [s0, s1] = optional(dimension.source, cube.source);
  const [p0, p1] = optional(dimension.sourcePort, cube.sourcePort);
  const ranked: RankedCube[] = [];
  for (const [t0, t1] of stateRuns(cube.states)) {
    for (const service of cubeServices(cube)) {
      const [v0, v1] = optional(dimension.service, service);
      ranked.push([f0, f1, t0, t1, d0, d1, s0, s1, v0, v1, p0, p1]);
    }
  }
  return ranked;
}

/** Neighbouring states as ranges of ranks. */
function stateRuns(states: readonly ConnectionState[] | undefined): readonly (readonly [number, number])[] {
  if (states === undefined) return [whole];
  const runs: [number, number][] = [];
  for (const [rank, state] of stateRanks.entries()) {
    if (!states.includes(state)) continue;
    const last = runs.at(-1);
    const end = rank + 1 === stateRanks.length ? open : rank + 1;
    if (last?.[1] === rank) last[1] = end;
    else runs.push([rank, end]);
  }
  return runs;
}

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
