import { closest, distance } from "fastest-levenshtein";

/** The name that is near enough for the written one to be a slip of the keyboard. */
export function nearest(written: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const name = closest(written.toLowerCase(), [...names]);
  const near = distance(written.toLowerCase(), name) <= Math.ceil(name.length / 3);
  return near ? name : undefined;
}

/** `did you mean "…"?`, or undefined when no name is near. */
export function didYouMean(written: string, names: readonly string[]): string | undefined {
  const name = nearest(written, names);
  return name && `did you mean "${name}"?`;
}

/** `a`, `a or b`, `a, b or c`. */
export function alternatives(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} or ${last}`;
}
