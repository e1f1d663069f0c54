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
import { otherFlags } from "../../../src/compile/tcp-flags.ts";
import type { Outcome } from "../../../src/diagnostics/diagnostic.ts";
import type { Family } from "../../../src/net/address.ts";
import { goingOn } from "../../xt-targets.ts";
import { condition, readProtocol } from "./conditions.ts";
import { type Chain, readFile, type Table } from "./file.ts";
import { type Option, Unreadable } from "./words.ts";

/** Whether a text looks like a dump of iptables-save, so that its errors are worth telling. */
export const isDump = (text: string): boolean => /^\*(?:filter|nat|mangle|raw|security)\s*$/m.test(text);

/** Reads anybody's rules, as `iptables-save` and `ip6tables-save` print them, each family and variant by itself. */
export function readForeign(text: string, file: string): Outcome<Reading> {
  try {
    const tables = readFile(text, file);
    const unmodelled: Unmodelled[] = [];
    const tracked = !/-j (?:NOTRACK|CT .*--notrack)/.test(text);
    const offloads = /-j FLOWOFFLOAD/.test(text);
    const translated = (family: Family): boolean =>
      tables.some((table) => table.family === family && isTranslating(table));
    const gates = [
      ...tables.flatMap((table) =>
        gatesOf({ table, tracked, offloads, translated: translated(table.family), unmodelled }),
      ),
      ...missingGates(text, file, tables, unmodelled),
    ];
    return { value: { gates, unmodelled }, diagnostics: [] };
  } catch (error) {
    if (error instanceof Unreadable) return { diagnostics: [error.diagnostic] };
    throw error;
  }
}

/**
 * The nft variant warns of tables of the legacy variant, which judge packets as well. Where they are not in the same
 * text, nothing that passes here is sure to pass.
 */
function missingGates(
  text: string,
  file: string,
  tables: readonly Table[],
  unmodelled: Unmodelled[],
): readonly Gate[] {
  return text.split(/\r?\n/).flatMap((line, index): readonly Gate[] => {
    const [, tool] = /^# Warning: (ip6?tables)-legacy tables present/.exec(line) ?? [];
    if (!tool) return [];
    const family = tool === "ip6tables" ? 6 : 4;
    const names = tables.filter((table) => table.family === family).map(({ name }) => name);
    if (new Set(names).size < names.length) return [];
    const span = { file, line: index + 1, column: 1, length: line.length };
    const name = `${tool}-legacy tables that are not in this text`;
    unmodelled.push({ construct: name, span });
    const perhaps: Rule = { cubes: [{ family, uncertain: true }], action: { kind: "drop" }, span };
    return [{ name, program: { entry: name, policy: "accept", chains: new Map([[name, [perhaps]]]) } }];
  });
}

/** Built-in chains on the way of a forwarded packet. Those of the table nat decide about no packet. */
const path: ReadonlyMap<string, readonly string[]> = new Map([
  ["raw", ["PREROUTING"]],
  ["mangle", ["PREROUTING", "FORWARD", "POSTROUTING"]],
  ["filter", ["FORWARD"]],
  ["security", ["FORWARD"]],
]);

interface Scope {
  readonly table: Table;
  /** No packet is taken out of connection tracking. */
  readonly tracked: boolean;
  /** Connections may be handed to a fast path around the filter. */
  readonly offloads: boolean;
  /** Addresses of its family are translated. */
  readonly translated: boolean;
  /** The built-in chain that leads here. */
  readonly hook?: string;
  /** What is found on the way. */
  readonly unmodelled: Unmodelled[];
}

const isTranslating = ({ name, chains }: Table): boolean =>
  name === "nat" && [...chains.values()].some(({ rules }) => rules.length > 0);

function gatesOf(scope: Scope): readonly Gate[] {
  const { family, isFamilyKnown, name, chains } = scope.table;
  if (name === "nat") {
    const translating = [...chains.values()].find(({ rules }) => rules.length > 0);
    if (translating)
      scope.unmodelled.push({ construct: "address translation", span: translating.rules[0]!.span });
    return [];
  }
  return (path.get(name) ?? []).flatMap((built) => {
    const chain = chains.get(built);
    if (!chain) return [];
    const resolved = resolveChains({ ...scope, hook: built }, built);
    const loop = loopIn(resolved);
    if (loop !== undefined) throw new Unreadable(`the chain "${loop}" leads back to itself`, chain.span);
    const title = isFamilyKnown ? `IPv${family} ${name} ${built}` : `${name} ${built}`;
    const reached: Cube = isFamilyKnown ? { family } : { uncertain: true };
    const { policy = "unknown", span } = chain;
    if (!isFamilyKnown)
      scope.unmodelled.push({ construct: `IP version of ${title}, which nothing tells`, span });
    if (policy === "unknown") scope.unmodelled.push({ construct: `policy of ${built}`, span });
    const blinded =
      built === "PREROUTING" && scope.translated ? withoutEnd(resolved, "destination") : undefined;
    if (blinded) scope.unmodelled.push({ construct: `destination before its translation (${title})`, span });
    return [
      hookedGate({
        ...{ name: title, chain: built, policy, span },
        chains: blinded ?? resolved,
        reached: scope.offloads ? offloaded(reached) : [reached],
      }),
    ];
  });
}

