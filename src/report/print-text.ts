import { printable, printableLines } from "../diagnostics/printable.ts";
import { sparkLine } from "../diagnostics/spark-line.ts";
import { table } from "../diagnostics/text-table.ts";
import {
  type Block,
  type Cell,
  cellText,
  type Diff,
  type LeafBlock,
  type Report,
  type Table,
} from "./document.ts";

/** A report for a terminal of `width` columns: what the page says, in the same order and words. */
export function printText(report: Report, width: number): string {
  const lines = [
    ...wrapped(`${report.subject}: ${report.title}`, width, ""),
    ...wrapped(`[${report.status.text}]`, width, ""),
    "",
    ...wrapped(report.summary, width, ""),
    ...report.sections.flatMap(({ title, clauses, blocks }) => [
      "",
      "",
      printable(title).toUpperCase(),
      ...blocks.flatMap((block) => ["", ...blockLines(block, width)]),
      ...(clauses.length > 0 ? ["", ...wrapped(`Serves ${clauses.join(", ")}`, width, "  ")] : []),
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

const blockLines = (block: Block, width: number): readonly string[] =>
  block.kind === "fold"
    ? [`  ${printable(block.title)}`, ...block.blocks.flatMap((leaf) => leafLines(leaf, width))]
    : leafLines(block, width);

function leafLines(block: LeafBlock, width: number): readonly string[] {
  switch (block.kind) {
    case "paragraph":
      return wrapped(block.text, width, "  ");
    case "figures":
      return indented(
        table(
          [
            { heading: "", align: "right" },
            { heading: "", align: "left" },
          ],
          block.items.map(({ value, label }) => [value, label]),
        )
          .split("\n")
          .slice(1),
      );
    case "facts":
      return block.items.flatMap(({ term, value }) => hanging(`${term}: `, cellText(value), width));
    case "table":
      return [
        ...wrapped(block.caption, width, "  "),
        ...indented(tableLines(block.columns, block.rows, width)),
      ];
    case "list":
      return block.items.flatMap((item) => hanging("- ", cellText(item), width));
    case "code":
      return [...wrapped(block.caption, width, "  "), ...textLines(block.text).map((line) => `    ${line}`)];
    case "diff":
      return [...wrapped(block.caption, width, "  "), ...block.rows.flatMap(diffLines)];
    case "curve": {
      const { caption, unit, step, points } = block;
      const curve = sparkLine(points, width - 40);
      return [
        ...wrapped(caption, width, "  "),
        `  ${curve}  ${points.at(-1) ?? 0} ${printable(unit)} after ${points.length} × ${printable(step)}`,
      ];
    }
    case "diagram":
      return [
        ...wrapped(block.caption, width, "  "),
        ...indented(
          tableLines(
            [
              { heading: "Conduit", kind: "text" },
              { heading: "Zones", kind: "text" },
              { heading: "Stage", kind: "text" },
              { heading: "", kind: "text" },
            ],
            block.conduits.map(({ id, zones, stage, lit }) => [
              id,
              zones.join(" - "),
              stage,
              lit ? "changed here" : "",
            ]),
            width,
          ),
        ),
      ];
  }
}

/** A table whose cells are broken into lines, widest columns first, until it fits; words are never broken. */
function tableLines(
  columns: Table["columns"],
  rows: readonly (readonly Cell[])[],
  width: number,
): readonly string[] {
  const headings = columns.map(({ heading }) => heading.toUpperCase());
  const texts = rows.map((row) => row.map(cellText));
  const widths = fittingWidths([headings, ...texts], width - 2 * columns.length);
  const broken = (cells: readonly string[]): readonly (readonly string[])[] => {
    const lines = cells.map((text, index) => wrapped(text, widths[index]!, ""));
    const height = Math.max(...lines.map(({ length }) => length));
    return Array.from({ length: height }, (_, line) => lines.map((cell) => cell[line] ?? ""));
  };
  const [first = [], ...others] = broken(headings);
  return table(
    columns.map(({ kind }, index) => ({
      heading: first[index] ?? "",
      align: kind === "number" ? "right" : "left",
    })),
    [...others, ...texts.flatMap(broken)],
  ).split("\n");
}

/** The widths of the widest cells, with the widest columns cut down, no further than to their longest word. */
function fittingWidths(rows: readonly (readonly string[])[], room: number): readonly number[] {
  const widest = (measure: (text: string) => number): number[] =>
    (rows[0] ?? []).map((_, column) =>
      rows.reduce((most, row) => Math.max(most, measure(row[column] ?? "")), 0),
    );
  const widths = widest((text) => text.length);
  const words = widest((text) => Math.max(...text.split(" ").map(({ length }) => length)));
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  while (excess > 0) {
    const breakable = widths.map((width, column) => (width > words[column]! ? width : 0));
    const most = Math.max(...breakable);
    if (most === 0) break;
    widths[breakable.indexOf(most)]! -= 1;
    excess -= 1;
  }
  return widths;
}

function diffLines(row: Diff["rows"][number]): readonly string[] {
  switch (row.kind) {
    case "gap":
      return [`    … ${row.lines} equal lines …`];
    case "same":
      return [`      ${printable(row.after.text)}`];
    case "change":
      return [
        ...(row.before ? [`    - ${printable(row.before.text)}`] : []),
        ...(row.after ? [`    + ${printable(row.after.text)}`] : []),
      ];
  }
}

const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

const textLines = (text: string): readonly string[] => printableLines(text).split("\n");

/** A first word at the margin, and the rest of the text beside and below it. */
function hanging(first: string, text: string, width: number): readonly string[] {
  const head = printable(first);
  const [line = "", ...others] = wrapped(text, width - head.length, "  ");
  return [`  ${head}${line.trimStart()}`, ...others.map((other) => `    ${other.trimStart()}`)];
}

/** Breaks a text at its spaces; a word that is longer than a line stays whole, so that it can be copied. */
function wrapped(text: string, width: number, indent: string): readonly string[] {
  return textLines(text).flatMap((paragraph) => {
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(" ")) {
      if (line !== "" && indent.length + line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else line = line === "" ? word : `${line} ${word}`;
    }
    return [...lines, line].map((one) => `${indent}${one}`.trimEnd());
  });
}
