import type { Dialect } from "../sql/dialect.ts";

/** A text literal of DuckDB. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export const duckdb: Dialect = {
  text: literal,
  name: (identifier) => `"${identifier.replaceAll('"', '""')}"`,
  startsWith: (text, prefix) => `starts_with(${text}, ${literal(prefix)})`,
  contains: (text, part) => `contains(${text}, ${literal(part)})`,
  matches: (text, pattern) => `regexp_matches(${text}, ${literal(pattern)})`,
  integer: (number) => `CAST(round(${number}) AS BIGINT)`,
  floor: (number) => `CAST(floor(${number}) AS INTEGER)`,
  anyBits: (bits) => `bit_or(CAST(${bits} AS UTINYINT))`,
  count: "count(*)",
  sorted: (value) => `list_sort(list(${value}) FILTER (${value} IS NOT NULL))`,
  pairs: (value, condition) => `flatten(list([${value}, ${value}]) FILTER (${condition}))`,
};
