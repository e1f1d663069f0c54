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

/** One word of a line; quotes are taken off. */
export interface Word {
  readonly text: string;
  readonly column: number;
  readonly length: number;
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

export function createLine(text: string, file: string, number: number): Line {
  const words = split(text);
  let position = 0;
  const span = (index: number): Span => {
    const word = words[index] ?? { column: text.length + 1, length: 1 };
    return { file, line: number, column: word.column, length: word.length };
  };
  const refuse: Line["refuse"] = (message, which) =>
    new Refusal(message, span(which === "next" ? position : Math.max(0, position - 1)));
  const take: Line["take"] = (expected) => {
    const word = words[position];
    if (word === undefined) throw refuse(`the line ends where ${expected} was expected`, "next");
    position += 1;
    return word.text;
  };
  return {
    get next() {
      return words[position]?.text;
    },
    take,
    takeIf(expected) {
      if (words[position]?.text !== expected) return false;
      position += 1;
      return true;
    },
    expect(...expected) {
      for (const word of expected) {
        if (words[position]?.text !== word) throw refuse(`expected "${word}" here`, "next");
        position += 1;
      }
    },
    refuse,
    span: { file, line: number, column: 1, length: Math.max(1, text.length) },
  };
}

const lexeme = /"([^"\\]*)"|[^\s"\\]+/g;

function split(text: string): readonly Word[] {
  const words: Word[] = [];
  for (const match of text.matchAll(lexeme)) {
    words.push({ text: match[1] ?? match[0], column: match.index + 1, length: match[0].length });
  }
  return words;
}

/** Whether a line holds a quotation mark or backslash that is not part of a plain quoted word. */
export const isQuotedOddly = (text: string): boolean =>
  /["\\]/.test(text) && /["\\]/.test(text.replaceAll(/(^|\s)"[^"\\]*"(?=\s|$)/g, ""));
