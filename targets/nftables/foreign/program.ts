import { meetAll } from "../../../src/compile/meet.ts";
import type { Action, Cube, Rule } from "../../../src/compile/program.ts";
import {
  type Gate,
  hookedGate,
  loopIn,
  type Reading,
  type Unmodelled,
} from "../../../src/compile/reading.ts";
import { flagCubes, otherFlags } from "../../../src/compile/tcp-flags.ts";
import { type Context, condition, presence } from "./fields.ts";
import {
  type Chain,
  type Element,
  type Listing,
  placeOf,
  type Rule as RuleSyntax,
  type Step,
  type Table,
  Unreadable,
  type Values,
  type Verdict,
} from "./syntax.ts";

/** Hooks that a forwarded packet goes through (nft(8), ADDRESS FAMILIES). */
const path = new Set(["prerouting", "forward", "postrouting", "ingress", "egress"]);

/**
 * Every base chain that a forwarded packet goes through is a gate: `accept` ends only its own. Address translation
 * decides about no packet, so its chains are named and not read; addresses are those that the filter sees.
 */
export function readingOf(listing: Listing): Reading {
  const unmodelled: Unmodelled[] = [...listing.unmodelled];
  const tracked = !listing.tables.some(({ chains }) =>
    [...chains.values()].some(({ rules }) => rules.some((rule) => constructs(rule).includes("notrack"))),
  );
  const gates: Gate[] = [];
  for (const table of listing.tables) {
    if (table.dormant || table.family === "arp") continue;
    const changing = new Set([...table.chains.values()].flatMap(({ rules }) => rules.flatMap(changedSets)));
    for (const chain of table.chains.values()) {
      if (!chain.base || !path.has(chain.base.hook)) continue;
      const name = placeOf(table, chain.name);
      if (chain.base.type === "nat")
        unmodelled.push({ construct: `address translation (${name})`, span: chain.span });
      else if (table.family === "bridge")
        unmodelled.push({ construct: `bridge filter (${name})`, span: chain.span });
      else
        gates.push(
          gateOf(
            { table, context: contextAt(chain.base.hook, tracked), changing, unmodelled },
            chain,
            chain.base,
          ),
        );
    }
  }
  return { gates, unmodelled };
}

/** Where a packet will leave is known once it is routed; that it is still known at the end where it came from is new. */
const contextAt = (hook: string, tracked: boolean): Context => ({
  tracked,
  ingress: hook === "prerouting" || hook === "forward",
  egress: hook === "forward" || hook === "postrouting",
});

const constructs = ({ steps }: RuleSyntax): readonly string[] =>
  steps.flatMap((step) => (step.kind === "unmodelled" ? step.construct : []));

const changedSets = ({ steps }: RuleSyntax): readonly string[] =>
  steps.flatMap((step) => (step.kind === "unmodelled" && step.changes !== undefined ? [step.changes] : []));

interface Scope {
  readonly table: Table;
  readonly context: Context;
  /** Sets of the table that packets fill or empty. */
  readonly changing: ReadonlySet<string>;
  /** What is found on the way. */
  readonly unmodelled: Unmodelled[];
}

/** The base chain with all that it leads to. */
function gateOf(scope: Scope, chain: Chain, { hook, policy }: NonNullable<Chain["base"]>): Gate {
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
  const reached: Cube = {
    ...(family === "ip" && { family: 4 }),
    ...(family === "ip6" && { family: 6 }),
    // These hooks belong to one device, and which one a packet takes is not known.
    ...(hook.endsWith("gress") && { uncertain: true }),
  };
  const name = placeOf(scope.table, chain.name);
  return hookedGate({ name, chain: chain.name, policy, chains, reached, span: chain.span });
}

/** One rule becomes one for each verdict that it may give. */
function resolveRule(scope: Scope, { steps, span }: RuleSyntax): readonly Rule[] {
  let cubes: readonly Cube[] = [{}];
  const rules: Rule[] = [];
  const note = (construct: string): void => void scope.unmodelled.push({ construct, span });
  for (const step of steps) {
    switch (step.kind) {
      case "unmodelled":
        note(step.construct);
        cubes = cubes.map((cube): Cube => ({ ...cube, uncertain: true }));
        break;
      case "match":
        cubes = meetAll([cubes, matched(scope, step, note)]);
        break;
      case "flags":
        note(otherFlags);
        cubes = meetAll([cubes, flagCubes(step.test)]);
        break;
      case "vmap":
        rules.push(...dispatch(scope, step, cubes, span, note));
        break;
      case "verdict":
        rules.push(...verdictRules(scope, step.verdict, cubes, span));
    }
  }
  return rules;
}

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
  const certain = elements.filter(({ expires }) => !expires);
  if (certain.length < elements.length) note("element that expires");
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
  // Other headers may stand before the one that is named.
  if (field === "ip6 nexthdr") note(field);
  if (cubes !== "not modelled") return cubes;
  note(field);
  return perhaps;
}

/** The packets of one element, the parts of its key taken together. */
function elementCubes(
  { context }: Scope,
  fields: readonly string[],
  { key, expires }: Element,
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
  return expires ? cubes.map((cube): Cube => ({ ...cube, uncertain: true })) : cubes;
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
