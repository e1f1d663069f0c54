import type { Unmodelled } from "../../../src/compile/reading.ts";
import { type FlagTest, flagBits } from "../../../src/compile/tcp-flags.ts";
import type { Span } from "../../../src/diagnostics/diagnostic.ts";
import { doubts } from "./elements.ts";
import { connectionFields, headers } from "./fields.ts";
import {
  type Chain,
  type Element,
  fateOf,
  type Listing,
  limited,
  type NamedSet,
  type Operator,
  type Rule,
  rejected,
  type Step,
  type Table,
  tcpOnly,
  Unreadable,
  untracking,
  type Values,
  type Verdict,
} from "./syntax.ts";
import { fateOfTarget } from "./xt-targets.ts";

type Json = null | boolean | number | string | readonly Json[] | JsonObject;
interface JsonObject {
  readonly [key: string]: Json;
}

/** Reads what `nft -j list ruleset` prints (libnftables-json(5)). All of it stands on one line. @throws {Unreadable} */
export function readJson(text: string, file: string): Listing {
  const span: Span = { file, line: 1, column: 1, length: 1 };
  const tables = new Map<string, Draft>();
  const unmodelled: Unmodelled[] = [];
  for (const item of itemsOf(text, span)) {
    const [kind = "", content = null] = Object.entries(asObject(item, span))[0] ?? [];
    const object = asObject(content, span);
    if (kind === "metainfo") {
      const version = `${object.version}`;
      if (hidesDormant(version)) {
        unmodelled.push({
          construct: `tables that are dormant, which nft ${version} tells in its text only`,
          span,
        });
      }
      continue;
    }
    const name = kind === "table" ? object.name : object.table;
    const key = `${object.family} ${name}`;
    if (kind === "table") {
      const dormant = listOf(object.flags ?? []).includes("dormant");
      const table = { family: `${object.family}`, name: `${name}`, dormant };
      tables.set(key, { ...table, chains: new Map(), sets: new Map() });
      continue;
    }
    const table = tables.get(key);
    if (!table) throw new Unreadable(`the ${kind} "${object.name ?? object.chain}" is in no table`, span);
    switch (kind) {
      case "chain":
        table.chains.set(`${object.name}`, { ...readChain(object, span), rules: [] });
        break;
      case "rule": {
        const chain = table.chains.get(`${object.chain}`);
        if (!chain)
          throw new Unreadable(`a rule is in the chain "${object.chain}", which is not there`, span);
        chain.rules.push({ steps: readRule(listOf(object.expr ?? []), table.family), span });
        break;
      }
      case "set":
      case "map":
        table.sets.set(`${object.name}`, readSet(object));
        break;
      case "flowtable":
        unmodelled.push({ construct: kind, span });
        break;
      default:
        if (!objects.has(kind)) unmodelled.push({ construct: `object "${kind}"`, span });
    }
  }
  return { tables: [...tables.values()], unmodelled };
}

/** Up to 1.0.6 the JSON has no flags of tables. */
function hidesDormant(version: string): boolean {
  const [major = 9, minor = 0, patch = 0] = version.split(".").map(Number);
  return major < 1 || (major === 1 && minor === 0 && patch <= 6);
}

type Draft = Omit<Table, "chains" | "sets"> & {
  readonly chains: Map<string, Omit<Chain, "rules"> & { readonly rules: Rule[] }>;
  readonly sets: Map<string, NamedSet>;
};

/** Objects that statements refer to by name; by themselves they do nothing to a packet. */
const objects = new Set([
  "counter",
  "quota",
  "limit",
  "ct helper",
  "ct timeout",
  "ct expectation",
  "secmark",
  "synproxy",
]);

function itemsOf(text: string, span: Span): readonly Json[] {
  try {
    return listOf(asObject(JSON.parse(text) as Json, span).nftables ?? []);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Unreadable(`this is not JSON: ${error.message}`, span);
    throw error;
  }
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value: Json): readonly Json[] => (Array.isArray(value) ? value : [value]);

function asObject(value: Json, span: Span): JsonObject {
  if (isObject(value)) return value;
  throw new Unreadable("an object was expected", span);
}

function readChain({ name, type, hook, prio, policy }: JsonObject, span: Span): Omit<Chain, "rules"> {
  const base = hook !== undefined && {
    base: {
      type: `${type}`,
      hook: `${hook}`,
      priority: typeof prio === "number" ? prio : undefined,
      policy: policy === "drop" ? ("drop" as const) : ("accept" as const),
    },
  };
  return { name: `${name}`, ...base, span };
}

