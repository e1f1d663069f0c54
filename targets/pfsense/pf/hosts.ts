import type { Range } from "../../../src/compile/program.ts";
import {
  AddressError,
  type AddressRange,
  addressBits,
  everyAddress,
  type Family,
  parseAddress,
} from "../../../src/net/address.ts";
import { type Cursor, listOf, takeText } from "./cursor.ts";
import { portNumber } from "./names.ts";
import type { End } from "./syntax.ts";
import { type Token, Unreadable } from "./tokens.ts";

/** Literal tables of the text, by name. */
export type Tables = ReadonlyMap<string, readonly AddressRange[]>;

export const anyEnd: End = { addresses: "any", ports: "any" };

/** What stands behind `from` or `to`: addresses, then ports. */
export function readEnd(cursor: Cursor, tables: Tables): End {
  const items =
    cursor.peek().text === "port" ? (["any"] as const) : listOf(cursor, () => readHost(cursor, tables));
  const addresses = items.some((item) => item === "any")
    ? "any"
    : items.flatMap((item) => (item === "any" ? [] : item));
  const ports = cursor.takeIf("port") ? listOf(cursor, () => readPorts(cursor)).flat() : "any";
  return { addresses, ports };
}

function readHost(cursor: Cursor, tables: Tables): readonly AddressRange[] | "any" {
  const not = cursor.takeIf("!");
  const { doubts } = cursor;
  const ranges = readPlainHost(cursor, tables);
  if (!not || cursor.doubts > doubts) return ranges;
  // The firewall's own addresses: every packet that is forwarded has others.
  if (ranges !== "any" && ranges.length === 0) return "any";
  if (ranges === "any") throw new Unreadable("pf/syntax", `"! any" is not an address`, not.span);
  return complement(ranges, not, cursor);
}

function readPlainHost(cursor: Cursor, tables: Tables): readonly AddressRange[] | "any" {
  if (cursor.takeIf("<")) {
    const name = takeText(cursor, "the name of a table");
    cursor.expect(">");
    const table = tables.get(name.text);
    if (table) return table;
    const fix = "give the table its addresses in braces";
    cursor.doubt(`what table <${name.text}> holds is not in this text`, name.span, fix);
    return "any";
  }
  if (cursor.takeIf("(")) {
    const name = takeText(cursor, "the name of an interface");
    cursor.expect(")");
    if (name.text === "self") return [];
    cursor.doubt(`the addresses of interface (${name.text})`, name.span);
    return "any";
  }
  const token = takeText(cursor, "an address");
  if (token.text === "any") return "any";
  // The firewall's own addresses: no packet that is forwarded comes from them or goes to them.
  if (token.text === "self") return [];
  if (["no-route", "urpf-failed", "route"].includes(token.text)) {
    if (token.text === "route") cursor.take();
    cursor.doubt(`"${token.text}" asks for the routes`, token.span);
    return "any";
  }
  if (isHostName(token.text)) {
    cursor.doubt(`the addresses of "${token.text}" are not in this text`, token.span);
    return "any";
  }
  const from = cursor.prefixes.get(token.text) ?? readPrefix(token);
  cursor.prefixes.set(token.text, from);
  if (!cursor.takeIf("-")) return [from];
  const last = takeText(cursor, "an address");
  const to = readPrefix(last);
  if (from.family !== to.family || from.from > to.to) {
    throw new Unreadable("pf/syntax", "this range of addresses ends before it starts", last.span);
  }
  return [{ ...from, to: to.to }];
}

/** A host, or an interface as in `em0:network`. */
export const isHostName = (text: string): boolean =>
  /^[a-z]/i.test(text) && !/^[0-9a-f]*:[0-9a-f:.]*(\/\d+)?$/i.test(text);

