import { type FlagTest, flagBits } from "../../../src/compile/tcp-flags.ts";
import type { Cursor, Token } from "../reader/lexer.ts";
import { readElements, readKey, readVerdict } from "./elements.ts";
import { bareFields, connectionFields, headers } from "./fields.ts";
import {
  fateOf,
  limited,
  type Operator,
  type Rule,
  rejected,
  type Step,
  tcpOnly,
  Unreadable,
  untracking,
  type Values,
  type Verdict,
} from "./syntax.ts";
import { fateOfTarget } from "./xt-targets.ts";

/** Reads one rule up to the end of its line. A statement that is not known makes what is left of it unmodelled. */
export function readRule(cursor: Cursor): Rule {
  const start = cursor.next;
  const steps: Step[] = [];
  while (!isEnd(cursor)) {
    const step = readStep(cursor);
    if (step === "silent") continue;
    if (step !== "unmodelled") {
      steps.push(...step);
      continue;
    }
    steps.push(...readRest(cursor));
  }
  return { steps, span: cursor.span(start) };
}

const isEnd = ({ next }: Cursor): boolean =>
  next.kind === "newline" ||
  next.kind === "end" ||
  (next.kind === "mark" && (next.text === "}" || next.text === ";"));

function readStep(cursor: Cursor): readonly Step[] | "silent" | "unmodelled" {
  switch (cursor.next.text) {
    case "counter":
      cursor.take();
      if (cursor.takeIf("packets")) for (const _ of ["packets", "bytes", "bytes"]) cursor.take();
      else if (cursor.takeIf("name")) {
        if (headers.has(cursor.next.text)) return "unmodelled";
        cursor.take();
      }
      return "silent";
    case "log":
      cursor.take();
      while (logOptions.has(cursor.next.text)) {
        cursor.take();
        for (let more = true; more; more = cursor.takeIf(",")) cursor.take();
      }
      return "silent";
    case "last":
      // Since when a rule has matched, as from 1.0.7.
      cursor.take();
      if (cursor.takeIf("used")) cursor.take();
      return "silent";
    case "comment":
      cursor.take();
      cursor.take();
      return "silent";
    case "reject":
      return readReject(cursor);
    case "limit":
      return readLimit(cursor);
  }
  if (["jump", "goto"].includes(cursor.next.text) || terminal.has(cursor.next.text)) {
    const verdict = readVerdict(cursor)!;
    if (verdict.kind !== "unknown") return [{ kind: "verdict", verdict }];
    skipBraces(cursor);
    return [
      { kind: "unmodelled", construct: "chain without a name" },
      { kind: "verdict", verdict },
    ];
  }
  return readMatch(cursor);
}

/** `reject with tcp reset`, `reject with icmp host-unreachable`, where older versions say `icmp type`. */
function readReject(cursor: Cursor): readonly Step[] {
  const words: string[] = [];
  for (cursor.take(); !isEnd(cursor) && cursor.next.text !== "comment"; ) words.push(cursor.take().text);
  const [, kind] = words;
  return rejected(kind === "tcp" ? "tcp reset" : kind);
}

const logOptions = new Set(["prefix", "level", "group", "snaplen", "queue-threshold", "flags"]);
const terminal = new Set(["accept", "drop", "return", "continue"]);

