import type { Unmodelled } from "../../../src/compile/reading.ts";
import { type Cursor, createCursor, type Token } from "../reader/lexer.ts";
import { readElements } from "./elements.ts";
import { readRule } from "./rule.ts";
import {
  type Base,
  type Chain,
  type Listing,
  type NamedSet,
  type Rule,
  type Table,
  Unreadable,
} from "./syntax.ts";

/** Reads what `nft list ruleset` prints. @throws {Unreadable} */
export function readText(text: string, file: string): Listing {
  const cursor = createCursor(text, file);
  const tables: Table[] = [];
  const unmodelled: Unmodelled[] = [];
  for (;;) {
    skipEnds(cursor);
    if (cursor.next.kind === "end") return { tables, unmodelled };
    if (cursor.takeIf("flush")) skipLine(cursor);
    else {
      const start = cursor.next;
      const table = readTable(cursor, unmodelled);
      const twice = tables.some(({ family, name }) => family === table.family && name === table.name);
      if (twice) throw unreadable(cursor, start, "each table once");
      tables.push(table);
    }
  }
}

function readTable(cursor: Cursor, unmodelled: Unmodelled[]): Table {
  expect(cursor, "table");
  const first = cursor.take().text;
  const isFamily =
    ["ip", "ip6", "inet", "netdev", "bridge", "arp"].includes(first) && cursor.next.text !== "{";
  const table = { family: isFamily ? first : "ip", name: isFamily ? cursor.take().text : first };
  const chains = new Map<string, Chain>();
  const sets = new Map<string, NamedSet>();
  let dormant = false;
  expect(cursor, "{");
  for (skipEnds(cursor); !cursor.takeIf("}"); skipEnds(cursor)) {
    const token = cursor.take();
    switch (token.text) {
      case "flags":
        dormant ||= cursor.next.text === "dormant";
        skipLine(cursor);
        break;
      case "comment":
        skipLine(cursor);
        break;
      case "chain": {
        const chain = readChain(cursor, table.family);
        if (chains.has(chain.name)) throw unreadable(cursor, token, "each chain once");
        chains.set(chain.name, chain);
        break;
      }
      case "set":
      case "map": {
        const name = cursor.take().text;
        if (sets.has(name)) throw unreadable(cursor, token, "each set once");
        sets.set(name, readSet(cursor));
        break;
      }
      case "flowtable":
        unmodelled.push({ construct: "flowtable", span: cursor.span(token) });
        skipBlock(cursor);
        break;
      default:
        if (!objects.has(token.text)) {
          // Newer versions have more kinds of objects: each has a name and a block.
          if (cursor.next.kind !== "word") throw unreadable(cursor, token, "an object of a table");
          unmodelled.push({ construct: `object "${token.text}"`, span: cursor.span(token) });
          cursor.take();
          if (cursor.next.text !== "{") throw unreadable(cursor, cursor.next, '"{"');
        }
        skipBlock(cursor);
    }
  }
  return { ...table, chains, sets, dormant };
}

/** Objects that statements refer to by name; by themselves they do nothing to a packet. */
const objects = new Set(["counter", "quota", "limit", "ct", "secmark", "synproxy"]);

function readChain(cursor: Cursor, family: string): Chain {
  const name = cursor.next;
  cursor.take();
  expect(cursor, "{");
  let base: Base | undefined;
  const rules: Rule[] = [];
  for (skipEnds(cursor); !cursor.takeIf("}"); skipEnds(cursor)) {
    if (cursor.next.text === "type") base = readBase(cursor, family);
    else if (base && cursor.takeIf("policy")) base = { ...base, policy: readPolicy(cursor) };
    else if (cursor.next.text === "include") throw unreadable(cursor, cursor.next, "what the file holds");
    else if (cursor.next.text === "comment" || (base && cursor.next.text === "flags")) skipLine(cursor);
    else rules.push(readRule(cursor));
    if (cursor.next.kind === "end") throw unreadable(cursor, cursor.next, '"}"');
  }
  return { name: name.text, ...(base && { base }), rules, span: cursor.span(name) };
}

/** `type filter hook forward priority filter`, with a device for some hooks; the policy stands by itself. */
function readBase(cursor: Cursor, family: string): Base {
  const words = takeLine(cursor).map(({ text }) => text);
  const after = (word: string): string => words[words.indexOf(word) + 1] ?? "";
  const priority = readPriority(family, words.slice(words.indexOf("priority") + 1));
  return { type: after("type"), hook: after("hook"), priority, policy: "accept" };
}

/** Names of priorities (nft(8), BASE CHAINS). */
const priorities = { raw: -300, mangle: -150, dstnat: -100, filter: 0, security: 50, srcnat: 100 };
const ofBridges = { dstnat: -300, filter: -200, out: 100, srcnat: 300 };

/** `filter`, `-150`, `srcnat - 5`. */
function readPriority(
  family: string,
  [first = "", sign = "+", offset = "0"]: readonly string[],
): number | undefined {
  const names = new Map(Object.entries(family === "bridge" ? ofBridges : priorities));
  const named = names.get(first) ?? (/^-?\d+$/.test(first) ? Number(first) : undefined);
  if (named === undefined || !/^\d+$/.test(offset)) return undefined;
  return sign === "+" ? named + Number(offset) : sign === "-" ? named - Number(offset) : undefined;
}

function readPolicy(cursor: Cursor): Base["policy"] {
  const { text } = cursor.next;
  if (text !== "accept" && text !== "drop") throw unreadable(cursor, cursor.next, '"accept" or "drop"');
  cursor.take();
  return text;
}

function readSet(cursor: Cursor): NamedSet {
  expect(cursor, "{");
  let elements: NamedSet["elements"] = [];
  for (skipEnds(cursor); !cursor.takeIf("}"); skipEnds(cursor)) {
    if (cursor.next.kind === "end") throw unreadable(cursor, cursor.next, '"}"');
    if (cursor.takeIf("elements")) {
      expect(cursor, "=");
      expect(cursor, "{");
      elements = readElements(cursor);
    } else skipLine(cursor);
  }
  return { elements };
}

/** A statement ends with its line or with a semicolon. */
function skipEnds(cursor: Cursor): void {
  do cursor.skipNewlines();
  while (cursor.takeIf(";"));
}

function takeLine(cursor: Cursor): readonly Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  while (cursor.next.kind !== "end" && (depth > 0 || cursor.next.kind !== "newline")) {
    if (depth === 0 && cursor.next.kind === "mark" && "};".includes(cursor.next.text)) break;
    const token = cursor.take();
    if (token.kind === "mark") depth += token.text === "{" ? 1 : token.text === "}" ? -1 : 0;
    tokens.push(token);
  }
  return tokens;
}

const skipLine = (cursor: Cursor): void => void takeLine(cursor);

function skipBlock(cursor: Cursor): void {
  while (cursor.next.text !== "{" && cursor.next.kind !== "end") cursor.take();
  takeLine(cursor);
}

function expect(cursor: Cursor, text: string): void {
  if (!cursor.takeIf(text)) throw unreadable(cursor, cursor.next, `"${text}"`);
}

const unreadable = (cursor: Cursor, token: Token, expected: string): Unreadable =>
  new Unreadable(
    `"${token.text.trim()}" is not what nft lists here; expected ${expected}`,
    cursor.span(token),
  );
