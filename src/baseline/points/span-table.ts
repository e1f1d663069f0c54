/** What lasted from one time to another, in seconds since 1970. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

/** Entries by a key and by their time, in bounded number: the oldest are forgotten. */
export interface SpanTable<T extends Span> {
  /** The entries of a key that overlap a span, within some seconds; by their start. */
  overlapping(key: string, span: Span, within: number): readonly T[];
  add(key: string, entry: T): void;
  /** Some were forgotten. */
  readonly forgot: boolean;
}

/** Of one key, by their start. */
interface Row<T> {
  readonly entries: T[];
  longest: number;
}
/** Most keys have one entry only, which then needs no row. */
type Held<T> = T | Row<T>;

const nothing: readonly never[] = [];

/** @param most so many are remembered at least, and twice as many at most. */
export function spanTable<T extends Span>(most: number): SpanTable<T> {
  // Two generations: to forget the oldest one by one costs more than all the rest.
  let [recent, older] = [new Map<string, Held<T>>(), new Map<string, Held<T>>()];
  let remembered = 0;
  let forgot = false;
  return {
    get forgot() {
      return forgot;
    },
    overlapping(key, span, within) {
      const [one, other] = [older.get(key), recent.get(key)];
      if (one === undefined) return other === undefined ? nothing : meeting(other, span, within);
      return other === undefined
        ? meeting(one, span, within)
        : [...meeting(one, span, within), ...meeting(other, span, within)];
    },
    add(key, entry) {
      const row = recent.get(key);
      if (row === undefined) recent.set(key, entry);
      else if ("entries" in row) insert(row, entry);
      else {
        const both: Row<T> = { entries: [row], longest: row.last - row.first };
        insert(both, entry);
        recent.set(key, both);
      }
      remembered += 1;
      if (remembered < most) return;
      forgot ||= older.size > 0;
      [older, recent, remembered] = [recent, new Map(), 0];
    },
  };
}

/** Records mostly come in the order of their time. */
function insert<T extends Span>(row: Row<T>, entry: T): void {
  const { entries } = row;
  row.longest = Math.max(row.longest, entry.last - entry.first);
  if (!(entries.at(-1)!.first > entry.first)) entries.push(entry);
  else entries.splice(from(entries, entry.first), 0, entry);
}

function meeting<T extends Span>(held: Held<T>, { first, last }: Span, within: number): readonly T[] {
  if (!("entries" in held))
    return held.first <= last + within && held.last >= first - within ? [held] : nothing;
  const { entries, longest } = held;
  const found: T[] = [];
  for (let index = from(entries, first - longest - within); index < entries.length; index += 1) {
    const entry = entries[index]!;
    if (entry.first > last + within) break;
    if (entry.last >= first - within) found.push(entry);
  }
  return found;
}

/** The place of the first entry that starts at a time or later. */
function from(entries: readonly Span[], time: number): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle]!.first < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
