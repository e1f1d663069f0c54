import type { Cursor, Token } from "./lexer.ts";
import { type RuleSyntax, readRule } from "./rules.ts";
import { endStatement, readSet, type SetSyntax } from "./sets.ts";

export interface ChainSyntax {
  readonly name: Token;
  readonly rules: readonly RuleSyntax[];
}

export interface TableSyntax {
  readonly sets: ReadonlyMap<string, SetSyntax>;
  readonly chains: ReadonlyMap<string, ChainSyntax>;
}

/** The one base chain, and the only words with which it may hook into the packet path. */
export const baseChain = "forward";
const hook = "type filter hook forward priority filter + 10 ; policy accept".split(" ");

/**
 * Reads the whole text: a file of ours, which replaces the table, or a listing, which holds the table alone.
 * @throws {Refusal} at the first thing that is not of our form.
 */
export function readTable(cursor: Cursor): TableSyntax {
  cursor.skipNewlines();
  if (cursor.next.text === "add") {
    for (const word of ["add", "delete"]) {
      for (const expected of [word, "table", "inet", "sluice"]) cursor.expect(expected);
      endStatement(cursor);
    }
  }
  for (const expected of ["table", "inet", "sluice", "{"]) cursor.expect(expected);
  const sets = new Map<string, SetSyntax>();
  const chains = new Map<string, ChainSyntax>();
  const names = new Set<string>();
  for (cursor.skipNewlines(); !cursor.takeIf("}"); cursor.skipNewlines()) {
    const kind = cursor.word('"set", "map" or "chain"');
    const name = cursor.next;
    if (names.has(name.text)) throw cursor.refuse(name, "a name that is not in use yet");
    names.add(name.text);
    switch (kind.text) {
      case "set":
      case "map": {
        const set = readSet(cursor, kind.text);
        if (set) sets.set(set.name, set);
        break;
      }
      case "chain":
        chains.set(name.text, readChain(cursor));
        break;
      default:
        throw cursor.refuse(kind, '"set", "map" or "chain"');
    }
  }
  cursor.skipNewlines();
  if (cursor.next.kind !== "end") throw cursor.refuse(cursor.next, "the end of the text");
  return { sets, chains };
}

function readChain(cursor: Cursor): ChainSyntax {
  const name = cursor.word("a name");
  cursor.expect("{");
  cursor.skipNewlines();
  if (name.text === baseChain) {
    for (const word of hook) cursor.expect(word);
    endStatement(cursor);
  }
  const rules: RuleSyntax[] = [];
  while (cursor.next.text !== "}") {
    rules.push(readRule(cursor));
    endStatement(cursor);
  }
  cursor.expect("}");
  return { name, rules };
}
