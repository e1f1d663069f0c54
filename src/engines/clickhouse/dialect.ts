import type { Dialect } from "../sql/dialect.ts";

const escaped = (text: string, quote: string): string =>
  `${quote}${text.replaceAll("\\", "\\\\").replaceAll(quote, `\\${quote}`)}${quote}`;

/** A text literal of ClickHouse. */
export const literal = (text: string): string => escaped(text, "'");
/** A name of a database, a table or a column. */
export const identifier = (name: string): string => escaped(name, '"');

export const clickhouse: Dialect = {
  text: literal,
  name: identifier,
  startsWith: (text, prefix) => `startsWith(${text}, ${literal(prefix)})`,
  contains: (text, part) => `(position(${text}, ${literal(part)}) > 0)`,
  matches: (text, pattern) => `match(${text}, ${literal(pattern)})`,
  integer: (number) => `toInt64(floor(${number} + 0.5))`,
  floor: (number) => `toInt32(floor(${number}))`,
  count: "count()",
  listOf: (value) => `groupArray(${value})`,
  sorted: (list) => `arraySort(${list})`,
  // In order: a list that was grouped has the order of the threads that read it.
  twice: (list) => `arraySort(arrayConcat(${list}, ${list}))`,
};
