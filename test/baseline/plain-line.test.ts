import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plainLines } from "../../src/baseline/sources/plain-line.ts";
import { oddities } from "../engines/support/zeek.ts";

const digits = (most: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${most}}$`));
const texts = fc.oneof(
  fc.constantFrom(...oddities.filter((text) => !/[\t\n]/.test(text))),
  digits(18),
  fc.tuple(digits(17), digits(7)).map((parts) => parts.join(".")),
);

describe("a line that is read from its bytes", () => {
  test("has the numbers that its texts are, to the last digit, or is not read", () => {
    const lines = plainLines(
      [
        { kind: "whole", value: 0 },
        { kind: "seconds", value: 1 },
      ],
      9,
      [Buffer.from("-")],
    );
    let numbers = 0;
    fc.assert(
      fc.property(texts, texts, (count, time) => {
        const line = Buffer.from(`${count}\t${time}\n`);
        if (!lines.read(line, 0, line.length - 1)) return;
        const [whole, micros] = lines.values as unknown as [number, number];
        expect(whole).toBe(count === "-" ? -1 : Number(count));
        expect(Number.isSafeInteger(whole)).toBe(true);
        expect(micros === -1 ? "-" : micros / 1e6).toBe(time === "-" ? "-" : Number(time));
        numbers += 1;
      }),
      { numRuns: 3000, seed: 23 },
    );
    expect(numbers).toBeGreaterThan(500);
  });

  test("has as many columns as there are, or is not read", () => {
    const lines = plainLines([{ kind: "text" }, { kind: "skip" }, { kind: "text" }], 9, []);
    const isRead = (text: string): boolean => {
      const line = Buffer.from(`${text}\nnext\tline\there\n`);
      return lines.read(line, 0, text.length);
    };
    expect(["a\tb\tc", "\t\t", "a\tb", "a", "", "a\tb\tc\t", "a\tb\tc\td"].map(isRead)).toEqual([
      ...[true, true, false, false],
      ...[false, false, false],
    ]);
  });
});
