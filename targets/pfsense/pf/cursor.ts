import type { AddressRange } from "../../../src/net/address.ts";
import { type Doubt, refuse, type Token, Unreadable } from "./tokens.ts";

/** A place in a list of tokens. Each method looks at the next token, and takes it where the name says so. */
export interface Cursor {
  peek(): Token;
  take(): Token;
  /** Takes the next token when it is this word or sign. */
  takeIf(text: string): Token | undefined;
  /** Takes the next token, which must be this word or sign. @throws {Unreadable} */
  expect(text: string): Token;
  atEnd(): boolean;
  /** Says that something is not modelled. */
  readonly doubt: Doubt;
  /** How often that was said. */
  readonly doubts: number;
  /** Addresses that were read before, by their text: in a large ruleset the same ones come again and again. */
  readonly prefixes: Map<string, AddressRange>;
}

export function createCursor(tokens: readonly Token[], doubt: Doubt = refuse): Cursor {
  let [at, doubts] = [0, 0];
  const peek = (): Token => tokens[at]!;
  const take = (): Token => tokens[at === tokens.length - 1 ? at : at++]!;
  const takeIf = (text: string): Token | undefined =>
    peek().kind !== "string" && peek().kind !== "end" && peek().text === text ? take() : undefined;
  return {
    peek,
    take,
    takeIf,
    expect(text) {
      const token = takeIf(text);
      if (!token) throw new Unreadable("pf/syntax", `"${text}" was expected here`, peek().span);
      return token;
    },
    atEnd: () => at === tokens.length - 1,
    doubt(...what) {
      doubts += 1;
      doubt(...what);
    },
    get doubts() {
      return doubts;
    },
    prefixes: new Map(),
  };
}

/** Reads one item, or a list of them in braces; commas between items are optional. */
export function listOf<T>(cursor: Cursor, item: () => T): readonly T[] {
  if (!cursor.takeIf("{")) return [item()];
  const items: T[] = [];
  while (!cursor.takeIf("}")) {
    if (cursor.atEnd()) throw new Unreadable("pf/syntax", "this list is not closed", cursor.peek().span);
    if (cursor.peek().kind === "end") cursor.take();
    else if (!cursor.takeIf(",")) items.push(item());
  }
  if (items.length === 0) throw new Unreadable("pf/syntax", "a list without items", cursor.peek().span);
  return items;
}

/** A word, or anything in parentheses or braces. */
export function skipGroup(cursor: Cursor): void {
  let depth = 0;
  do {
    const token = cursor.peek();
    if (token.kind === "end") throw new Unreadable("pf/syntax", "a value was expected", token.span);
    depth += ["(", "{"].includes(token.text) ? 1 : [")", "}"].includes(token.text) ? -1 : 0;
    cursor.take();
  } while (depth > 0);
}

/** The text of the next word or string. @throws {Unreadable} */
export function takeText(cursor: Cursor, expected: string): Token {
  const token = cursor.take();
  if (token.kind !== "word" && token.kind !== "string") {
    throw new Unreadable("pf/syntax", `${expected} was expected here`, token.span);
  }
  return token;
}
