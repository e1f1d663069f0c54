import { meetAll } from "../../../src/compile/meet.ts";
import type { Action, Cube, Rule } from "../../../src/compile/program.ts";
import {
  type Gate,
  hookedGate,
  loopIn,
  offloaded,
  type Reading,
  type Unmodelled,
  withoutEnd,
} from "../../../src/compile/reading.ts";
import { flagCubes, otherFlags } from "../../../src/compile/tcp-flags.ts";
import { contextAt, isTranslating, shares, specialOf, unlikeEnd } from "./base-chain.ts";
import { type Context, condition, presence } from "./fields.ts";
import {
  type Base,
  type Chain,
  type Element,
  type Listing,
  placeOf,
  type Rule as RuleSyntax,
  type Step,
  type Table,
  Unreadable,
  untracking,
  type Values,
  type Verdict,
} from "./syntax.ts";

/** Hooks that a forwarded packet goes through (nft(8), ADDRESS FAMILIES). */
const path = new Set(["prerouting", "forward", "postrouting", "ingress", "egress"]);

/**
 * Every base chain that a forwarded packet goes through is a gate: `accept` ends only its own. Addresses are those that
 * the filter sees; translation of them is named, and may drop. What comes from or goes to a bridge also goes through
 * the chains of that, whose rules count for a packet or do not.
 */
export function readingOf({ tables, unmodelled: found }: Listing): Reading {
  const unmodelled: Unmodelled[] = [...found];
  const judging = tables.filter(({ dormant, family }) => !dormant && family !== "arp");
  const notracks = judging.some((table) => someRule(table, (rule) => constructs(rule).includes(untracking)));
  const translates = judging.filter(isTranslating).map(({ family }) => family);
  const offloads = found.some(({ construct }) => construct === "flowtable");
  const gates: Gate[] = [];
  for (const table of judging) {
    const changing = new Set([...table.chains.values()].flatMap(({ rules }) => rules.flatMap(changedSets)));
    for (const chain of table.chains.values()) {
      const { base } = chain;
      if (!base || !(path.has(base.hook) || table.family === "bridge")) continue;
      const name = placeOf(table, chain.name);
      const special = specialOf(table, base);
      if (special) unmodelled.push({ construct: `${special} (${name})`, span: chain.span });
      const context = contextAt(table, base, notracks);
      const scope = { table, context, changing, unmodelled };
      const translated = translates.some((family) => shares(family, table.family));
      const gate = gateOf(scope, chain, base, { offloads, translated });
      if (base.type !== "nat" || drops(gate)) gates.push(gate);
    }
  }
  return { gates, unmodelled };
}

const someRule = ({ chains }: Table, is: (rule: RuleSyntax) => boolean): boolean =>
  [...chains.values()].some(({ rules }) => rules.some(is));

/** A chain for address translation is a gate only when it may drop what opens a connection. */
const drops = ({ program: { chains } }: Gate): boolean =>
  [...chains.values()].some((rules) => rules.some(({ action }) => action.kind === "drop"));

const constructs = ({ steps }: RuleSyntax): readonly string[] =>
  steps.flatMap((step) => (step.kind === "unmodelled" ? step.construct : []));

const changedSets = ({ steps }: RuleSyntax): readonly string[] =>
  steps.flatMap((step) => (step.kind === "unmodelled" ? (step.changes ?? []) : []));

interface Scope {
  readonly table: Table;
  readonly context: Context;
  /** Sets of the table that packets fill or empty. */
  readonly changing: ReadonlySet<string>;
  /** What is found on the way. */
  readonly unmodelled: Unmodelled[];
}

