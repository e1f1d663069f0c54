/**
 * The least marks of a conversation's packets (a bottom-k sketch, Cohen 1997): what another recording of the same
 * packets has too, and another conversation has not, however many packets there are.
 */
export type Sketch = number[];

/** So many marks tell apart what is the same, a part of it, and something else. */
const size = 24;
/** Fewer marks in common range prove nothing. */
const fewest = 4;

/** Notes one packet. Marks stand in order, the least first. */
export function noteMark(sketch: Sketch, mark: number): void {
  if (sketch.length === size && mark >= sketch[size - 1]!) return;
  let at = sketch.length;
  while (at > 0 && sketch[at - 1]! > mark) at -= 1;
  if (at > 0 && sketch[at - 1] === mark) return;
  // By hand: this is done for nearly every packet, and a splice makes a list of what it took out.
  if (sketch.length < size) sketch.push(mark);
  for (let to = sketch.length - 1; to > at; to -= 1) sketch[to] = sketch[to - 1]!;
  sketch[at] = mark;
}

/**
 * The share of the packets of `one` that `other` has, from 0 to 1; undefined where the marks do not tell. Marks above the
 * last one of a full sketch are not known of it.
 */
export function shareOf(one: Sketch, other: Sketch): number | undefined {
  const known = other.length < size ? Number.POSITIVE_INFINITY : other[size - 1]!;
  const comparable = one.filter((mark) => mark <= known);
  if (comparable.length < fewest) return undefined;
  const marks = new Set(other);
  return comparable.filter((mark) => marks.has(mark)).length / comparable.length;
}