/** `limit rate over 10 mbytes/second burst 5 packets`: what is asked behind it still holds for all that it lets on. */
function readLimit(cursor: Cursor): readonly Step[] {
  cursor.take();
  if (!cursor.takeIf("rate")) return readRest(cursor, "limit");
  cursor.takeIf("over");
  cursor.take();
  if (/^\w?bytes\//.test(cursor.next.text)) cursor.take();
  if (cursor.takeIf("burst")) for (const _ of ["number", "unit"]) cursor.take();
  return [limited];
}

/** `ip saddr . tcp dport @set`, `tcp dport != { 22, 80-90 }`, `ct state vmap { … }`. */
function readMatch(cursor: Cursor): readonly Step[] | "unmodelled" {
  const fields: string[] = [];
  do {
    const header = cursor.next.text;
    if (bareFields.has(header)) {
      cursor.take();
      fields.push(`meta ${header}`);
      continue;
    }
    if (!headers.has(header)) return "unmodelled";
    cursor.take();
    const field = cursor.next.text;
    if (header === "tcp" && field === "flags") {
      cursor.take();
      return readFlags(cursor) ?? [tcpOnly, ...readRest(cursor, "tcp flags")];
    }
    if (header === "ct" ? !connectionFields.has(field) : ["option", "chunk"].includes(field))
      return "unmodelled";
    cursor.take();
    fields.push(`${header} ${field}`);
  } while (cursor.takeIf("."));
  if (cursor.takeIf("vmap")) return [{ kind: "vmap", fields, values: readValues(cursor) }];
  if (notMatches.has(cursor.next.text)) return readRest(cursor, fields.join(" . "));
  const operator = operators.find((sign) => cursor.takeIf(sign)) ?? "==";
  return [{ kind: "match", fields, operator, values: readValues(cursor) }];
}

/** `tcp flags syn / fin,syn`, `tcp flags & (fin | syn) == syn`, `tcp flags ! syn`: undefined for anything else. */
function readFlags(cursor: Cursor): readonly Step[] | undefined {
  const masked = cursor.takeIf("&");
  const mask = masked ? readFlagSum(cursor) : undefined;
  const isNone = !masked && cursor.takeIf("!");
  const operator = (["==", "!="] as const).find((sign) => cursor.takeIf(sign));
  if (cursor.next.text === "{" || cursor.next.text.startsWith("@")) return undefined;
  const value = readFlagSum(cursor);
  const behind = cursor.takeIf("/") ? readFlagSum(cursor) : undefined;
  const equal = operator !== "!=";
  const test = ((): FlagTest | undefined => {
    if (value === undefined || (masked && (mask === undefined || operator === undefined))) return undefined;
    if (mask !== undefined) return { mask, value, equal };
    if (behind !== undefined) return { mask: behind, value, equal };
    // Without a mask and an operator any of the flags is enough.
    if (isNone) return { mask: value, value: 0, equal: true };
    return operator ? { mask: 255, value, equal } : { mask: value, value: 0, equal: false };
  })();
  return test && [{ kind: "flags", test }];
}

/** Flags joined by commas or bars, with or without parentheses. */
function readFlagSum(cursor: Cursor): number | undefined {
  const names: string[] = [];
  do names.push(cursor.take().text.replaceAll(/[()]/g, ""));
  while (cursor.takeIf(",") || cursor.takeIf("|"));
  return flagBits(names);
}

const operators: readonly Operator[] = ["==", "!=", "<=", ">=", "<", ">"];
/** Behind a field these words change it, or compute with it. */
const notMatches = new Set(["set", "map", "&", "|", "^", "<<", ">>", "!"]);

function readValues(cursor: Cursor): Values {
  if (cursor.takeIf("{")) return { kind: "elements", elements: readElements(cursor) };
  if (cursor.next.kind === "word" && cursor.next.text.startsWith("@")) {
    return { kind: "set", name: cursor.take().text.slice(1) };
  }
  const elements = [{ key: readKey(cursor) }];
  while (cursor.takeIf(",")) elements.push({ key: readKey(cursor) });
  return { kind: "elements", elements };
}

/** What is left of a rule when its grammar is not known here: its verdict is the last statement but a comment. */
function readRest(cursor: Cursor, construct = cursor.next.text): readonly Step[] {
  const at = cursor.span(cursor.next);
  const tokens: Token[] = [];
  for (let depth = 0; depth > 0 || !isEnd(cursor); ) {
    if (cursor.next.kind === "end") throw new Unreadable(`the rule with "${construct}" is not closed`, at);
    const token = cursor.take();
    if (token.kind === "mark") depth += token.text === "{" ? 1 : token.text === "}" ? -1 : 0;
    tokens.push(token);
  }
  if (tokens.at(-2)?.text === "comment") tokens.splice(-2);
  const words = tokens.map(({ kind, text }) => (kind === "string" ? "" : text));
  const changes = changedBy(words);
  return [
    { kind: "unmodelled", construct, ...(changes.length > 0 && { changes }) },
    ...(construct !== untracking && words.includes(untracking)
      ? [{ kind: "unmodelled", construct: untracking } as const]
      : []),
    ...lastVerdict(construct, tokens),
  ];
}

/** The sets that a rule fills or empties: `update @name { … }`, and as older versions print it `set add … @name`. */
function changedBy(words: readonly string[]): readonly string[] {
  return words.flatMap((word, at) => {
    if (!["add", "update", "delete"].includes(word)) return [];
    const name = ["set", "map"].includes(words[at - 1] ?? "")
      ? words.slice(at).find((one) => one.startsWith("@"))
      : words[at + 1];
    return name?.startsWith("@") ? [name.slice(1)] : [];
  });
}

function lastVerdict(construct: string, tokens: readonly Token[]): readonly Step[] {
  const [before, last] = [tokens.at(-2), tokens.at(-1)];
  const verdict = ((): Verdict | undefined => {
    if (last?.kind === "word" && before?.kind === "word" && /^(?:jump|goto)$/.test(before.text)) {
      return { kind: before.text as "jump", chain: last.text };
    }
    if (last?.kind === "word" && terminal.has(last.text)) return { kind: last.text as "accept" };
    if (tokens.some(({ kind, text }) => kind === "word" && text === "reject")) return { kind: "drop" };
    const target = tokens.findIndex(({ text }) => text === "target");
    return construct === "xt" && target >= 0 ? fateOfTarget(tokens[target + 1]?.text ?? "") : undefined;
  })();
  return fateOf([construct, ...tokens.map(({ kind, text }) => (kind === "word" ? text : ""))], verdict);
}

function skipBraces(cursor: Cursor): void {
  let depth = 0;
  do {
    if (cursor.next.kind === "end") throw new Unreadable("a brace is not closed", cursor.span(cursor.next));
    const { kind, text } = cursor.take();
    if (kind === "mark") depth += text === "{" ? 1 : text === "}" ? -1 : 0;
  } while (depth > 0);
}
