import type { Diagnostic, Span } from "../../../src/diagnostics/diagnostic.ts";

/** The text is not of our form. Caught by `parse`, where it becomes its one diagnostic. */
export class Refusal extends Error {
  readonly diagnostic: Diagnostic;
  constructor(message: string, span: Span) {
    super(message);
    this.diagnostic = {
      code: "ruleset/foreign",
      severity: "error",
      message,
      span,
      fix: 'write the ruleset anew with "sluice compile", and keep rules of your own in chains of their own',
    };
  }
}

/** The words of one line, taken one after the other. */
export interface Line {
  /** The word that comes next, or undefined at the end. */
  readonly next: string | undefined;
  /** @throws {Refusal} at the end, naming what was expected. */
  take(expected: string): string;
  takeIf(text: string): boolean;
  /** @throws {Refusal} unless these words come next. */
  expect(...words: readonly string[]): void;
  /** About the word that was taken last, or with `next` about the one that comes. */
  refuse(message: string, which?: "next"): Refusal;
  /** Of the whole line. */
  readonly span: Span;
}

/** One line after the other of a file. */
export interface Lines {
  /** The line that is open. */
  readonly line: Line;
  open(text: string, number: number): void;
}

/** One object for all lines of a file, of which a large one has tens of thousands. */
export function createLines(file: string): Lines {
  let [text, number, position] = ["", 0, 0];
  let words: readonly string[] = [];
  const wordAt = (index: number): string | undefined => {
    const word = words[index];
    return word?.startsWith('"') ? word.slice(1, -1) : word;
  };
  /** Where a word stands is asked once at most: in a refusal. */
  const span = (index: number): Span => {
    const word = [...text.matchAll(lexeme)][index];
    const place = word
      ? { column: word.index + 1, length: word[0].length }
      : { column: text.length + 1, length: 1 };
    return { file, line: number, ...place };
  };
  const refuse: Line["refuse"] = (message, which) =>
    new Refusal(message, span(which === "next" ? position : Math.max(0, position - 1)));
  const take: Line["take"] = (expected) => {
    const word = wordAt(position);
    if (word === undefined) throw refuse(`the line ends where ${expected} was expected`, "next");
    position += 1;
    return word;
  };
  const line: Line = {
    get next() {
      return wordAt(position);
    },
    take,
    takeIf(expected) {
      if (wordAt(position) !== expected) return false;
      position += 1;
      return true;
    },
    expect(...expected) {
      for (const word of expected) {
        if (wordAt(position) !== word) throw refuse(`expected "${word}" here`, "next");
        position += 1;
      }
    },
    refuse,
    get span() {
      return { file, line: number, column: 1, length: Math.max(1, text.length) };
    },
  };
  return {
    line,
    open(next, at) {
      [text, number, position] = [next, at, 0];
      words = next.match(lexeme) ?? [];
    },
  };
}

/** A word, or a quoted one. To iptables-restore nothing but blanks and tabs ends a word: another space is part of it. */
const lexeme = /"[^"\\]*"|[^ \t"\\]+/g;

/** Whether a line holds a quotation mark or backslash that is not part of a plain quoted word. */
export const isQuotedOddly = (text: string): boolean =>
  /["\\]/.test(text) && /["\\]/.test(text.replaceAll(/(^|[ \t])"[^"\\]*"(?=[ \t]|$)/g, ""));
