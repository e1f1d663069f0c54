import type { Diagnostic, Span } from "../../diagnostics/diagnostic.ts";

/** Keys and list positions from the top of a site file. */
export type Path = readonly (string | number)[];

/** A site file as plain values, with the way back from a path to the place where it is written. */
export interface Source {
  readonly value: unknown;
  /** The key itself, or what it holds (for a mapping or list in block style: its key). Falls back to the nearest parent. */
  locate(path: Path, part: "key" | "value"): Span;
}

export interface SourceOutcome {
  /** Absent where the text cannot be read as YAML at all. */
  readonly source?: Source;
  readonly diagnostics: readonly Diagnostic[];
}

/** A mapping or a list: something with entries. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** What stands at a path; undefined where nothing does. */
export const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((at, step) => (isRecord(at) && Object.hasOwn(at, step) ? at[step] : undefined), value);
