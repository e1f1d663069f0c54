/** What differs between the engines that run the aggregation. Arguments and results are SQL expressions. */
export interface Dialect {
  readonly text: (value: string) => string;
  readonly name: (identifier: string) => string;
  readonly startsWith: (text: string, prefix: string) => string;
  readonly contains: (text: string, part: string) => string;
  /** RE2 syntax, found anywhere. */
  readonly matches: (text: string, pattern: string) => string;
  /** A 64-bit integer that is nearest to a number, of two the upper one, as `Math.round` gives it: engines take the even one. */
  readonly integer: (number: string) => string;
  /** A 32-bit integer that is at most a number. */
  readonly floor: (number: string) => string;
  readonly count: string;
  /** All values of a group that are not NULL. */
  readonly listOf: (value: string) => string;
  readonly sorted: (list: string) => string;
  /** Each element of a list two times. */
  readonly twice: (list: string) => string;
}
