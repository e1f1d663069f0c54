const escaped = (text: string, quote: string): string =>
  `${quote}${text.replaceAll("\\", "\\\\").replaceAll(quote, `\\${quote}`)}${quote}`;

/** A text literal of ClickHouse. */
export const literal = (text: string): string => escaped(text, "'");
/** A name of a database, a table or a column. */
export const identifier = (name: string): string => escaped(name, '"');

/** Words of ClickHouse. Arguments and results are SQL expressions. */
export const sql = {
  startsWith: (text: string, prefix: string) => `startsWith(${text}, ${literal(prefix)})`,
  contains: (text: string, part: string) => `(position(${text}, ${literal(part)}) > 0)`,
  /** RE2 syntax, found anywhere. */
  matches: (text: string, pattern: string) => `match(${text}, ${literal(pattern)})`,
  /** A 64-bit integer that is nearest to a number, of two the upper one, as `Math.round` gives it: the engine takes the even one. */
  integer: (number: string) => `toInt64(floor(${number} + 0.5))`,
  /** A 32-bit integer that is at most a number. */
  floor: (number: string) => `toInt32(floor(${number}))`,
  /** All values of a group that are not NULL. */
  listOf: (value: string) => `groupArray(${value})`,
  sorted: (list: string) => `arraySort(${list})`,
  /** Each element of a list two times, in order: a list that was grouped has the order of the threads that read it. */
  twice: (list: string) => `arraySort(arrayConcat(${list}, ${list}))`,
};
