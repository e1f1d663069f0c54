import type { Range } from "../../../src/compile/program.ts";
import type { Span } from "../../../src/diagnostics/diagnostic.ts";
import {
  type AddressRange,
  createRangeReader,
  type Family,
  overlaps,
  type RangeReader,
} from "../../../src/net/address.ts";
import type { Cursor, Token } from "./lexer.ts";
import { type KeyType, readAddress, readRange } from "./values.ts";

/** An element: two addresses, then what the set is keyed by behind them. */
export interface Element {
  readonly first: AddressRange;
  readonly second: AddressRange;
  readonly protocol?: Range;
  /** Port or ICMP type. */
  readonly payload?: Range;
  /** Chain of a map's element. */
  readonly chain?: string;
  readonly comment?: string;
  readonly span: Span;
}

export interface SetSyntax {
  readonly kind: "set" | "map";
  readonly name: string;
  readonly family: Family;
  /** What the key holds behind the two addresses. */
  readonly rest: "ports" | "icmp" | "protocols" | "addresses";
  /**
   * `fixed` holds what was configured, `record` is filled by packets, `leased` by trials. `drain` holds IP versions while
   * open sessions drain: that is state, and no meaning of a text.
   */
  readonly use: "fixed" | "record" | "leased" | "drain";
  readonly elements: readonly Element[];
  readonly span: Span;
}

/** What comes behind the two addresses of a key, as nft's types. */
const rests: ReadonlyMap<string, SetSyntax["rest"]> = new Map([
  ["", "addresses"],
  ["inet_proto", "protocols"],
  ["inet_proto inet_service", "ports"],
  ["icmp_type", "icmp"],
  ["icmpv6_type", "icmp"],
]);

/** The sets by their properties, sorted, as nft prints them and as we write them. */
const uses: ReadonlyMap<string, SetSyntax["use"]> = new Map([
  ["set counter", "fixed"],
  ["set counter flags interval", "fixed"],
  ["map flags interval", "fixed"],
  ["map flags interval timeout", "leased"],
  ["set counter flags dynamic timeout size timeout", "record"],
]);

/** Reads a set or map behind its keyword. Undefined for the lock, which no packet meets. */
export function readSet(cursor: Cursor, kind: "set" | "map"): SetSyntax | undefined {
  const name = cursor.word("a name");
  cursor.expect("{");
  cursor.skipNewlines();
  const types = readType(cursor, kind);
  const properties: string[] = [kind];
  let elements: readonly Element[] = [];
  for (endStatement(cursor); cursor.next.text !== "}"; endStatement(cursor)) {
    const property = cursor.word("a property of the set");
    switch (property.text) {
      case "flags":
        properties.push(["flags", ...readFlags(cursor)].join(" "));
        break;
      case "size":
      case "timeout":
        readLimit(cursor, property.text === "size" ? /^\d+$/ : /^(?:\d+[dhms])+$/);
        properties.push(property.text);
        break;
      case "counter":
        properties.push(property.text);
        break;
      case "elements":
        cursor.expect("=");
        if (types[0]!.text === "mark" || types[0]!.text === "nf_proto") skipState(cursor);
        else elements = readElements(cursor, kind, types);
        break;
      default:
        throw cursor.refuse(property, "a property that Sluice gives its sets");
    }
  }
  cursor.expect("}");
  const found = [kind, ...properties.slice(1).sort()].join(" ");
  const [only, ...more] = types.map((type) => type.text);
  if (name.text === "lock" && only === "mark" && found === "set flags timeout") return undefined;
  if (
    /^[ct]_.*_drain$/.test(name.text) &&
    only === "nf_proto" &&
    more.length === 0 &&
    found === "set flags timeout"
  ) {
    const state = { family: 4, rest: "addresses", use: "drain", elements: [] } as const;
    return { kind, name: name.text, ...state, span: cursor.span(name) };
  }
  const use = uses.get(found);
  if (!use)
    throw cursor.refuse(name, "a set with the flags of a permit set, a record, the lock or a dispatch map");
  if (found === "set counter" && elements.some(isRange)) {
    throw cursor.refuse(name, 'a set with "flags interval", since it holds ranges');
  }
  return { kind, name: name.text, ...readKey(cursor, types), use, elements, span: cursor.span(name) };
}

const isRange = ({ first, second, protocol, payload }: Element): boolean =>
  [first, second, protocol, payload].some((part) => part !== undefined && part.from !== part.to);

/** A statement ends at a semicolon or at the end of its line. */
export function endStatement(cursor: Cursor): void {
  if (cursor.next.text !== "}" && !cursor.takeIf(";") && cursor.next.kind !== "newline") {
    throw cursor.refuse(cursor.next, "the end of the line");
  }
  cursor.skipNewlines();
}

