/** How far a column may be narrowed, in characters; absent for one that keeps its width. */
export type Least = readonly (number | undefined)[];

/**
 * Rows narrowed to a width, the widest column first, so far as their columns may be; what is cut off ends in `…`.
 * @param width of a whole row, two spaces between columns.
 */
export function fitted(
  rows: readonly (readonly string[])[],
  headings: readonly string[],
  least: Least,
  width: number,
): readonly (readonly string[])[] {
  const widths = headings.map((heading, index) =>
    rows.reduce((most, row) => Math.max(most, row[index]!.length), heading.length),
  );
  let over = widths.reduce((sum, one) => sum + one + 2, -2) - width;
  while (over > 0) {
    const spare = widths.map((one, index) => one - (least[index] ?? one));
    const room = spare.map((one, index) => (one > 0 ? widths[index]! : 0));
    const widest = room.indexOf(Math.max(...room));
    if (room[widest] === 0) break;
    widths[widest]! -= 1;
    over -= 1;
  }
  return rows.map((row) => row.map((cell, index) => clipped(cell, widths[index]!)));
}

const clipped = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, width - 1).replace(/[\ud800-\udbff]$/, "")}…`;
