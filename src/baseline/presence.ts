/**
 * Length of a time slot in seconds: a quarter of an hour, in which no time zone shifts, and of which shifts and days
 * are made.
 */
export const slotLength = 900;

/** The slots in which something was seen: pairs of the first and the last slot of a stretch, in no order yet. */
export type Presence = number[];

/** Notes that something was seen at a time, in seconds since 1970; NaN is no time. */
export function notePresence(stretches: Presence, time: number): void {
  const slot = Math.floor(time / slotLength);
  const end = stretches.length - 1;
  const last = stretches[end];
  if (slot === last || Number.isNaN(slot)) return;
  if (last !== undefined && slot < last && slot >= stretches[end - 1]!) return;
  if (slot === (last ?? Number.NaN) + 1) stretches[end] = slot;
  else stretches.push(slot, slot);
}

/** Nothing lasts longer, in seconds (some 30 years): such a span has a wrong end, and nobody knows which. */
export const longestSpan = 1e9;

/** The slots of something that lasted from one time to another: a record is spread over its span. */
export function spanned(first: number, last: number): Presence {
  const [from, to] = [Math.floor(first / slotLength), Math.floor(last / slotLength)];
  if (last - first > longestSpan) return [from, from, to, to];
  return last >= first ? [from, to] : [];
}

/** Whether the last stretch already has all that lasted from one time to another. */
export function isWithinLast(stretches: Presence, first: number, last: number): boolean {
  const end = stretches.length - 1;
  return (
    end > 0 &&
    Math.floor(first / slotLength) >= stretches[end - 1]! &&
    Math.floor(last / slotLength) <= stretches[end]!
  );
}

/** Adds stretches to others; one that begins inside the last, or at its end, makes that longer. */
export function addStretches(stretches: Presence, more: readonly number[]): void {
  for (let index = 0; index < more.length; index += 2) {
    const [from, to] = [more[index]!, more[index + 1]!];
    const end = stretches.length - 1;
    if (end < 0 || from < stretches[end - 1]! || from > stretches[end]! + 1) stretches.push(from, to);
    else if (to > stretches[end]!) stretches[end] = to;
  }
}

/** Stretches that grow without end, in memory that does not: they are joined when there are many. */
export interface GrowingPresence {
  readonly add: (more: readonly number[]) => void;
  readonly all: Presence;
}

/** So many ends of stretches may lie unjoined. */
const fewestToJoin = 256;

/** @param all is what grows. */
export function growing(all: Presence): GrowingPresence {
  let joinAt = fewestToJoin;
  return {
    all,
    add(more) {
      addStretches(all, more);
      if (all.length <= joinAt) return;
      const joined = stretchesOf(all).flat();
      all.length = 0;
      for (const end of joined) all.push(end);
      joinAt = Math.max(fewestToJoin, 2 * joined.length);
    },
  };
}

/** Pairs of the first and the last slot, both included, in order and apart. */
export type Stretches = readonly (readonly [from: number, to: number])[];

export function* slotsOf(stretches: Stretches): Generator<number> {
  for (const [from, to] of stretches) for (let slot = from; slot <= to; slot += 1) yield slot;
}

/** When any of many was there, by the slots at which their number changes: these are few, however many flows there are. */
export function unionOf(all: Iterable<Stretches>): Stretches {
  const changes = new Map<number, number>();
  for (const stretches of all)
    for (const [from, to] of stretches) {
      changes.set(from, (changes.get(from) ?? 0) + 1);
      changes.set(to + 1, (changes.get(to + 1) ?? 0) - 1);
    }
  const union: [number, number][] = [];
  let [present, start] = [0, 0];
  for (const [slot, change] of [...changes].filter(([, sum]) => sum !== 0).sort(([x], [y]) => x - y)) {
    if (present === 0) start = slot;
    present += change;
    if (present === 0) union.push([start, slot - 1]);
  }
  return union;
}

/** The stretches in order, without overlaps and seams. */
export function stretchesOf(stretches: readonly number[]): Stretches {
  const pairs: [number, number][] = [];
  for (let index = 0; index < stretches.length; index += 2)
    pairs.push([stretches[index]!, stretches[index + 1]!]);
  const whole: [number, number][] = [];
  for (const [from, to] of pairs.sort(([x], [y]) => x - y)) {
    const before = whole.at(-1);
    if (before !== undefined && from <= before[1] + 1) before[1] = Math.max(before[1], to);
    else whole.push([from, to]);
  }
  return whole;
}
