import type { AddressRange } from "../../../src/net/address.ts";
import { type Cursor, createCursor, listOf, takeText } from "./cursor.ts";
import { readPrefix } from "./hosts.ts";
import { readRule } from "./rule.ts";
import type { PfStatement } from "./syntax.ts";
import { expandMacros, tokenize, Unreadable } from "./tokens.ts";

/** A ruleset as far as the model goes: literal tables and filter rules, in the order of the text. */
export interface Ruleset {
  readonly tables: ReadonlyMap<string, readonly AddressRange[]>;
  readonly statements: readonly PfStatement[];
}

/**
 * Reads a pf.conf or the output of `pfctl -sr`. Whatever it does not know, it names and refuses: a rule that is left
 * out silently is a hole.
 * @throws {Unreadable}
 */
export function readRuleset(text: string, file: string): Ruleset {
  const cursor = createCursor(expandMacros(tokenize(text, file)));
  const tables = new Map<string, readonly AddressRange[]>();
  const statements = readStatements(cursor, tables, "file");
  return { tables, statements };
}

function readStatements(
  cursor: Cursor,
  tables: Map<string, readonly AddressRange[]>,
  within: "file" | "anchor",
): readonly PfStatement[] {
  const statements: PfStatement[] = [];
  while (!cursor.atEnd()) {
    if (within === "anchor" && cursor.takeIf("}")) return statements;
    const token = cursor.take();
    if (token.kind === "end") continue;
    switch (token.text) {
      case "pass":
        statements.push(readRule(cursor, "pass", token, tables));
        break;
      case "match":
        statements.push(readRule(cursor, "match", token, tables));
        break;
      case "block":
        readBlockAnswer(cursor);
        statements.push(readRule(cursor, "block", token, tables));
        break;
      case "table":
        readTable(cursor, tables);
        break;
      case "anchor":
        statements.push(readAnchor(cursor, tables));
        continue;
      case "set":
        readSetting(cursor);
        break;
      default:
        throw new Unreadable("pf/not-modelled", `"${token.text}" is not modelled`, token.span);
    }
    const end = cursor.peek();
    if (end.kind !== "end" && !(within === "anchor" && end.text === "}")) {
      throw new Unreadable("pf/syntax", `"${end.text}" is not expected here`, end.span);
    }
  }
  if (within === "anchor") throw new Unreadable("pf/syntax", "this anchor is not closed", cursor.peek().span);
  return statements;
}

/** How the sender is told that a packet was blocked: the packet is dropped all the same. */
function readBlockAnswer(cursor: Cursor): void {
  const token = cursor.peek();
  if (!/^(?:drop|return|return-rst|return-icmp6?)$/.test(token.text)) return;
  cursor.take();
  if (!cursor.takeIf("(")) return;
  while (!cursor.takeIf(")")) {
    if (cursor.take().kind === "end") throw new Unreadable("pf/syntax", `")" was expected`, token.span);
  }
}

function readTable(cursor: Cursor, tables: Map<string, readonly AddressRange[]>): void {
  cursor.expect("<");
  const name = takeText(cursor, "the name of a table");
  cursor.expect(">");
  while (["persist", "const", "counters"].some((word) => cursor.takeIf(word)));
  if (cursor.peek().text === "file") {
    throw new Unreadable("pf/not-modelled", "a table that is filled from a file", cursor.peek().span);
  }
  if (cursor.peek().text !== "{") return;
  const addresses = listOf(cursor, () => {
    if (cursor.peek().text === "!") {
      throw new Unreadable("pf/not-modelled", "an exception inside a table", cursor.peek().span);
    }
    return readPrefix(takeText(cursor, "an address"));
  });
  tables.set(name.text, addresses);
}

/** Only an anchor that holds its rules in braces can be read: what a named one holds is not in the text. */
function readAnchor(cursor: Cursor, tables: Map<string, readonly AddressRange[]>): PfStatement {
  const start = cursor.peek();
  const named = start.kind === "string" || (start.kind === "word" && !anchorWords.has(start.text));
  if (named) cursor.take();
  const condition = readRule(cursor, "match", start, tables);
  if (condition.order === "quick" || condition.tag !== undefined || condition.log === "log") {
    throw new Unreadable("pf/not-modelled", "an anchor with quick, log or tag", start.span);
  }
  if (!cursor.takeIf("{")) {
    throw new Unreadable(
      "pf/not-modelled",
      `what anchor "${start.text}" holds is not in this text`,
      start.span,
    );
  }
  return { condition, rules: readStatements(cursor, tables, "anchor") };
}

const anchorWords: ReadonlySet<string> = new Set([
  "in",
  "out",
  "on",
  "inet",
  "inet6",
  "proto",
  "from",
  "to",
  "all",
  "quick",
]);

/** Settings that change no verdict. `skip` and the like do. */
function readSetting(cursor: Cursor): void {
  const token = takeText(cursor, "a setting");
  if (!harmlessSettings.has(token.text)) {
    throw new Unreadable("pf/not-modelled", `"set ${token.text}" is not modelled`, token.span);
  }
  while (cursor.peek().kind !== "end") cursor.take();
}

const harmlessSettings: ReadonlySet<string> = new Set([
  "timeout",
  "limit",
  "optimization",
  "ruleset-optimization",
  "loginterface",
  "debug",
  "hostid",
  "block-policy",
  "state-policy",
  "fingerprints",
]);