/** An address, or a prefix in pf's own ways: host bits are cut off, and `10/8` and `192.168/16` may be short. */
export function readPrefix(token: Token): AddressRange {
  const [text = "", length] = token.text.split("/", 2);
  const padded = length === undefined ? text : padIPv4(text);
  let address: AddressRange;
  try {
    address = parseAddress(padded);
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    throw isHostName(text)
      ? new Unreadable("pf/not-modelled", `the addresses of "${text}" are not in this text`, token.span)
      : new Unreadable("pf/syntax", error.message, token.span);
  }
  if (length === undefined) return address;
  const bits = addressBits(address.family);
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits) {
    throw new Unreadable("pf/syntax", `a prefix length is 0 to ${bits}`, token.span);
  }
  const mask = (1n << BigInt(bits - Number(length))) - 1n;
  return { family: address.family, from: address.from & ~mask, to: address.from | mask };
}

const padIPv4 = (text: string): string =>
  /^\d+(\.\d+){0,2}$/.test(text) ? [...text.split("."), "0", "0", "0"].slice(0, 4).join(".") : text;

/** Every address of the same family that is in none of the ranges. */
function complement(
  ranges: readonly AddressRange[],
  at: Token,
  cursor: Cursor,
): readonly AddressRange[] | "any" {
  const family: Family | undefined = ranges[0]?.family;
  if (family === undefined || ranges.some((range) => range.family !== family)) {
    cursor.doubt("the opposite of addresses of no or of both IP versions", at.span);
    return "any";
  }
  const rest: AddressRange[] = [];
  let next = 0n;
  for (const range of [...ranges].sort((a, b) => (a.from < b.from ? -1 : 1))) {
    if (range.from > next) rest.push({ family, from: next, to: range.from - 1n });
    if (range.to >= next) next = range.to + 1n;
  }
  const last = everyAddress(family).to;
  return next > last ? rest : [...rest, { family, from: next, to: last }];
}

const operators = ["=", "!=", "<=", ">=", "<", ">"];

/** Ports in pf's operators; `><` leaves its ends out, `<>` is what lies outside, `:` takes both ends in. */
function readPorts(cursor: Cursor): readonly Range[] {
  const first = cursor.peek();
  const operator = first.kind === "sign" ? operators.find((sign) => cursor.takeIf(sign)) : undefined;
  const token = takeText(cursor, "a port");
  const colon = operator === undefined ? token.text.indexOf(":") : -1;
  if (colon >= 0) {
    return [
      ordered(
        port(cursor, token, token.text.slice(0, colon)),
        port(cursor, token, token.text.slice(colon + 1)),
        token,
      ),
    ];
  }
  const { doubts } = cursor;
  const value = port(cursor, token, token.text);
  const next = operator === undefined && cursor.peek().kind === "sign";
  const other = next ? ["><", "<>"].find((sign) => cursor.takeIf(sign)) : undefined;
  const until = other === undefined ? value : port(cursor, cursor.peek(), takeText(cursor, "a port").text);
  if (cursor.doubts > doubts) return span(0, last);
  switch (operator ?? other) {
    case "!=":
      return span(0, value - 1).concat(span(value + 1, last));
    case "<":
      return span(0, value - 1);
    case "<=":
      return span(0, value);
    case ">":
      return span(value + 1, last);
    case ">=":
      return span(value, last);
    case "><":
      return span(value + 1, until - 1);
    case "<>":
      return span(0, value - 1).concat(span(until + 1, last));
    default:
      return span(value, value);
  }
}

const last = 65_535;
const span = (from: number, to: number): readonly Range[] => (from <= to ? [{ from, to }] : []);

function ordered(from: number, to: number, token: Token): Range {
  if (from > to) throw new Unreadable("pf/syntax", "this range of ports ends before it starts", token.span);
  return { from, to };
}

function port({ doubt }: Cursor, token: Token, text: string): number {
  const value = portNumber(text);
  if (value === undefined) doubt(`"${text}" is no port that is known here`, token.span, "write its number");
  return value ?? 0;
}
