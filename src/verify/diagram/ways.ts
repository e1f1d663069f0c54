import type { Cube } from "../../compile/program.ts";
import type { Family } from "../../net/address.ts";
import { type Interfaces, interfaceClasses, isInterface } from "../../net/interfaces.ts";
import type { Packet } from "../../net/packet.ts";

/** Ranks of a dimension, from one to before another. */
export type RankRange = readonly [from: number, to: number];
/** The end of a range that goes to the end of its dimension, whatever the family's axis holds. */
export const open = 2 ** 31 - 1;

/** What of a packet the first dimension holds. */
export type Way = Pick<Packet, "family" | "ingress" | "egress">;

/** The families of a packet with the interfaces by which it may come and leave, by rank. */
export interface Ways {
  /** Of one family: those of IPv4 have the ranks from 0, those of IPv6 the ones behind. */
  readonly count: number;
  at(rank: number): Way;
  /** Those that a cube leaves, of one family or of both. */
  runs(family: Family | undefined, cube: Cube): readonly RankRange[];
}

/** @param asked cubes that ask for interfaces. */
export function createWays(asked: readonly Cube[]): Ways {
  const ingress = interfaceClasses(asked.flatMap((cube) => cube.ingress ?? []));
  const egress = interfaceClasses(asked.flatMap((cube) => cube.egress ?? []));
  const count = ingress.length * egress.length;
  const whole = { 4: [[0, count]], 6: [[count, open]], both: [[0, open]] } as const;
  const known = new Map<string, readonly RankRange[]>();
  const find = (family: Family | undefined, cube: Cube): readonly RankRange[] => {
    const held = (names: readonly string[], conditions: readonly Interfaces[] = []): readonly number[] =>
      [...names.keys()].filter((at) => conditions.every((one) => isInterface(one, names[at]!)));
    const leaves = held(egress, cube.egress);
    const ways = held(ingress, cube.ingress).flatMap((at) => leaves.map((to) => at * egress.length + to));
    return merged(
      (family === undefined ? [0, 1] : [family === 4 ? 0 : 1]).flatMap((at) =>
        ways.map((way) => at * count + way),
      ),
      2 * count,
    );
  };
  return {
    count,
    at: (rank) => {
      const way = rank % count;
      return {
        family: rank < count ? 4 : 6,
        ...(ingress.length > 1 && { ingress: ingress[Math.floor(way / egress.length)]! }),
        ...(egress.length > 1 && { egress: egress[way % egress.length]! }),
      };
    },
    runs: (family, cube) => {
      if (!cube.ingress && !cube.egress) return whole[family ?? "both"];
      const key = JSON.stringify([family, cube.ingress, cube.egress]);
      const found = known.get(key) ?? find(family, cube);
      known.set(key, found);
      return found;
    },
  };
}

/** Ranks in ascending order as ranges. */
function merged(ranks: readonly number[], end: number): readonly RankRange[] {
  const runs: [number, number][] = [];
  for (const rank of ranks) {
    const last = runs.at(-1);
    if (last?.[1] === rank) last[1] = rank + 1;
    else runs.push([rank, rank + 1]);
  }
  const last = runs.at(-1);
  if (last?.[1] === end) last[1] = open;
  return runs;
}
