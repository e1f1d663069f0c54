import type { Span } from "../../../src/diagnostics/diagnostic.ts";
import type { Cursor } from "./lexer.ts";
import { readCounter, readString } from "./sets.ts";
import { readRange } from "./values.ts";

/** A part of a packet that a key or condition names, as nft writes it. */
export type Field =
  | "ip saddr"
  | "ip daddr"
  | "ip6 saddr"
  | "ip6 daddr"
  | "meta l4proto"
  | "th sport"
  | "th dport"
  | "tcp dport"
  | "icmp type"
  | "icmpv6 type";

const fields: ReadonlySet<string> = new Set<Field>([
  "ip saddr",
  "ip daddr",
  "ip6 saddr",
  "ip6 daddr",
  "meta l4proto",
  "th sport",
  "th dport",
  "tcp dport",
  "icmp type",
  "icmpv6 type",
]);

export type Verdict =
  | { readonly kind: "accept" | "drop" | "return" }
  | { readonly kind: "jump" | "goto"; readonly chain: string };

export interface RuleSyntax {
  readonly state?: "reply" | "related" | "established";
  /** Only the first packet of a TCP connection; such a rule notes it and goes on. */
  readonly opening?: true;
  readonly protocols?: readonly number[];
  /** A set or map that the packet is looked up in, or that it is noted in. */
  readonly use?: {
    readonly kind: "lookup" | "vmap" | "update" | "drain";
    readonly key: readonly Field[];
    readonly set: string;
  };
  readonly verdict?: Verdict;
  readonly span: Span;
}

/** Reads one rule up to its end: conditions, then one use of a set, a counter, a verdict and a comment. */
export function readRule(cursor: Cursor): RuleSyntax {
  const start = cursor.next;
  const state = readState(cursor);
  const opening = readOpening(cursor);
  const [protocols, use] = readProtocolsAndUse(cursor);
  if (cursor.takeIf("counter")) readCounter(cursor);
  const verdict = readVerdict(cursor);
  if (cursor.takeIf("comment")) readString(cursor);
  if (cursor.next === start) throw cursor.refuse(start, "a rule");
  if (!verdict && !opening && use?.kind !== "vmap") throw cursor.refuse(cursor.next, "a verdict");
  if (verdict && use?.kind === "vmap") throw cursor.refuse(start, "one verdict, the map's own");
  if (opening && use?.kind !== "update") throw cursor.refuse(start, "what is noted of an opening");
  const rule = {
    ...(state && { state }),
    ...(opening && { opening }),
    ...(protocols && { protocols }),
    ...(use && { use }),
  };
  return { ...rule, ...(verdict && { verdict }), span: cursor.span(start) };
}

/**
 * Conntrack's state and direction. Only these two say one thing about a packet whatever its protocol: the state alone
 * holds both directions, and the direction alone holds ICMP errors too. Before a drain the state stands alone.
 */
function readState(cursor: Cursor): RuleSyntax["state"] {
  if (!cursor.takeIf("ct")) return undefined;
  cursor.expect("state");
  if (cursor.takeIf("related")) return "related";
  cursor.expect("established");
  if (!cursor.takeIf("ct")) return "established";
  for (const word of ["direction", "reply"]) cursor.expect(word);
  return "reply";
}

/** `syn / fin,syn,rst,ack`, which newer listings write as `& (fin | syn | rst | ack) == syn`. */
function readOpening(cursor: Cursor): true | undefined {
  if (!cursor.takeIf("tcp")) return undefined;
  cursor.expect("flags");
  const words = cursor.takeIf("&")
    ? ["(fin", "|", "syn", "|", "rst", "|", "ack)", "==", "syn"]
    : ["syn", "/", "fin", ",", "syn", ",", "rst", ",", "ack"];
  for (const word of words) cursor.expect(word);
  return true;
}

function readProtocolsAndUse(cursor: Cursor): readonly [RuleSyntax["protocols"], RuleSyntax["use"]] {
  let protocols: readonly number[] | undefined;
  if (cursor.takeIf("meta")) {
    if (cursor.takeIf("nfproto")) return [undefined, { kind: "drain", key: [], set: readReference(cursor) }];
    cursor.expect("l4proto");
    protocols = readProtocols(cursor);
  }
  if (cursor.takeIf("update")) {
    const set = readReference(cursor);
    cursor.expect("{");
    const key = readKey(cursor);
    if (cursor.takeIf("counter")) readCounter(cursor);
    cursor.expect("}");
    return [protocols, { kind: "update", key, set }];
  }
  if (cursor.next.text !== "ip" && cursor.next.text !== "ip6") return [protocols, undefined];
  const key = readKey(cursor);
  const kind = cursor.takeIf("vmap") ? "vmap" : "lookup";
  return [protocols, { kind, key, set: readReference(cursor) }];
}

function readProtocols(cursor: Cursor): readonly number[] {
  const one = (): number => readRange(cursor, cursor.word("a protocol"), "inet_proto").from;
  if (!cursor.takeIf("{")) return [one()];
  const list = [one()];
  while (cursor.takeIf(",")) list.push(one());
  cursor.expect("}");
  return list;
}

function readKey(cursor: Cursor): readonly Field[] {
  const key: Field[] = [];
  do {
    const token = cursor.word("a part of the packet");
    const field = `${token.text} ${cursor.word("a part of the packet").text}`;
    if (!fields.has(field)) throw cursor.refuse(token, `one of ${[...fields].join(", ")}`);
    key.push(field as Field);
  } while (cursor.takeIf("."));
  return key;
}

function readReference(cursor: Cursor): string {
  const token = cursor.word("a set of ours");
  if (!/^@[a-z][a-z0-9_]*$/.test(token.text)) throw cursor.refuse(token, "a set of ours, as in @enforce4");
  return token.text.slice(1);
}

function readVerdict(cursor: Cursor): Verdict | undefined {
  for (const kind of ["accept", "drop", "return"] as const) if (cursor.takeIf(kind)) return { kind };
  for (const kind of ["jump", "goto"] as const) {
    if (cursor.takeIf(kind)) return { kind, chain: cursor.word("a chain").text };
  }
  return undefined;
}
