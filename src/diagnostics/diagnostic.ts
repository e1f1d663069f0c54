/** A stretch of a file. Line and column count from 1; `length` is in characters and stays on one line. */
export interface Span {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

export type Severity = "error" | "warning" | "note";

/**
 * A finding as a value: collected and returned, never thrown. Exceptions are for broken wires and invariants.
 * `code` is stable (`site/unknown-key`), `fix` says how to mend it in one sentence, `clause` cites IEC 62443.
 */
export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly span?: Span;
  readonly related?: readonly { readonly span: Span; readonly message: string }[];
  readonly fix?: string;
  readonly clause?: string;
  /** What it is about, as one name: a finding is silenced by its check and its subject. */
  readonly subject?: string;
}

/** What a reader returns: what it could read, and all that it found. `value` is absent after an error. */
export interface Outcome<T> {
  readonly value?: T;
  readonly diagnostics: readonly Diagnostic[];
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some((diagnostic) => diagnostic.severity === "error");
