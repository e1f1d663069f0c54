import { printable } from "./printable.ts";

/** One column: its heading, and how its cells stand. */
export interface Column {
  readonly heading: string;
  readonly align: "left" | "right";
}

/** Columns of text, two spaces apart, as wide as their widest cell. Cells may come from a file: they are made safe. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map(({ heading }) => heading), ...rows.map((row) => row.map(printable))];
  const widths = columns.map((_, index) =>
    cells.reduce((width, row) => Math.max(width, row[index]!.length), 0),
  );
  return cells
    .map((row) =>
      row
        .map((cell, index) =>
          columns[index]!.align === "right" ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
