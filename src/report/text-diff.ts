import { diffLines } from "diff";
import type { Diff } from "./document.ts";

/** Equal lines that are kept around a change. */
const context = 3;

type Row = Diff["rows"][number];

/** Two texts beside each other: what was replaced stands beside what replaces it, long equal parts are left out. */
export function sideBySide(before: string, after: string): Diff["rows"] {
  const rows: Row[] = [];
  let [left, right] = [0, 0];
  let removed: readonly string[] = [];
  const flush = (added: readonly string[]): void => {
    for (let index = 0; index < Math.max(removed.length, added.length); index++) {
      const [old, now] = [removed[index], added[index]];
      rows.push({
        kind: "change",
        ...(old !== undefined && { before: { number: ++left, text: old } }),
        ...(now !== undefined && { after: { number: ++right, text: now } }),
      });
    }
    removed = [];
  };
  const parts = diffLines(before, after);
  for (const [index, part] of parts.entries()) {
    const lines = part.value.replace(/\n$/, "").split("\n");
    if (part.added) flush(lines);
    else {
      flush([]);
      if (part.removed) removed = lines;
      else {
        const edges = { first: index === 0, last: index === parts.length - 1 };
        for (const row of shortened(lines, edges)) {
          if (typeof row === "string") {
            rows.push({
              kind: "same",
              before: { number: ++left, text: row },
              after: { number: ++right, text: row },
            });
          } else {
            left += row.lines;
            right += row.lines;
            rows.push(row);
          }
        }
      }
    }
  }
  flush([]);
  return rows;
}

/** Equal lines without those that are far from any change. */
function shortened(
  lines: readonly string[],
  edges: { readonly first: boolean; readonly last: boolean },
): readonly (string | Extract<Row, { kind: "gap" }>)[] {
  const [head, tail] = [edges.first ? 0 : context, edges.last ? 0 : context];
  const hidden = lines.length - head - tail;
  if (hidden < 2) return lines;
  return [...lines.slice(0, head), { kind: "gap", lines: hidden }, ...lines.slice(lines.length - tail)];
}
