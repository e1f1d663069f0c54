import type { Ask } from "./ask.ts";
import { literal } from "./dialect.ts";

/** How far a question has come, in records. */
export interface Reading {
  readonly read: number;
  /** As the server estimates it. */
  readonly total: number;
}

/**
 * How far the question of that id has come; undefined where the server that answers knows none, as it is behind a balancer, or
 * before it has begun. @throws {EngineError} also where the account may not know.
 */
export async function readingOf(ask: Ask, queryId: string): Promise<Reading | undefined> {
  let reading: Reading | undefined;
  await ask(
    `SELECT read_rows, total_rows_approx FROM system.processes WHERE query_id = ${literal(queryId)}`,
    (row) => {
      reading = { read: Number(row.read_rows), total: Number(row.total_rows_approx) };
    },
  );
  return reading;
}
