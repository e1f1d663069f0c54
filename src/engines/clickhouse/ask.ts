import type { AnswerRow } from "./answer.ts";

/** How something is asked. */
export interface Manner {
  /** What goes with the statement: settings, and its `query_id`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Milliseconds until the answer has to begin; a minute when nothing is said. */
  readonly within?: number;
}

/** Runs a SELECT (without a FORMAT) and hands on its answer row by row. @throws {EngineError} */
export type Ask = (sql: string, row: (values: AnswerRow) => void, manner?: Manner) => Promise<void>;
