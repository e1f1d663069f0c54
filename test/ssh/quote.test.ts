import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { quoteWords } from "../../src/ssh/quote.ts";

const throughShell = (shell: string, words: readonly string[]): readonly string[] =>
  execFileSync(shell, ["-c", quoteWords(["printf", "%s\\0", ...words])], { encoding: "utf8" })
    .split("\0")
    .slice(0, -1);

const word = fc
  .oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({
      unit: fc.constantFrom("'", '"', "\\", "$", "`", "!", "\n", " ", ";", "&", "*", "~", "#", "a"),
    }),
  )
  .filter((text) => !text.includes("\0"));

test.each(["sh", "bash"])("every word arrives through %s as it was", (shell) => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 60, size: "max" }), (words) => {
      expect(throughShell(shell, words)).toEqual(words);
    }),
    // A process costs more than its words.
    { numRuns: 15 },
  );
});

test("an empty word stays a word, and a plain one stays readable", () => {
  expect(quoteWords(["nft", "-f", "-", ""])).toBe("nft -f - ''");
});

test("a word with a NUL is refused", () => {
  expect(() => quoteWords(["a\0b"])).toThrow("NUL");
});
