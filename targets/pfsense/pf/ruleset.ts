import type { AddressRange } from "../../../src/net/address.ts";
import { type Cursor, createCursor, listOf, takeText } from "./cursor.ts";
import { anyEnd, isHostName, readPrefix } from "./hosts.ts";
import { readInterfaces, readRule } from "./rule.ts";
import type { PfRule, PfStatement } from "./syntax.ts";
import { type Doubt, expandMacros, type Token, tokenize, Unreadable } from "./tokens.ts";

/** A ruleset as far as the model goes: literal tables and filter rules, in the order of the text. */
export interface Ruleset {
  readonly tables: ReadonlyMap<string, readonly AddressRange[]>;
  readonly statements: readonly PfStatement[];
}

/**
 * Reads a pf.conf or the output of `pfctl -sr`. Whatever it does not know, it names: a rule that is left out silently
 * is a hole.
 * @param doubt what to do then; without it the text is refused.
 * @throws {Unreadable}
 */
export function readRuleset(text: string, file: string, doubt?: Doubt): Ruleset {
  const cursor = createCursor(expandMacros(tokenize(text, file)), doubt);
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
        statements.push(...readAnchor(cursor, tables));
        continue;
      case "set":
        statements.push(...readSetting(cursor));
        break;
      default:
        statements.push(...readOther(cursor, token));
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
  const { doubts } = cursor;
  const addresses: AddressRange[] = [];
  let isFilled = false;
  for (;;) {
    const next = cursor.peek();
    if (next.text === "{") addresses.push(...listOf(cursor, () => readAddresses(cursor)).flat());
    else if (cursor.takeIf("file")) {
      cursor.doubt("a table that is filled from a file", next.span);
      takeText(cursor, "the name of a file");
    } else if (!["persist", "const", "counters"].some((word) => cursor.takeIf(word))) break;
    isFilled ||= next.text === "{";
  }
  // A table of which something is not known is as one whose content is not in the text.
  if (isFilled && cursor.doubts === doubts) tables.set(name.text, addresses);
}

function readAddresses(cursor: Cursor): readonly AddressRange[] {
  const exception = cursor.takeIf("!");
  if (exception) cursor.doubt("an exception inside a table", exception.span);
  const token = takeText(cursor, "an address");
  if (!isHostName(token.text)) return [readPrefix(token)];
  cursor.doubt(`the addresses of "${token.text}" are not in this text`, token.span);
  return [];
}

function skipStatement(cursor: Cursor): void {
  while (cursor.peek().kind !== "end") cursor.take();
}

/** What an anchor holds is known where it stands in braces; a named one may end everything, either way. */
function readAnchor(cursor: Cursor, tables: Map<string, readonly AddressRange[]>): readonly PfStatement[] {
  const start = cursor.peek();
  const named = start.kind === "string" || (start.kind === "word" && !anchorWords.has(start.text));
  if (named) cursor.take();
  const condition = readRule(cursor, "match", start, tables);
  const isPlain = condition.order !== "quick" && condition.tag === undefined && condition.log !== "log";
  if (!isPlain) cursor.doubt("an anchor with quick, log or tag", start.span);
  if (!cursor.takeIf("{")) {
    const fix = `pfctl -a '*' -sr prints it`;
    cursor.doubt(`what anchor "${start.text}" holds is not in this text`, start.span, fix);
    return either(start);
  }
  const { tag: _tag, ...plain } = condition;
  const around: PfRule = isPlain ? condition : { ...plain, order: "last", log: "silent", uncertain: true };
  return [{ condition: around, rules: readStatements(cursor, tables, "anchor") }];
}

/** Rules that may or may not match, and then end everything: something of which nothing is known. */
const either = ({ span }: Token): readonly PfRule[] =>
  (["block", "pass"] as const).map((action) => ({ ...unconditional(action, span), uncertain: true }));

const unconditional = (action: PfRule["action"], span: PfRule["span"]): PfRule => ({
  ...{ action, direction: "both", order: "quick", log: "silent", family: "any", protocols: "any" },
  ...{ source: anyEnd, destination: anyEnd, icmp: "any", flags: "any", state: "none", labels: [], span },
});

/** Statements of other kinds. Translation changes addresses, and passes packets by the filter where it says "pass". */
function readOther(cursor: Cursor, token: Token): readonly PfRule[] {
  const words: string[] = [];
  for (let depth = 0; cursor.peek().kind !== "end" && (depth > 0 || cursor.peek().text !== "}"); ) {
    const { text } = cursor.take();
    depth += text === "{" ? 1 : text === "}" ? -1 : 0;
    words.push(text);
  }
  if (token.text === "antispoof") {
    cursor.doubt("antispoof asks for the addresses of interfaces", token.span);
    const order = words.includes("quick") ? "quick" : "last";
    return [{ ...unconditional("block", token.span), direction: "in", order, uncertain: true }];
  }
  if (!elsewhere.has(token.text)) {
    cursor.doubt(`"${token.text}" is not modelled`, token.span);
    return either(token);
  }
  cursor.doubt(`"${token.text}" is not modelled`, token.span);
  return translations.has(token.text) && words.slice(0, 2).includes("pass") ? either(token).slice(1) : [];
}

const translations: ReadonlySet<string> = new Set(["nat", "rdr", "binat"]);
/** Statements that decide about no packet themselves. */
const elsewhere: ReadonlySet<string> = new Set([
  ...translations,
  ...[
    "no",
    "nat-anchor",
    "rdr-anchor",
    "binat-anchor",
    "scrub",
    "scrub-anchor",
    "altq",
    "queue",
    "dummynet-anchor",
  ],
]);

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

/** Settings, most of which change no verdict; what goes through an interface that is skipped is not looked at. */
function readSetting(cursor: Cursor): readonly PfRule[] {
  const token = takeText(cursor, "a setting");
  if (token.text === "skip") {
    cursor.expect("on");
    if (/^lo\d*$/.test(cursor.peek().text)) {
      skipStatement(cursor);
      return [];
    }
    const { doubts } = cursor;
    const on = readInterfaces(cursor);
    const known = cursor.doubts === doubts ? {} : ({ uncertain: true } as const);
    return [{ ...unconditional("pass", token.span), ...on, ...known }];
  }
  if (!harmlessSettings.has(token.text)) cursor.doubt(`"set ${token.text}" is not modelled`, token.span);
  skipStatement(cursor);
  return [];
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
  "require-order",
  "state-defaults",
  "syncookies",
  "keepcounters",
]);
