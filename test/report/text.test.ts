import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { printable } from "../../src/diagnostics/printable.ts";
import { reportSchema, type Table } from "../../src/report/document.ts";
import { html } from "../../src/report/html.ts";
import { printCsv } from "../../src/report/print-csv.ts";
import { printHtml } from "../../src/report/print-html.ts";
import { printText } from "../../src/report/print-text.ts";
import { review } from "../../src/report/review.ts";
import { sideBySide } from "../../src/report/text-diff.ts";
import { duration } from "../../src/report/words.ts";
import { journal, noApproval, plan } from "./support/fixture.ts";
import { hostile, hostileReport } from "./support/hostile.ts";
import { changeEntries } from "./support/site-folder.ts";

const needed = plan({ from: { stage: "monitor", permits: ["poll"] } });
const reviewed = review({ plan: needed, approvals: noApproval, journal: journal(changeEntries(needed)) });

describe("hostile text", () => {
  test("reaches no terminal as more than text", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(printText(hostileReport(text), 80)).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
  });

  test("adds no line to the terminal that could be taken for one of ours", () => {
    const lines = (text: string): number => printText(hostileReport(text), 80).split("\n").length;
    expect(lines("a\rb\u2028c\u0085d")).toBe(lines("a b c d"));
  });

  test("is one quoted cell of a CSV, and no formula of a spreadsheet", () => {
    fc.assert(
      fc.property(hostile, hostile, (one, other) => {
        const table: Pick<Table, "columns" | "rows"> = {
          columns: [
            { heading: "one", kind: "text" },
            { heading: "other", kind: "text" },
          ],
          rows: [[one, other]],
        };
        const [heading, row, ...rest] = printCsv(table).split("\r\n");
        expect([heading, rest]).toEqual(["one,other", [""]]);
        const cell = /(?:"((?:[^"]|"")*)"|([^",]*))(?:,|$)/y;
        const cells: string[] = [];
        while (cells.length < 2) {
          const match = cell.exec(row!);
          expect(match).not.toBeNull();
          cells.push((match![1] ?? match![2]!).replaceAll('""', '"'));
        }
        expect(cell.lastIndex).toBe(row!.length);
        for (const [index, text] of [one, other].entries()) {
          expect(cells[index]!.replace(/^'/, "")).toBe(printable(text).replace(/^'/, ""));
          expect(cells[index]).not.toMatch(/^\s*[=+\-@]/);
        }
      }),
    );
  });

  test("is neither markup nor the end of an attribute", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const { markup } = html`<p title="${text}">${text}</p>`;
        expect(markup).toMatch(/^<p title="[^"<>]*">[^<>"]*<\/p>$/);
      }),
    );
  });
});

describe("the review in a terminal", () => {
  test("says every figure, every section and every row of the page", () => {
    const text = printText(reviewed, 100);
    const page = printHtml(reviewed);
    for (const { title, blocks } of reviewed.sections) {
      expect(text).toContain(title.toUpperCase());
      expect(page).toContain(title);
      for (const block of blocks) {
        if (block.kind !== "figures") continue;
        for (const { label, value } of block.items) expect(text).toMatch(new RegExp(`${value}\\s+${label}`));
      }
    }
    expect(text).toContain("decided against");
    expect(text).toContain("tcp 10.20.0.6:40000 -> 10.10.1.10:80 (scada2 to plc1)");
  });

  test("fits into the lines, but for words that are longer than one", () => {
    for (const width of [100, 120, 140]) {
      const long = printText(reviewed, width)
        .split("\n")
        .filter((line) => line.length > width);
      const rules = /^ {4}[ +-] |sluice |SHA-256|[0-9a-f]{16}|→/;
      expect(long.filter((line) => !rules.test(line))).toEqual([]);
    }
  });

  test("is, as JSON, a document of the published schema", () => {
    expect(reportSchema.parse(JSON.parse(JSON.stringify(reviewed)))).toEqual(reviewed);
  });
});

describe("a difference of two texts", () => {
  test("gives back both of them, whatever they are", () => {
    const line = fc.constantFrom("a", "b", "c", "");
    const text = fc
      .array(line, { minLength: 1, maxLength: 40 })
      .map((lines) => lines.map((one) => `${one}\n`).join(""));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const rows = sideBySide(before, after);
        const numbers = (side: "before" | "after") =>
          rows.flatMap((row) => (row.kind === "gap" ? [] : (row[side] ?? [])));
        for (const [side, text] of [
          ["before", before],
          ["after", after],
        ] as const) {
          const lines = text.split("\n").slice(0, -1);
          const shown = numbers(side);
          const hidden = rows.reduce((sum, row) => sum + (row.kind === "gap" ? row.lines : 0), 0);
          expect(shown.length + hidden).toBe(lines.length);
          for (const { number, text } of shown) expect(text).toBe(lines[number - 1]);
        }
      }),
    );
  });

  test("leaves out what is equal and far from a change", () => {
    const lines = Array.from({ length: 40 }, (_, index) => `${index}\n`);
    const rows = sideBySide(lines.join(""), lines.with(20, "new\n").join(""));
    expect(rows.map((row) => (row.kind === "gap" ? row.lines : row.kind))).toEqual([
      ...[17, "same", "same", "same", "change", "same", "same", "same", 16],
    ]);
  });
});

test("durations are said in the two largest units", () => {
  expect([0.25, 4.5, 60, 90, 3600, 5400, 90_061].map(duration)).toEqual([
    ...["0.25 s", "4.5 s", "1 min", "1 min 30 s", "1 h", "1 h 30 min", "1 d 1 h"],
  ]);
});
