/** A box over ranks: half-open on each axis. */
export interface RankBox {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** Work that is left to be spent. Below zero it is used up, and what was found until then is not the whole. */
export interface Effort {
  left: number;
}

const smallEnough = 12;

/**
 * For each box, the boxes before it in the list that it meets, in ascending order. Space is halved along whichever
 * axis parts the boxes best, so that lists of thousands cost n log n and not n²; boxes that all meet are compared
 * pair by pair, since each pair is then part of the answer. Each pair that is compared costs one effort.
 */
export function earlierMeetings(
  boxes: readonly RankBox[],
  axes: number,
  effort: Effort,
): readonly (readonly number[])[] {
  const found: number[][] = boxes.map(() => []);
  const visit = (items: readonly number[], cell: RankBox): void => {
    if (effort.left < 0) return;
    const halves = items.length > smallEnough ? halve(boxes, items, cell, axes) : undefined;
    if (!halves) compareAll(boxes, items, cell, axes, found, effort);
    else for (const half of halves) visit(half.items, half.cell);
  };
  const extent = (pick: (box: RankBox, axis: number) => number, choose: (a: number, b: number) => number) =>
    Array.from({ length: axes }, (_, axis) =>
      boxes.reduce((best, box) => choose(best, pick(box, axis)), pick(boxes[0]!, axis)),
    );
  if (boxes.length > 0) {
    const from = extent((box, axis) => box.from[axis]!, Math.min);
    const to = extent((box, axis) => box.to[axis]!, Math.max);
    visit([...boxes.keys()], { from, to });
  }
  for (const earlier of found) earlier.sort((a, b) => a - b);
  return found;
}

interface Part {
  readonly items: readonly number[];
  readonly cell: RankBox;
}

/** The best split in the middle of an axis, or undefined when every axis leaves most boxes on both sides. */
function halve(
  boxes: readonly RankBox[],
  items: readonly number[],
  cell: RankBox,
  axes: number,
): readonly [Part, Part] | undefined {
  let best: readonly [Part, Part] | undefined;
  let bestSize = items.length * 1.5;
  for (let axis = 0; axis < axes; axis += 1) {
    const middle = (cell.from[axis]! + cell.to[axis]!) >> 1;
    if (middle <= cell.from[axis]!) continue;
    const low = items.filter((item) => boxes[item]!.from[axis]! < middle);
    const high = items.filter((item) => boxes[item]!.to[axis]! > middle);
    if (low.length + high.length >= bestSize) continue;
    bestSize = low.length + high.length;
    best = [
      { items: low, cell: { from: cell.from, to: cell.to.with(axis, middle) } },
      { items: high, cell: { from: cell.from.with(axis, middle), to: cell.to } },
    ];
  }
  return best;
}

/** Notes each meeting in the one cell that holds the low corner of the common part, so none is noted twice. */
function compareAll(
  boxes: readonly RankBox[],
  items: readonly number[],
  cell: RankBox,
  axes: number,
  found: readonly number[][],
  effort: Effort,
): void {
  for (const [position, later] of items.entries()) {
    effort.left -= position;
    if (effort.left < 0) return;
    for (let other = 0; other < position; other += 1) {
      const earlier = items[other]!;
      if (meetIn(boxes[earlier]!, boxes[later]!, cell, axes)) found[later]!.push(earlier);
    }
  }
}

function meetIn(a: RankBox, b: RankBox, cell: RankBox, axes: number): boolean {
  for (let axis = 0; axis < axes; axis += 1) {
    const from = Math.max(a.from[axis]!, b.from[axis]!);
    if (from >= Math.min(a.to[axis]!, b.to[axis]!)) return false;
    if (from < cell.from[axis]! || from >= cell.to[axis]!) return false;
  }
  return true;
}

/**
 * What is left of a box without the others, as disjoint boxes: cut into slabs along one axis after the other. Each
 * slab costs one effort, and one more for each of the others that it meets.
 */
export function remainder(
  box: RankBox,
  others: readonly RankBox[],
  axes: number,
  effort: Effort,
  axis = 0,
): readonly RankBox[] {
  effort.left -= 1 + others.length;
  if (effort.left < 0) return [];
  if (others.length === 0) return [box];
  if (others.some((other) => covers(other, box, axis, axes))) return [];
  const waiting = [...others].sort((a, b) => a.from[axis]! - b.from[axis]!);
  const cuts = new Set([box.from[axis]!, box.to[axis]!]);
  for (const other of others) {
    if (other.from[axis]! > box.from[axis]!) cuts.add(other.from[axis]!);
    if (other.to[axis]! < box.to[axis]!) cuts.add(other.to[axis]!);
  }
  const points = [...cuts].sort((a, b) => a - b);
  const pieces: RankBox[] = [];
  let active: RankBox[] = [];
  let next = 0;
  for (let slab = 0; slab + 1 < points.length; slab += 1) {
    const [from, to] = [points[slab]!, points[slab + 1]!];
    active = active.filter((other) => other.to[axis]! > from);
    for (; next < waiting.length && waiting[next]!.from[axis]! <= from; next += 1) {
      if (waiting[next]!.to[axis]! > from) active.push(waiting[next]!);
    }
    const part = { from: box.from.with(axis, from), to: box.to.with(axis, to) };
    for (const piece of remainder(part, active, axes, effort, axis + 1)) pieces.push(piece);
  }
  return pieces;
}

/** True when one box holds the other on this axis and all behind it; on no axis at all it does. */
function covers(outer: RankBox, inner: RankBox, axis: number, axes: number): boolean {
  for (let at = axis; at < axes; at += 1) {
    if (outer.from[at]! > inner.from[at]! || outer.to[at]! < inner.to[at]!) return false;
  }
  return true;
}
