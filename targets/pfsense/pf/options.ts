import type { Family } from "../../../src/net/address.ts";
import { type Cursor, listOf, takeText } from "./cursor.ts";
import { icmpCodeNumber, icmpTypeNumber } from "./names.ts";
import type { PfRule } from "./syntax.ts";
import { Unreadable } from "./tokens.ts";

type Options = { -readonly [Key in keyof PfRule]?: PfRule[Key] };

/** What stands behind the addresses of a rule. Options without a say in the verdict are read and left out. */
export function readOptions(cursor: Cursor): Partial<PfRule> {
  const options: Options = {};
  while (cursor.peek().kind !== "end" && cursor.peek().text !== "{" && cursor.peek().text !== "}") {
    readOption(cursor, options);
  }
  return options;
}

function readOption(cursor: Cursor, options: Options): void {
  if (cursor.takeIf("!")) {
    cursor.expect("tagged");
    options.tagged = { tag: takeText(cursor, "a tag").text, holds: "not-tagged" };
    return;
  }
  const token = cursor.take();
  switch (token.text) {
    case "flags":
      options.flags = readFlags(cursor);
      return;
    case "icmp-type":
      options.icmp = readIcmp(cursor, 4);
      return;
    case "icmp6-type":
      options.icmp = readIcmp(cursor, 6);
      return;
    case "keep":
    case "modulate":
    case "synproxy":
      cursor.expect("state");
      options.state = "keep";
      if (cursor.peek().text === "(") readStateOptions(cursor);
      return;
    case "no":
      cursor.expect("state");
      options.state = "none";
      return;
    case "tag":
      options.tag = takeText(cursor, "a tag").text;
      return;
    case "tagged":
      options.tagged = { tag: takeText(cursor, "a tag").text, holds: "tagged" };
      return;
    case "label":
      options.labels = [...(options.labels ?? []), takeText(cursor, "a label").text];
      return;
    case "ridentifier":
      options.identifier = Number(takeText(cursor, "a number").text);
      return;
    case "allow-opts":
      return;
    case "queue":
      skipGroup(cursor);
      return;
    case "set":
      readSet(cursor);
      return;
    default:
      throw new Unreadable("pf/not-modelled", `"${token.text}" is not modelled`, token.span);
  }
}

/** Which TCP packets a rule looks at: all, or those that ask for a connection (`S/SA`). Other masks are not modelled. */
function readFlags(cursor: Cursor): "any" | "syn" {
  const token = takeText(cursor, "TCP flags");
  if (token.text === "any") return "any";
  const [set = "", mask = ""] = token.text.split("/");
  if (set === "S" && /^(SA|AS)$/.test(mask)) return "syn";
  throw new Unreadable("pf/not-modelled", `TCP flags "${token.text}" are not modelled`, token.span);
}

const readIcmp = (cursor: Cursor, family: Family): Exclude<PfRule["icmp"], "any"> =>
  listOf(cursor, () => {
    const token = takeText(cursor, "an ICMP type");
    const type = icmpTypeNumber(family, token.text);
    if (type === undefined) throw new Unreadable("pf/syntax", `"${token.text}" is no ICMP type`, token.span);
    if (!cursor.takeIf("code")) return { family, type };
    const codeToken = takeText(cursor, "an ICMP code");
    const code = icmpCodeNumber(family, codeToken.text);
    if (code === undefined) {
      throw new Unreadable(
        "pf/not-modelled",
        `ICMP code "${codeToken.text}"`,
        codeToken.span,
        "write its number",
      );
    }
    return { family, type, code };
  });

/** Of the options of a state, those that tell how long it lives and how strictly it is followed. */
const harmlessStateOption =
  /^(?:sloppy|no-sync|floating|if-bound|(?:tcp|udp|icmp|other|frag|src|interval|adaptive)(?:\.\w+)?|\d+)$/;

function readStateOptions(cursor: Cursor): void {
  cursor.expect("(");
  while (!cursor.takeIf(")")) {
    const token = cursor.take();
    if (token.text !== "," && !harmlessStateOption.test(token.text)) {
      throw new Unreadable("pf/not-modelled", `state option "${token.text}" is not modelled`, token.span);
    }
  }
}

/** `set prio 3`, `set ( prio(5, 2) )`: priorities of a packet that passes. */
function readSet(cursor: Cursor): void {
  const grouped = cursor.takeIf("(");
  do {
    const token = cursor.take();
    if (token.text !== "prio")
      throw new Unreadable("pf/not-modelled", `"set ${token.text}" is not modelled`, token.span);
    skipGroup(cursor);
  } while (grouped && !cursor.takeIf(")"));
}

/** A word, or anything in parentheses. */
function skipGroup(cursor: Cursor): void {
  if (!cursor.takeIf("(")) {
    takeText(cursor, "a value");
    return;
  }
  while (!cursor.takeIf(")")) {
    if (cursor.peek().kind === "end")
      throw new Unreadable("pf/syntax", `")" was expected here`, cursor.peek().span);
    cursor.take();
  }
}