/** The base chain with all that it leads to. */
function gateOf(
  scope: Scope,
  chain: Chain,
  base: Base,
  { offloads, translated }: { readonly offloads: boolean; readonly translated: boolean },
): Gate {
  const { family } = scope.table;
  const chains = new Map<string, readonly Rule[]>();
  const add = (one: Chain): void => {
    if (chains.has(one.name)) return;
    chains.set(one.name, []);
    const rules = one.rules.flatMap((rule) => resolveRule(scope, rule));
    chains.set(one.name, rules);
    for (const { action } of rules) if ("chain" in action) add(scope.table.chains.get(action.chain)!);
  };
  add(chain);
  const loop = loopIn(chains);
  if (loop !== undefined) throw new Unreadable(`the chain "${loop}" leads back to itself`, chain.span);
  const perhaps = specialOf(scope.table, base) !== undefined;
  const reached: Cube = {
    ...(family === "ip" && { family: 4 }),
    ...(family === "ip6" && { family: 6 }),
    ...(base.type === "nat" && { states: ["original", "related"] }),
    ...(perhaps && { uncertain: true }),
  };
  const unlike = translated ? unlikeEnd(base) : undefined;
  const blinded = unlike && withoutEnd(chains, unlike);
  if (blinded) scope.unmodelled.push({ construct: `${unlike} beyond its translation`, span: chain.span });
  return hookedGate({
    ...{ name: placeOf(scope.table, chain.name), chain: chain.name, policy: base.policy, span: chain.span },
    chains: blinded ?? chains,
    reached: offloads && !perhaps ? offloaded(reached) : [reached],
  });
}

/** One rule becomes one for each verdict that it may give. */
function resolveRule(scope: Scope, { steps, span }: RuleSyntax): readonly Rule[] {
  let cubes: readonly Cube[] = [{}];
  const rules: Rule[] = [];
  const noted = new Set<string>();
  let notes = 0;
  /** Lists what is not modelled, once for a rule however often it stands there. */
  const note = (construct: string): void => {
    notes += 1;
    if (!noted.has(construct)) scope.unmodelled.push({ construct, span });
    noted.add(construct);
  };
  /** Fields of which something is not known of some packets only, which what else is asked may leave out. */
  const doubtful = new Set<string>();
  /** The cubes as far as their doubt comes from such fields, and whether a verdict depends on one. */
  let doubts: readonly Cube[] = [{}];
  let isOpen = false;
  for (const step of steps) {
    switch (step.kind) {
      case "unmodelled":
        note(step.construct);
        cubes = cubes.map((cube): Cube => ({ ...cube, uncertain: true }));
        break;
      case "match": {
        const before = notes;
        const asked = matched(scope, step, note);
        const isNamed = notes > before;
        if (!isNamed && asked.some(({ uncertain }) => uncertain)) doubtful.add(step.fields.join(" . "));
        cubes = meetAll([cubes, asked]);
        doubts = meetAll([doubts, isNamed ? asked.map(certain) : asked]);
        break;
      }
      case "flags":
        note(otherFlags);
        cubes = meetAll([cubes, flagCubes(step.test)]);
        doubts = meetAll([doubts, flagCubes(step.test).map(certain)]);
        break;
      case "vmap": {
        const before = notes;
        rules.push(...dispatch(scope, step, cubes, span, note));
        const isNamed = notes > before;
        if (isNamed || !dispatch(scope, step, doubts, span, note).some(isDoubtful)) break;
        doubtful.add(step.fields.join(" . "));
        isOpen = true;
        break;
      }
      case "verdict":
        rules.push(...verdictRules(scope, step.verdict, cubes, span));
        if (verdictRules(scope, step.verdict, doubts, span).some(isDoubtful)) isOpen = true;
    }
  }
  if (isOpen) for (const field of doubtful) if (!noted.has(field)) note(field);
  return rules;
}

const certain = ({ uncertain: _, ...cube }: Cube): Cube => cube;
const isDoubtful = ({ cubes }: Rule): boolean => cubes.some(({ uncertain }) => uncertain);

function verdictRules(
  { table }: Scope,
  verdict: Verdict,
  cubes: readonly Cube[],
  span: RuleSyntax["span"],
): readonly Rule[] {
  const rule = (action: Action, of = cubes): Rule => ({ cubes: of, action, span });
  switch (verdict.kind) {
    case "continue":
      return [];
    case "unknown": {
      const perhaps = cubes.map((cube): Cube => ({ ...cube, uncertain: true }));
      return [rule({ kind: "accept" }, perhaps), rule({ kind: "drop" }, perhaps)];
    }
    case "jump":
    case "goto":
      if (table.chains.has(verdict.chain)) return [rule(verdict)];
      throw new Unreadable(
        `there is no chain "${verdict.chain}" in table ${table.family} ${table.name}`,
        span,
      );
    default:
      return [rule({ kind: verdict.kind })];
  }
}

