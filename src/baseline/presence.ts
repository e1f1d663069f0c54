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

/** Notes that something lasted from one time to another: a record is spread over its span. */
export function noteSpan(stretches: Presence, first: number, last: number): void {
  if (last - first > longestSpan) for (const end of [first, last]) notePresence(stretches, end);
  else if (last >= first) stretches.push(Math.floor(first / slotLength), Math.floor(last / slotLength));
}

/** The stretches in order, without overlaps and seams. */
export function stretchesOf(stretches: Presence): readonly (readonly [from: number, to: number])[] {
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
