import type { Diagnostic, Span } from "../../../src/diagnostics/diagnostic.ts";

/** One word, quoted string or sign of a pf.conf; `end` closes a line. */
export interface Token {
  readonly kind: "word" | "string" | "sign" | "end";
  readonly text: string;
  readonly span: Span;
}

/** What makes a ruleset unreadable: text that is not pf's, or a construct that the model has no room for. */
export class Unreadable extends Error {
  readonly diagnostic: Diagnostic;
  constructor(code: "pf/syntax" | "pf/not-modelled", message: string, span: Span, fix?: string) {
    super(message);
    this.diagnostic = { code, severity: "error", message, span, ...(fix ? { fix } : {}) };
  }
}

/**
 * What becomes of a construct that the model has no room for: the text is refused, or the construct is noted and its
 * rule may match or not.
 */
export type Doubt = (message: string, span: Span, fix?: string) => void;

export const refuse: Doubt = (message, span, fix) => {
  throw new Unreadable("pf/not-modelled", message, span, fix);
};

/** Blanks, a comment, a continued line, a sign, the end of a line, a word or a quoted string: told apart by how it begins. */
const lexeme =
  /[ \t\r]+|#[^\n]*|\\\r?\n|!=|<=|>=|><|<>|->|[{}()<>,=!;\n]|[^\s{}()<>,=!;"'#\\]+|"[^"\n]*"|'[^'\n]*'/y;

const signs: ReadonlySet<string> = new Set("!= <= >= >< <> -> { } ( ) < > , = ! ;".split(" "));

/** Splits a pf.conf (pf.conf(5), GRAMMAR) into tokens: comments and continued lines are gone. @throws {Unreadable} */
export function tokenize(text: string, file: string): readonly Token[] {
  const tokens: Token[] = [];
  let [line, lineStart, at] = [1, 0, 0];
  const push = (kind: Token["kind"], value: string, length: number): void => {
    tokens.push({ kind, text: value, span: { file, line, column: at - lineStart + 1, length } });
  };
  while (at < text.length) {
    lexeme.lastIndex = at;
    const found = lexeme.exec(text)?.[0];
    if (found === undefined) {
      const span = { file, line, column: at - lineStart + 1, length: 1 };
      throw new Unreadable("pf/syntax", "this is not pf's syntax", span);
    }
    switch (found[0]) {
      case " ":
      case "\t":
      case "\r":
      case "#":
      case "\\":
        break;
      case "\n":
        push("end", "", 1);
        break;
      case '"':
      case "'":
        push("string", found.slice(1, -1), found.length);
        break;
      default:
        push(signs.has(found) ? "sign" : "word", found, found.length);
    }
    at += found.length;
    if (found.endsWith("\n")) [line, lineStart] = [line + 1, at];
  }
  push("end", "", 0);
  return tokens;
}

/**
 * Replaces `$name` by what `name = …` says, and takes the definitions out. A value may be used inside a list, so it
 * is cut into tokens where it stands.
 */
export function expandMacros(tokens: readonly Token[]): readonly Token[] {
  const macros = new Map<string, readonly Token[]>();
  const expanded: Token[] = [];
  const isMacro = ({ kind, text }: Token): boolean => kind === "word" && text.startsWith("$");
  const resolve = (token: Token): readonly Token[] => {
    if (!isMacro(token)) return [token];
    const value = macros.get(token.text.slice(1));
    if (!value) throw new Unreadable("pf/syntax", `macro "${token.text}" is not defined`, token.span);
    return value.map((part) => ({ ...part, span: token.span }));
  };
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]!;
    const startsLine = index === 0 || tokens[index - 1]!.kind === "end";
    if (!startsLine || token.kind !== "word" || tokens[index + 1]?.text !== "=") {
      if (isMacro(token)) expanded.push(...resolve(token));
      else expanded.push(token);
      continue;
    }
    const end = tokens.findIndex((other, position) => position > index && other.kind === "end");
    const value = tokens
      .slice(index + 2, end)
      .flatMap((part) =>
        part.kind === "string"
          ? tokenize(part.text, part.span.file).slice(0, -1).flatMap(resolve)
          : resolve(part),
      );
    macros.set(token.text, value);
    index = end;
  }
  return expanded;
}
