import type { Diagnostic, Span } from "../../../src/diagnostics/diagnostic.ts";

export interface Token {
  readonly kind: "word" | "string" | "mark" | "newline" | "end";
  readonly text: string;
  /** Offset in the text. */
  readonly at: number;
}

/** The text is not of our form. Caught by `parse`, where it becomes its one diagnostic. */
export class Refusal extends Error {
  readonly diagnostic: Diagnostic;
  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message);
    this.diagnostic = diagnostic;
  }
}

/** A text being read, one token ahead. */
export interface Cursor {
  /** The token that comes next. */
  readonly next: Token;
  /** Takes the next token. */
  take(): Token;
  /** Takes the next token when it has this text and is not a quoted string. */
  takeIf(text: string): boolean;
  /** Takes the next token, which must have this text. @throws {Refusal} */
  expect(text: string): Token;
  /** Takes a word of any text. @throws {Refusal} naming what was expected. */
  word(expected: string): Token;
  skipNewlines(): void;
  refuse(token: Token, expected: string): Refusal;
  span(token: Token): Span;
}

/** A line that ends in a backslash goes on. */
const blank = /(?:[ \t\r]+|\\\r?\n|#[^\n]*)*/y;
const lexeme = /\n|[{};,]|"[^"\n]*"|[^\s{};,"#]+/y;

export function createCursor(text: string, file: string): Cursor {
  const lineStarts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lineStarts.push(at + 1);
  let position = 0;

  const read = (): Token => {
    let at = position;
    while (text[at] === " ") at += 1;
    if (text[at] === "#" || text[at] === "\t" || text[at] === "\r" || text[at] === "\\") {
      blank.lastIndex = at;
      blank.exec(text);
      at = blank.lastIndex;
    }
    lexeme.lastIndex = at;
    if (!lexeme.test(text)) {
      position = at;
      if (at === text.length) return { kind: "end", text: "", at };
      throw refuse({ kind: "mark", text: text[at]!, at }, "a closing quote on the same line");
    }
    position = lexeme.lastIndex;
    const found = text.slice(at, position);
    if (found === "\n") return { kind: "newline", text: found, at };
    if (found.startsWith('"')) return { kind: "string", text: found.slice(1, -1), at };
    return { kind: "{};,".includes(found) ? "mark" : "word", text: found, at };
  };

  const span = (token: Token): Span => {
    let [low, high] = [0, lineStarts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (lineStarts[middle]! <= token.at) low = middle;
      else high = middle - 1;
    }
    const column = token.at - lineStarts[low]! + 1;
    return { file, line: low + 1, column, length: Math.max(1, token.text.length) };
  };

  const refuse = (token: Token, expected: string): Refusal =>
    new Refusal({
      code: "ruleset/foreign",
      severity: "error",
      message: `${describe(token)} is not what Sluice writes here; expected ${expected}`,
      span: span(token),
      fix: 'write the ruleset anew with "sluice compile", and keep rules of your own in a table of their own',
    });

  let next = read();
  const take = (): Token => {
    const token = next;
    next = read();
    return token;
  };
  return {
    get next() {
      return next;
    },
    take,
    takeIf(expected) {
      if (next.text !== expected || next.kind === "string") return false;
      take();
      return true;
    },
    expect(expected) {
      if (next.text !== expected || next.kind === "string") throw refuse(next, `"${expected}"`);
      return take();
    },
    word(expected) {
      if (next.kind !== "word") throw refuse(next, expected);
      return take();
    },
    skipNewlines() {
      while (next.kind === "newline") take();
    },
    refuse,
    span,
  };
}

function describe(token: Token): string {
  if (token.kind === "end") return "the end of the text";
  return token.kind === "newline" ? "the end of the line" : `"${token.text}"`;
}
