import { printable } from "../diagnostics/printable.ts";
import { cellText, type Table } from "./document.ts";

/**
 * A table as CSV (RFC 4180). A spreadsheet takes a cell that begins like a formula for one: such a cell gets an
 * apostrophe, which spreadsheets do not show (OWASP, CSV injection).
 */
export const printCsv = ({ columns, rows }: Pick<Table, "columns" | "rows">): string =>
  [columns.map(({ heading }) => heading), ...rows.map((row) => row.map(cellText))]
    .map((cells) => `${cells.map(quoted).join(",")}\r\n`)
    .join("");

function quoted(text: string): string {
  const shown = printable(text);
  const inert = /^\s*[=+\-@]/.test(shown) ? `'${shown}` : shown;
  return /[",]/.test(inert) || inert !== inert.trim() ? `"${inert.replaceAll('"', '""')}"` : inert;
}