const readSet = ({ elem }: JsonObject): NamedSet => ({
  elements: listOf(elem ?? []).map(readElement),
});

/** A value, or in a map a pair of a value and what it leads to; each may carry a timeout and more. */
function readElement(item: Json): Element {
  const [first, verdict] = Array.isArray(item) ? (item as readonly Json[]) : [item];
  const inner = isObject(first) && isObject(first.elem) ? first.elem : undefined;
  const value = inner ? inner.val! : first!;
  const key = isObject(value) && value.concat !== undefined ? listOf(value.concat) : [value];
  const leads = verdict === undefined ? undefined : readVerdict(verdict);
  const doubt = Object.keys(inner ?? {}).flatMap((name) => doubts.get(name) ?? [])[0];
  return {
    key: key.map((part) => valueText(part) ?? ""),
    ...(leads && { verdict: leads }),
    ...(doubt && { doubt }),
  };
}

/** A value as the text has it; undefined when it is computed. */
function valueText(value: Json): string | undefined {
  if (!isObject(value))
    return Array.isArray(value) || value === null ? undefined : `${value as string | number}`;
  if (isObject(value.prefix)) return `${value.prefix.addr}/${value.prefix.len}`;
  if (!Array.isArray(value.range)) return undefined;
  const [from, to] = (value.range as readonly Json[]).map(valueText);
  return from === undefined || to === undefined ? undefined : `${from}-${to}`;
}

function readVerdict(statement: Json): Verdict | undefined {
  if (!isObject(statement)) return undefined;
  for (const kind of ["accept", "drop", "return", "continue"] as const)
    if (kind in statement) return { kind };
  for (const kind of ["jump", "goto"] as const) {
    const to = statement[kind];
    if (isObject(to)) return { kind, chain: `${to.target}` };
  }
  return undefined;
}

function readRule(expressions: readonly Json[], family: string): readonly Step[] {
  const steps: Step[] = [];
  for (const [at, expression] of expressions.entries()) {
    const verdict = readVerdict(expression);
    if (verdict) {
      steps.push({ kind: "verdict", verdict });
      continue;
    }
    if (isObject(expression) && "reject" in expression) {
      steps.push(...rejected(rejection(expression.reject ?? null, family)));
      continue;
    }
    if (typeof expression === "string") return [...steps, ...readPlain(expression)];
    const [kind = "", content = null] = isObject(expression) ? (Object.entries(expression)[0] ?? []) : [];
    if (kind === "log" || kind === "last" || (kind === "counter" && !isComputed(content))) continue;
    const read =
      kind === "match" || kind === "vmap"
        ? readCondition(kind, content as JsonObject)
        : readLimit(kind, content);
    if (read) steps.push(read);
    else return [...steps, ...readRest(kind, content, expressions.slice(at))];
  }
  return steps;
}

/** How a rejection answers, where the text says it: a table of one family has an answer of its own. */
function rejection(content: Json, family: string): string | undefined {
  if (!isObject(content)) return undefined;
  const ofFamily = (family === "ip" || family === "ip6") && content.expr === "port-unreachable";
  return ofFamily ? undefined : `${content.type}`;
}

/** A counter is named, or stands there with its numbers; a map of counters is computed. */
const isComputed = (content: Json): boolean => isObject(content) && content.packets === undefined;

const readLimit = (kind: string, content: Json): Step | undefined =>
  kind === "limit" && isObject(content) && content.rate !== undefined ? limited : undefined;

/** Undefined where the field or the value is computed. */
function readCondition(kind: "match" | "vmap", content: JsonObject): Step | undefined {
  const test = kind === "match" ? flagTest(content) : undefined;
  if (test) return { kind: "flags", test };
  const left = (kind === "match" ? content.left : content.key) ?? null;
  const parts = isObject(left) && left.concat !== undefined ? listOf(left.concat) : [left];
  const fields = parts.map(fieldOf);
  if (fields.includes(undefined)) return undefined;
  const values = readValues((kind === "match" ? content.right : content.data) ?? null);
  if (!values) return undefined;
  const known = fields as readonly string[];
  if (kind === "vmap") return { kind, fields: known, values };
  return { kind, fields: known, operator: operatorOf(`${content.op}`), values };
}