/** A chain and all that it leads to. */
function resolveChains(scope: Scope, start: string): ReadonlyMap<string, readonly Rule[]> {
  const resolved = new Map<string, readonly Rule[]>();
  const add = (name: string): void => {
    if (resolved.has(name)) return;
    resolved.set(name, []);
    const rules = scope.table.chains.get(name)!.rules.flatMap((rule) => resolveRule(scope, rule));
    resolved.set(name, rules);
    for (const { action } of rules) if ("chain" in action) add(action.chain);
  };
  add(start);
  return resolved;
}

function resolveRule(scope: Scope, { options, span }: Chain["rules"][number]): readonly Rule[] {
  const at = options.findIndex(({ name }) => leads.has(name));
  const asked = at < 0 ? options : options.slice(0, at);
  const proto = asked.find(({ name, negated }) => (name === "-p" || name === "--protocol") && !negated);
  const number = proto && readProtocol(proto);
  const protocol = number === "all" ? undefined : number;
  const context = {
    family: scope.table.family,
    protocol,
    // The table "raw" comes before connection tracking, the others behind it.
    tracking: !scope.tracked
      ? ("unknown" as const)
      : scope.table.name === "raw"
        ? ("none" as const)
        : ("all" as const),
    routed: scope.hook !== "PREROUTING",
  };
  let module = "";
  const conditions = asked.flatMap((option): readonly (readonly Cube[])[] => {
    if (option.name === "-m" || option.name === "--match") {
      module = option.values[0] ?? "";
      return known.has(module) ? [] : [perhaps(scope, `-m ${module}`, option)];
    }
    const belongs = option.name.startsWith("--") && !known.has(module);
    if (belongs || option.name === "--comment") return [];
    if (option.name === "--tcp-flags" || option.name === "--syn") {
      scope.unmodelled.push({ construct: otherFlags, span: option.span });
    }
    const cubes = condition(option, context);
    return [cubes === "not modelled" ? perhaps(scope, option.name, option) : cubes];
  });
  const cubes = meetAll(conditions);
  return at < 0 ? [] : verdictRules(scope, options[at]!, options.slice(at + 1), { cubes, span });
}

const leads: ReadonlySet<string> = new Set(["-j", "--jump", "-g", "--goto"]);
/** Matches of which some options are modelled; of any other nothing is, whatever its options say. */
const known: ReadonlySet<string> = new Set([
  "",
  "tcp",
  "udp",
  "udplite",
  "sctp",
  "dccp",
  "multiport",
  "icmp",
  "icmp6",
  "state",
  "conntrack",
  "iprange",
  "addrtype",
  "comment",
]);

function perhaps(scope: Scope, construct: string, { span }: Option): readonly Cube[] {
  scope.unmodelled.push({ construct, span });
  return [{ uncertain: true }];
}

/** Targets that change or note a packet and let the next rule go on with it. */
const goesOn: ReadonlySet<string> = new Set([...goingOn, "ULOG", "CLUSTERIP", "IMQ"]);

function verdictRules(
  scope: Scope,
  { name: option, values, span: place }: Option,
  rest: readonly Option[],
  { cubes, span }: { readonly cubes: readonly Cube[]; readonly span: Rule["span"] },
): readonly Rule[] {
  const [target = ""] = values;
  const rule = (action: Action, of = cubes): Rule => ({ cubes: of, action, span });
  if (scope.table.chains.has(target)) {
    return [rule({ kind: option === "-g" || option === "--goto" ? "goto" : "jump", chain: target })];
  }
  switch (target) {
    case "ACCEPT":
      return [rule({ kind: "accept" })];
    case "DROP":
    case "REJECT":
      return [rule({ kind: "drop" })];
    case "RETURN":
      return [rule({ kind: "return" })];
  }
  if (target === "NOTRACK" || (target === "CT" && rest.some(({ name }) => name === "--notrack"))) {
    scope.unmodelled.push({ construct: "-j NOTRACK", span: place });
  }
  if (target === "FLOWOFFLOAD") scope.unmodelled.push({ construct: "-j FLOWOFFLOAD", span: place });
  if (goesOn.has(target)) return [];
  if (/[a-z]/.test(target) || option !== "-j") throw new Unreadable(`there is no chain "${target}"`, place);
  scope.unmodelled.push({ construct: `-j ${target}`, span: place });
  const either = cubes.map((cube): Cube => ({ ...cube, uncertain: true }));
  return [rule({ kind: "accept" }, either), rule({ kind: "drop" }, either)];
}