type Note = (construct: string) => void;

function matched(scope: Scope, step: Extract<Step, { kind: "match" }>, note: Note): readonly Cube[] {
  const { fields, operator, values } = step;
  const { elements, changes } = contentOf(scope, values);
  const [field = ""] = fields;
  const here: Cube = meetAll(fields.map((one) => [presence(one)]))[0] ?? {};
  const perhaps: readonly Cube[] = [{ ...here, uncertain: true }];
  if (changes || (fields.length > 1 && operator !== "==")) {
    note(changes ? "set that changes" : `!= on ${fields.join(" . ")}`);
    return perhaps;
  }
  if (isMultiport(fields, elements)) {
    note("--ports of iptables, which nft lists without a negation");
    return perhaps;
  }
  const certain = elements.filter(({ doubt }) => !doubt);
  noteDoubts(elements, note);
  if (fields.length > 1) return elements.flatMap((element) => elementCubes(scope, fields, element, note));
  if (certain.length < elements.length) {
    if (operator !== "==") return perhaps;
    return elements.flatMap((element) => elementCubes(scope, fields, element, note));
  }
  const cubes = condition(
    field,
    operator,
    certain.map(({ key }) => key[0]!),
    scope.context,
  );
  if (cubes !== "not modelled") return cubes;
  note(field);
  return perhaps;
}

/** `-m multiport --ports` as nft 1.0.6 lists it: either port may be any. What it lists is not always what is loaded. */
const isMultiport = ([first, second]: readonly string[], elements: readonly Element[]): boolean =>
  /^\w+ sport$/.test(first ?? "") &&
  second === first!.replace("sport", "dport") &&
  elements.some(({ key }) => key[0] === "0-65535");

function noteDoubts(elements: readonly Element[], note: Note): void {
  for (const doubt of new Set(elements.flatMap((element) => element.doubt ?? []))) note(doubt);
}

/** The packets of one element, the parts of its key taken together. */
function elementCubes(
  { context }: Scope,
  fields: readonly string[],
  { key, doubt }: Element,
  note: Note,
): readonly Cube[] {
  const parts = fields.map((field, index): readonly Cube[] => {
    // One `*` stands for every key.
    const cubes = condition(field, "==", [key[index] ?? "*"], context);
    if (cubes !== "not modelled") return cubes;
    note(field);
    return [{ ...presence(field), uncertain: true }];
  });
  const cubes = meetAll(parts);
  return doubt ? cubes.map((cube): Cube => ({ ...cube, uncertain: true })) : cubes;
}

/** The element that every key matches which no other does. */
const isCatchAll = ({ key }: Element): boolean => key.length === 1 && key[0] === "*";

/** A map of verdicts: one rule for each element. */
function dispatch(
  scope: Scope,
  { fields, values }: Extract<Step, { kind: "vmap" }>,
  cubes: readonly Cube[],
  span: RuleSyntax["span"],
  note: Note,
): readonly Rule[] {
  const { elements, changes } = contentOf(scope, values);
  if (changes) note("map that changes");
  noteDoubts(elements, note);
  const others = elements.filter((one) => !isCatchAll(one));
  const rest = (): readonly Cube[] =>
    matched(
      scope,
      { kind: "match", fields, operator: "!=", values: { kind: "elements", elements: others } },
      note,
    );
  return elements.flatMap((element) => {
    const keys = isCatchAll(element) ? rest() : elementCubes(scope, fields, element, note);
    const keyed = meetAll([cubes, keys]);
    const own = changes ? keyed.map((cube): Cube => ({ ...cube, uncertain: true })) : keyed;
    return element.verdict ? verdictRules(scope, element.verdict, own, span) : [];
  });
}

function contentOf(
  { table, changing }: Scope,
  values: Values,
): { readonly changes: boolean; readonly elements: readonly Element[] } {
  if (values.kind === "elements") return { changes: false, elements: values.elements };
  const { elements } = table.sets.get(values.name) ?? { elements: [] };
  return { changes: changing.has(values.name) || !table.sets.has(values.name), elements };
}
