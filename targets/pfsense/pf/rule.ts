import type { Range } from "../../../src/compile/program.ts";
import { type Cursor, listOf, skipGroup, takeText } from "./cursor.ts";
import { anyEnd, readEnd, type Tables } from "./hosts.ts";
import { protocolNumber } from "./names.ts";
import { readOptions } from "./options.ts";
import type { PfRule } from "./syntax.ts";
import { type Token, Unreadable } from "./tokens.ts";

/**
 * Reads what a filter rule or an anchor says about a packet, from its direction to its options (pf.conf(5), GRAMMAR:
 * pf-rule). The defaults of a pass rule are pf's: it keeps state, and of TCP it looks at `flags S/SA`.
 */
export function readRule(cursor: Cursor, action: PfRule["action"], start: Token, tables: Tables): PfRule {
  const { doubts } = cursor;
  const head = readHead(cursor);
  const protocols = cursor.takeIf("proto") ? listOf(cursor, () => readProtocol(cursor)) : "any";
  const isAll = cursor.takeIf("all") !== undefined;
  const source = !isAll && cursor.takeIf("from") ? readEnd(cursor, tables) : anyEnd;
  const destination = !isAll && cursor.takeIf("to") ? readEnd(cursor, tables) : anyEnd;
  const options = readOptions(cursor);
  const state = options.state ?? (action === "pass" ? "keep" : "none");
  const rule: PfRule = {
    action,
    direction: "both",
    order: "last",
    log: "silent",
    family: "any",
    protocols,
    source,
    destination,
    icmp: "any",
    labels: [],
    flags: action === "pass" && state === "keep" ? "syn" : "any",
    span: start.span,
    ...head,
    ...options,
    state,
    ...(cursor.doubts > doubts && { uncertain: true }),
  };
  checkPorts(rule);
  return rule;
}

/** Direction, log, quick and address family, in any order (pfctl's own files use several). */
function readHead(cursor: Cursor): Partial<PfRule> {
  const head: { -readonly [Key in keyof PfRule]?: PfRule[Key] } = {};
  for (;;) {
    const token = cursor.peek();
    switch (token.text) {
      case "in":
      case "out":
        head.direction = token.text;
        break;
      case "quick":
        head.order = "quick";
        break;
      case "log":
        head.log = "log";
        break;
      case "inet":
        head.family = 4;
        break;
      case "inet6":
        head.family = 6;
        break;
      case "on":
        cursor.take();
        Object.assign(head, readInterfaces(cursor));
        continue;
      case "route-to":
      case "reply-to":
      case "dup-to":
        cursor.doubt(`"${token.text}" sends packets elsewhere; that is not modelled`, token.span);
        cursor.take();
        readRoute(cursor);
        continue;
      default:
        return head;
    }
    cursor.take();
    if (token.text === "log" && cursor.takeIf("(")) readLogOptions(cursor);
  }
}

/** `on em0`, `on ! em0`, `on { em0 em1 }`; a name without a number is a group, whose members are not in the text. */
export function readInterfaces(cursor: Cursor): Pick<PfRule, "on"> {
  const not = cursor.takeIf("!");
  const names = listOf(cursor, () => takeText(cursor, "the name of an interface"));
  if (names.some(({ text }) => text === "any")) return {};
  const group = names.find(({ text }) => !/\d$/.test(text));
  if (group) {
    cursor.doubt(`which interfaces are in group "${group.text}"`, group.span);
    return {};
  }
  return { on: { names: names.map(({ text }) => text), ...(not && { not: true }) } };
}

/** Where to, and how one of several is chosen. */
function readRoute(cursor: Cursor): void {
  skipGroup(cursor);
  const words = ["bitmask", "random", "round-robin", "sticky-address", "static-port"];
  while (words.some((word) => cursor.takeIf(word)));
  if (cursor.takeIf("source-hash") && /^0x|^\d/.test(cursor.peek().text)) cursor.take();
}

/** Where and how much is logged; that it is logged is what the model knows. */
function readLogOptions(cursor: Cursor): void {
  while (!cursor.takeIf(")")) {
    const token = cursor.take();
    if (token.kind === "end") throw new Unreadable("pf/syntax", `")" was expected here`, token.span);
    if (token.text === "matches") cursor.doubt(`"log (matches)" is not modelled`, token.span);
  }
}

const everyProtocol: Range = { from: 0, to: 255 };

function readProtocol(cursor: Cursor): Range {
  const token = takeText(cursor, "a protocol");
  const number = protocolNumber(token.text);
  if (number === undefined) {
    cursor.doubt(`"${token.text}" is no protocol that is known here`, token.span, "write its number");
    return everyProtocol;
  }
  // pf.c asks for the protocol only where it is not 0.
  return number === 0 ? { ...everyProtocol } : { from: number, to: number };
}

/** pfctl refuses ports with any other protocol; a reader that let them pass would give the rule a meaning of its own. */
function checkPorts(rule: PfRule): void {
  const usesPorts = rule.source.ports !== "any" || rule.destination.ports !== "any";
  const havePorts =
    rule.protocols !== "any" &&
    rule.protocols.every((range) => range === everyProtocol || [6, 17, 132].includes(range.from));
  if (usesPorts && !havePorts) {
    throw new Unreadable("pf/syntax", "ports need a protocol of tcp or udp", rule.span);
  }
  if (rule.icmp !== "any") {
    const wanted = new Set(rule.icmp.map(({ family }) => (family === 4 ? 1 : 58)));
    const right = rule.protocols !== "any" && rule.protocols.every(({ from }) => wanted.has(from as 1 | 58));
    if (!right) throw new Unreadable("pf/syntax", "an ICMP type needs its own protocol", rule.span);
  }
}