function readType(cursor: Cursor, kind: "set" | "map"): readonly Token[] {
  cursor.expect("type");
  const types = [cursor.word("a data type")];
  while (cursor.takeIf(".")) types.push(cursor.word("a data type"));
  if (kind === "map") {
    cursor.expect(":");
    cursor.expect("verdict");
  }
  return types;
}

function readKey(cursor: Cursor, types: readonly Token[]): Pick<SetSyntax, "family" | "rest"> {
  const [first, second, ...rest] = types.map((type) => type.text);
  const family = first === "ipv4_addr" ? 4 : 6;
  const known = rests.get(rest.join(" "));
  const foreignIcmp = rest[0] === (family === 4 ? "icmpv6_type" : "icmp_type");
  if (first !== second || first !== `ipv${family}_addr` || known === undefined || foreignIcmp) {
    throw cursor.refuse(
      types[0]!,
      "a key of two addresses of one family, alone or before a protocol or ICMP type",
    );
  }
  return { family, rest: known };
}

function readLimit(cursor: Cursor, form: RegExp): void {
  const value = cursor.word("a number or duration");
  if (!form.test(value.text)) throw cursor.refuse(value, "a number of entries, or a duration as in 7d");
}

function readFlags(cursor: Cursor): readonly string[] {
  const flags = [cursor.word("a flag").text];
  while (cursor.takeIf(",")) flags.push(cursor.word("a flag").text);
  return flags.sort();
}

function readElements(cursor: Cursor, kind: "set" | "map", types: readonly Token[]): readonly Element[] {
  readKey(cursor, types);
  const keyTypes = types.map((type) => type.text as KeyType);
  const rangeOf = createRangeReader();
  const elements: Element[] = [];
  cursor.expect("{");
  for (cursor.skipNewlines(); cursor.next.text !== "}"; cursor.skipNewlines()) {
    elements.push(readElement(cursor, kind, keyTypes, rangeOf));
    cursor.skipNewlines();
    if (cursor.next.text !== "}") cursor.expect(",");
  }
  cursor.expect("}");
  return elements;
}

function readElement(
  cursor: Cursor,
  kind: "set" | "map",
  types: readonly KeyType[],
  rangeOf: RangeReader,
): Element {
  const start = cursor.next;
  const addresses: AddressRange[] = [];
  const ranges: { protocol?: Range; payload?: Range } = {};
  for (const [index, type] of types.entries()) {
    if (index > 0) cursor.expect(".");
    const token = cursor.word("an element");
    if (type === "ipv4_addr" || type === "ipv6_addr") {
      addresses.push(readAddress(cursor, token, type === "ipv4_addr" ? 4 : 6, rangeOf));
    } else {
      ranges[type === "inet_proto" ? "protocol" : "payload"] = readRange(cursor, token, type);
    }
  }
  const comment = readElementOptions(cursor);
  let chain: string | undefined;
  if (kind === "map") {
    cursor.expect(":");
    cursor.expect("goto");
    chain = cursor.word("a chain").text;
  }
  const [first, second] = addresses;
  const { protocol, payload } = ranges;
  return { first: first!, second: second!, protocol, payload, chain, comment, span: cursor.span(start) };
}

/** Counters, the time that is left, and the comment, in any order; none of them decides about a packet. */
function readElementOptions(cursor: Cursor): string | undefined {
  let comment: string | undefined;
  for (;;) {
    if (cursor.takeIf("counter")) readCounter(cursor);
    else if (cursor.takeIf("timeout") || cursor.takeIf("expires")) cursor.word("a duration");
    else if (cursor.takeIf("comment")) comment = readString(cursor);
    else return comment;
  }
}

/** The figures behind `counter`, where there are any. */
export function readCounter(cursor: Cursor): void {
  if (!cursor.takeIf("packets")) return;
  cursor.word("a number");
  cursor.expect("bytes");
  cursor.word("a number");
}

export function readString(cursor: Cursor): string {
  if (cursor.next.kind !== "string") throw cursor.refuse(cursor.next, "a quoted text");
  return cursor.take().text;
}

function skipState(cursor: Cursor): void {
  cursor.expect("{");
  do {
    cursor.skipNewlines();
    cursor.word("an element");
    readElementOptions(cursor);
    cursor.skipNewlines();
  } while (cursor.takeIf(","));
  cursor.expect("}");
}

/** Two elements of a map that one packet could meet; which one it meets would be the kernel's choice. */
export function ambiguity(set: SetSyntax): Element | undefined {
  const sorted = set.elements.toSorted((a, b) => (a.first.from < b.first.from ? -1 : 1));
  let open: readonly Element[] = [];
  for (const element of sorted) {
    open = open.filter((earlier) => earlier.first.to >= element.first.from);
    if (open.some((earlier) => overlaps(earlier.second, element.second))) return element;
    open = [...open, element];
  }
  return undefined;
}
