/** One measured figure. Compare figures of one run with each other, not with another machine's. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}
