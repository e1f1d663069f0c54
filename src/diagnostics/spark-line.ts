/** Heights of a column, from nothing to full. */
const blocks = "▁▂▃▄▅▆▇█";

/** Values that only grow as one line of text, at most so many columns wide. */
export function sparkLine(values: readonly number[], most: number): string {
  const highest = Math.max(1, values.at(-1) ?? 0);
  const columns = Math.min(most, values.length);
  return Array.from({ length: columns }, (_, column) => {
    const value = values[Math.floor(((column + 1) * values.length) / columns) - 1]!;
    return blocks[Math.ceil((value / highest) * (blocks.length - 1))];
  }).join("");
}
