/** What differs between the engines that run the aggregation. Arguments and results are SQL expressions. */
export interface Dialect {
  readonly text: (value: string) => string;
  readonly name: (identifier: string) => string;
  readonly startsWith: (text: string, prefix: string) => string;
  readonly contains: (text: string, part: string) => string;
  /** RE2 syntax, found anywhere. */
  readonly matches: (text: string, pattern: string) => string;
  /** A 64-bit integer that is nearest to a number. */
  readonly integer: (number: string) => string;
  /** A 32-bit integer that is at most a number. */
  readonly floor: (number: string) => string;
  /** Bits that are set in one of the rows. */
  readonly anyBits: (bits: string) => string;
  readonly count: string;
  /** All values of a group that are not NULL, smallest first. */
  readonly sorted: (value: string) => string;
  /** Pairs `[x, x]` of all values of a group that fulfil a condition, as one list. */
  readonly pairs: (value: string, condition: string) => string;
}
