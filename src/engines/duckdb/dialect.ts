import type { Dialect } from "../sql/dialect.ts";

/** A text literal of DuckDB. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export const duckdb: Dialect = {
  text: literal,
  name: (identifier) => `"${identifier.replaceAll('"', '""')}"`,
  startsWith: (text, prefix) => `starts_with(${text}, ${literal(prefix)})`,
  contains: (text, part) => `contains(${text}, ${literal(part)})`,
  matches: (text, pattern) => `regexp_matches(${text}, ${literal(pattern)})`,
  integer: (number) => `CAST(floor(${number} + 0.5) AS BIGINT)`,
  floor: (number) => `CAST(floor(${number}) AS INTEGER)`,
  count: "count(*)",
  listOf: (value) => `list(${value}) FILTER (${value} IS NOT NULL)`,
  sorted: (list) => `list_sort(${list})`,
  twice: (list) => `flatten(list_transform(${list}, lambda one: [one, one]))`,
};
