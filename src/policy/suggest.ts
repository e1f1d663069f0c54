import { closest, distance } from "fastest-levenshtein";

/** `did you mean "…"?` when one of the names is near enough to be a slip of the keyboard; else undefined. */
export function didYouMean(written: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const nearest = closest(written.toLowerCase(), [...names]);
  const near = distance(written.toLowerCase(), nearest) <= Math.max(1, Math.floor(nearest.length / 3));
  return near ? `did you mean "${nearest}"?` : undefined;
}

/** `a`, `a or b`, `a, b or c`. */
export function alternatives(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} or ${last}`;
}
