import { earlierMeetings, type RankBox, remainder } from "../../net/meetings.ts";
import type { Permit } from "../model.ts";
import { boxesOf } from "./boxes.ts";
import { rankAxes, rankBoxes } from "./ranked-boxes.ts";

/** Comparisons of boxes for one conduit: well under a second. */
const mostEffort = 5_000_000;

/** A permit whose every request other permits admit as well. */
export interface CoveredPermit {
  readonly permit: Permit;
  /** Those that take a part of it. */
  readonly by: readonly Permit[];
}

/** One box of a permit. */
interface Piece {
  /** The place of its permit. */
  readonly order: number;
  readonly box: RankBox;
  /** Boxes of earlier permits that it meets, and of later ones. */
  readonly earlier: readonly Piece[];
  readonly later: Piece[];
}

/** What is undefined takes more than its effort. */
export interface CoveredPermits {
  /** Permits that the ones before them cover. */
  readonly earlier: readonly CoveredPermit[] | undefined;
  /**
   * Permits that the others cover where those of `earlier` are gone, each without the ones that were found before it: so
   * all that are found can be taken out together, and of the rest none can.
   */
  readonly others: readonly CoveredPermit[] | undefined;
}

/** Two checks ask the same of each conduit. */
const known = new WeakMap<readonly Permit[], CoveredPermits>();

export function coveredPermits(permits: readonly Permit[]): CoveredPermits {
  const found = known.get(permits) ?? findCovered(permits);
  known.set(permits, found);
  return found;
}

function findCovered(permits: readonly Permit[]): CoveredPermits {
  const effort = { left: mostEffort };
  const pieces = permits.flatMap((permit, order) => boxesOf(permit).map((box) => ({ order, box })));
  const piecesOf = permits.map((): Piece[] => []);
  for (const family of [4, 6] as const) {
    const own = pieces.filter(({ box }) => box.from.family === family);
    const ranked = rankBoxes(own.map(({ box }) => box));
    const made: Piece[] = [];
    const found = earlierMeetings(ranked, rankAxes, effort);
    if (effort.left < 0) return { earlier: undefined, others: undefined };
    for (const [index, meetings] of found.entries()) {
      const { order } = own[index]!;
      const earlier = meetings.map((other) => made[other]!).filter((other) => other.order < order);
      const piece: Piece = { order, box: ranked[index]!, earlier, later: [] };
      made.push(piece);
      piecesOf[order]!.push(piece);
      for (const other of earlier) other.later.push(piece);
    }
  }
  const gone = new Set<number>();
  const covered = (coversOf: (piece: Piece) => readonly Piece[]): readonly CoveredPermit[] =>
    permits.flatMap((permit, order) => {
      if (gone.has(order) || effort.left < 0) return [];
      const covers = new Set<number>();
      for (const piece of piecesOf[order]!) {
        const others = coversOf(piece);
        const boxes = others.map((other) => other.box);
        if (boxes.length === 0 || remainder(piece.box, boxes, rankAxes, effort).length > 0) return [];
        for (const other of others) covers.add(other.order);
      }
      // A permit without any box is another check's finding.
      if (covers.size === 0) return [];
      gone.add(order);
      return [{ permit, by: [...covers].sort((a, b) => a - b).map((place) => permits[place]!) }];
    });
  const earlier = covered((piece) => piece.earlier);
  if (effort.left < 0) return { earlier: undefined, others: undefined };
  effort.left = mostEffort;
  const others = covered((piece) =>
    [...piece.earlier, ...piece.later].filter(({ order }) => !gone.has(order)),
  );
  return { earlier, others: effort.left < 0 ? undefined : others };
}

/** The ids of those that cover a permit, the first few of them, and where they stand. */
export function told({ by }: CoveredPermit): {
  readonly names: string;
  readonly related: readonly { readonly span: Permit["span"]; readonly message: string }[];
} {
  const first = by.slice(0, 5);
  const more = by.length > first.length ? `, and ${by.length - first.length} more` : "";
  return {
    names: first.map(({ id }) => `"${id}"`).join(", ") + more,
    related: first.map(({ span, id }) => ({ span, message: `permit "${id}"` })),
  };
}