/** A test of TCP flags, with a mask or without; undefined for anything else. */
function flagTest({ op, left = null, right = null }: JsonObject): FlagTest | undefined {
  const [field, given = null] =
    isObject(left) && Array.isArray(left["&"]) ? (left["&"] as readonly Json[]) : [left];
  if (!isObject(field) || !isObject(field.payload)) return undefined;
  if (field.payload.protocol !== "tcp" || field.payload.field !== "flags") return undefined;
  const [mask, value] = [given, right].map((one) => flagBits(flagNames(one) ?? ["?"]));
  if (value === undefined) return undefined;
  if (field !== left) return mask === undefined ? undefined : { mask, value, equal: op === "==" };
  if (op === "in") return { mask: value, value: 0, equal: false };
  return op === "!" ? { mask: value, value: 0, equal: true } : { mask: 255, value, equal: op === "==" };
}

/** Names of flags in a list, or in nested sums. */
function flagNames(value: Json): readonly string[] | undefined {
  if (typeof value === "string" || typeof value === "number") return [`${value}`];
  const parts = Array.isArray(value) ? (value as readonly Json[]) : isObject(value) ? value["|"] : undefined;
  if (!Array.isArray(parts)) return undefined;
  const names = (parts as readonly Json[]).map(flagNames);
  return names.includes(undefined) ? undefined : (names as readonly (readonly string[])[]).flat();
}

/** "in" asks whether any of some flags is set, as the states of a connection are. */
const operatorOf = (text: string): Operator => (text === "in" ? "==" : (text as Operator));

function fieldOf(expression: Json): string | undefined {
  if (!isObject(expression)) return undefined;
  const { meta, ct, payload } = expression;
  if (isObject(meta)) return `meta ${meta.key}`;
  if (isObject(ct))
    return ct.dir === undefined && connectionFields.has(`${ct.key}`) ? `ct ${ct.key}` : undefined;
  if (!isObject(payload) || payload.field === undefined || !headers.has(`${payload.protocol}`))
    return undefined;
  return payload.field === "flags" && payload.protocol === "tcp"
    ? undefined
    : `${payload.protocol} ${payload.field}`;
}

function readValues(right: Json): Values | undefined {
  if (typeof right === "string" && right.startsWith("@")) return { kind: "set", name: right.slice(1) };
  if (isObject(right) && right.set !== undefined) {
    return { kind: "elements", elements: listOf(right.set).map(readElement) };
  }
  const elements = listOf(right).map(readElement);
  return elements.some(({ key }) => key.includes("")) ? undefined : { kind: "elements", elements };
}

/** A statement that nft lists as text, because it has no JSON for it. */
function readPlain(text: string): readonly Step[] {
  const [, word = "", changes] = /^(\w+)(?: @(\S+))?/.exec(text) ?? [];
  const step: Step = {
    kind: "unmodelled",
    construct: word,
    ...(changes !== undefined && { changes: [changes] }),
  };
  return /^(?:jump|goto) /.test(text) ? [step, { kind: "verdict", verdict: { kind: "unknown" } }] : [step];
}

/** What is left of a rule behind something that is not known here: its verdict, if it has one. */
function readRest(kind: string, content: Json, rest: readonly Json[]): readonly Step[] {
  const asksFlags = JSON.stringify(content).includes('{"protocol":"tcp","field":"flags"}');
  const statements = rest.filter(isObject);
  const words = statements.flatMap((statement) => Object.keys(statement));
  const rejects: Verdict[] = words.includes("reject") ? [{ kind: "drop" }] : [];
  const verdict = [...statements.flatMap((statement) => readVerdict(statement) ?? []), ...rejects].at(-1);
  // A match of iptables, where nft says so (from 1.0.7), ends nothing.
  const targets = statements.flatMap(({ xt }) =>
    xt === undefined || (isObject(xt) && xt.type === "match") ? [] : isObject(xt) ? `${xt.name}` : "",
  );
  const [target] = targets.flatMap((name) => fateOfTarget(name) ?? []);
  const changes = statements.flatMap(changedBy);
  return [
    ...(asksFlags ? [tcpOnly] : []),
    {
      kind: "unmodelled",
      construct: asksFlags ? "tcp flags" : kind || "statement",
      ...(changes.length > 0 && { changes }),
    },
    ...(kind !== untracking && (words.includes(untracking) || targets.includes("CT"))
      ? [{ kind: "unmodelled", construct: untracking } as const]
      : []),
    ...fateOf(words, verdict ?? target),
  ];
}

/** The set or map that a statement fills or empties. */
function changedBy(statement: JsonObject): readonly string[] {
  return (["set", "map"] as const).flatMap((kind) => {
    const content = statement[kind];
    const name = isObject(content) ? content[kind] : undefined;
    return typeof name === "string" ? [name.replace(/^@/, "")] : [];
  });
}
