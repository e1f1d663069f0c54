import type { Family } from "../../../src/net/address.ts";
import { type Cursor, listOf, skipGroup, takeText } from "./cursor.ts";
import { icmpCodeNumber, icmpTypeNumber } from "./names.ts";
import type { PfRule } from "./syntax.ts";
import { type Token, Unreadable } from "./tokens.ts";

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
    if (cursor.peek().text === "received-on") {
      skipUnknown(cursor, cursor.peek());
      return;
    }
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
      skipUnknown(cursor, token);
  }
}

const knownOptions: ReadonlySet<string> = new Set(
  "! flags icmp-type icmp6-type keep modulate synproxy no tag tagged label ridentifier allow-opts queue set".split(
    " ",
  ),
);

/** Goes on behind an option and its values, up to one that is known. */
function skipUnknown(cursor: Cursor, token: Token): void {
  cursor.doubt(`"${token.text}" is not modelled`, token.span);
  for (;;) {
    const next = cursor.peek();
    if (next.kind === "end" || next.text === "}" || knownOptions.has(next.text)) return;
    skipGroup(cursor);
  }
}

/** Which TCP packets a rule looks at: all, or those that ask for a connection (`S/SA`). Other masks are not modelled. */
function readFlags(cursor: Cursor): "any" | "syn" {
  const token = takeText(cursor, "TCP flags");
  if (token.text === "any") return "any";
  const [set = "", mask = ""] = token.text.split("/");
  if (set === "S" && /^(SA|AS)$/.test(mask)) return "syn";
  cursor.doubt(`TCP flags "${token.text}" are not modelled`, token.span);
  return "any";
}

const readIcmp = (cursor: Cursor, family: Family): Exclude<PfRule["icmp"], "any"> =>
  listOf(cursor, () => {
    const token = takeText(cursor, "an ICMP type");
    const type = icmpTypeNumber(family, token.text);
    if (type === undefined) throw new Unreadable("pf/syntax", `"${token.text}" is no ICMP type`, token.span);
    // pfctl keeps types and codes in a byte, one up from what is written: 255 becomes 0, which is every one.
    if (type === 255)
      cursor.doubt("ICMP type 255, which pf may take for every type", token.span, "leave it out");
    if (!cursor.takeIf("code")) return { family, type };
    const codeToken = takeText(cursor, "an ICMP code");
    const code = icmpCodeNumber(family, codeToken.text);
    if (code === undefined || code === 255) {
      cursor.doubt(`ICMP code "${codeToken.text}"`, codeToken.span, "write its number");
      return { family, type };
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
    if (token.kind === "end") throw new Unreadable("pf/syntax", `")" was expected here`, token.span);
    if (token.text !== "," && !harmlessStateOption.test(token.text)) {
      cursor.doubt(`state option "${token.text}" is not modelled`, token.span);
      while (![",", ")"].includes(cursor.peek().text)) skipGroup(cursor);
    }
  }
}

/** `set prio 3`, `set ( prio(5, 2) )`: priorities of a packet that passes. */
function readSet(cursor: Cursor): void {
  const grouped = cursor.takeIf("(");
  do {
    const token = cursor.take();
    if (token.text !== "prio") cursor.doubt(`"set ${token.text}" is not modelled`, token.span);
    skipGroup(cursor);
  } while (grouped && !cursor.takeIf(")"));
}
