import type { Cursor } from "../reader/lexer.ts";
import { type Element, type ElementDoubt, Unreadable, type Verdict } from "./syntax.ts";

/** Reads elements up to the closing brace; the opening one is taken. @throws {Unreadable} */
export function readElements(cursor: Cursor): readonly Element[] {
  const elements: Element[] = [];
  for (cursor.skipNewlines(); !cursor.takeIf("}"); cursor.skipNewlines()) {
    if (!cursor.takeIf(",")) elements.push(readElement(cursor));
  }
  return elements;
}

/** A key, what nft notes about it (a counter, a timeout, a comment), and in a map the verdict behind it. */
function readElement(cursor: Cursor): Element {
  const key = readKey(cursor);
  let doubt: Element["doubt"];
  let verdict: Verdict | undefined;
  while (![",", "}"].includes(cursor.next.text) || cursor.next.kind !== "mark") {
    if (cursor.next.kind === "end") {
      throw new Unreadable("the list of elements is not closed", cursor.span(cursor.next));
    }
    const token = cursor.take();
    if (token.kind !== "word") continue;
    doubt ??= doubts.get(token.text);
    if (token.text === ":") verdict = readVerdict(cursor);
  }
  return { key, ...(verdict && { verdict }), ...(doubt && { doubt }) };
}

/** What stands at an element, in the words of the text and of JSON. */
export const doubts: ReadonlyMap<string, ElementDoubt> = new Map([
  ["expires", "element that expires"],
  ...["limit", "quota", "ct", "ct count"].map((word) => [word, "element with a limit"] as const),
]);

/** Values joined by ` . `. */
export function readKey(cursor: Cursor): readonly string[] {
  const key = [readValue(cursor)];
  while (cursor.takeIf(".")) key.push(readValue(cursor));
  return key;
}

/** A value or a range, whose ends may be quoted; empty where it is computed. */
function readValue(cursor: Cursor): string {
  cursor.skipNewlines();
  const value = cursor.take().text;
  if (cursor.next.text === "|") return "";
  return cursor.takeIf("-")
    ? `${value}-${cursor.take().text}`
    : value.replaceAll(/\b0x[0-9a-f]{1,13}\b/g, decimal);
}

const decimal = (hex: string): string => String(Number(hex));

/** The verdict that comes next, if one does. */
export function readVerdict(cursor: Cursor): Verdict | undefined {
  for (const kind of ["accept", "drop", "return", "continue"] as const)
    if (cursor.takeIf(kind)) return { kind };
  for (const kind of ["jump", "goto"] as const) {
    if (!cursor.takeIf(kind)) continue;
    return cursor.next.text === "{" ? { kind: "unknown" } : { kind, chain: cursor.take().text };
  }
  return undefined;
}
