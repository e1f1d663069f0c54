import type { Action, Cube, Program, Rule } from "../../../src/compile/program.ts";
import type { Span } from "../../../src/diagnostics/diagnostic.ts";
import type { ConnectionState } from "../../../src/net/packet.ts";
import { icmpProtocol, portProtocols } from "../../../src/net/protocol.ts";
import { type Cursor, Refusal } from "./lexer.ts";
import type { Field, RuleSyntax } from "./rules.ts";
import { ambiguity, type Element, type SetSyntax } from "./sets.ts";
import { baseChain, type ChainSyntax, type TableSyntax } from "./table.ts";

/** States of a packet that asks: all but the reply direction of a connection. */
const asking: readonly ConnectionState[] = ["original", "none", "related"];

/**
 * Gives a table its meaning. Refuses what a reader could not be sure of: a name that is not there, a chain of one
 * conduit that uses a set of another, a port read from a protocol without ports, a record under a wrong key.
 */
export function resolve({ sets, chains }: TableSyntax, cursor: Cursor): Program {
  const entry = chains.get(baseChain);
  if (!entry) throw refusal(`there is no chain "${baseChain}"`, cursor.span(cursor.next));
  for (const set of sets.values()) checkMap(set, chains);
  const resolved = new Map<string, readonly Rule[]>();
  for (const [name, chain] of chains) {
    resolved.set(
      name,
      chain.rules.flatMap((rule) => resolveRule(rule, name, sets, chains)),
    );
  }
  refuseLoops(resolved, chains, cursor);
  return { entry: baseChain, policy: "accept", chains: resolved };
}

/** Whose object it is: the name without its last part. */
const owner = (name: string): string => name.slice(0, name.lastIndexOf("_"));

function refusal(message: string, span: Span): Refusal {
  return new Refusal({
    code: "ruleset/meaning",
    severity: "error",
    message,
    span,
    fix: 'write the ruleset anew with "sluice compile"',
  });
}

/** A dispatch map leads to chains of its own stage and generation, and never leaves the choice to the kernel. */
function checkMap(set: SetSyntax, chains: ReadonlyMap<string, ChainSyntax>): void {
  if (set.kind !== "map") return;
  const stage = set.name.slice(0, -1);
  const wanted = stage === "trial" ? /^t_.*_(?:monitor|enforce)$/ : new RegExp(`^c_.*_${stage}$`);
  const isDispatch = ["trial", "enforce", "monitor"].includes(stage) && set.name.endsWith(`${set.family}`);
  if (!isDispatch || (set.use === "leased") !== (stage === "trial") || set.rest !== "addresses") {
    throw refusal(`"${set.name}" is not a dispatch map of ours`, set.span);
  }
  for (const { chain = "", span } of set.elements) {
    if (!wanted.test(chain) || !chains.has(chain)) {
      throw refusal(`"${set.name}" leads to "${chain}", which is not a chain of that stage`, span);
    }
  }
  const twice = ambiguity(set);
  if (twice) throw refusal(`"${set.name}" has two elements that one packet can meet`, twice.span);
}

function resolveRule(
  rule: RuleSyntax,
  chain: string,
  sets: ReadonlyMap<string, SetSyntax>,
  chains: ReadonlyMap<string, ChainSyntax>,
): readonly Rule[] {
  const { span, use } = rule;
  const states: Cube = rule.state ? { states: [rule.state] } : {};
  const conditions = rule.protocols
    ? rule.protocols.map((protocol): Cube => ({ ...states, protocol: { from: protocol, to: protocol } }))
    : [states];
  if (!use) return [{ cubes: conditions, action: action(rule, chain, chains), span }];
  const set = sets.get(use.set);
  if (!set) throw refusal(`there is no set "${use.set}"`, span);
  const isDispatch = set.kind === "map";
  if (isDispatch !== (chain === baseChain) || isDispatch !== (use.kind === "vmap")) {
    throw refusal(
      `"${use.set}" is not used so: a map dispatches in "${baseChain}", a set serves its conduit`,
      span,
    );
  }
  if (!isDispatch && owner(set.name) !== owner(chain)) {
    throw refusal(`chain "${chain}" uses the set "${set.name}" of another owner`, span);
  }
  if (use.kind === "update") return record(rule, set, use.key, conditions, chain, chains);
  if (set.use === "record") throw refusal(`"${set.name}" is a record and admits nothing`, span);
  if (rule.protocols) throw refusal("the key of a set names the protocol already", span);
  const cubes = set.elements.map((element) => ({ ...states, ...elementCube(set, use.key, element, span) }));
  if (!isDispatch) return [{ cubes, action: action(rule, chain, chains), span }];
  return [...new Set(set.elements.map((element) => element.chain!))].map((target) => ({
    cubes: cubes.filter((_, index) => set.elements[index]!.chain === target),
    action: { kind: "goto", chain: target },
    span,
  }));
}

function action(rule: RuleSyntax, chain: string, chains: ReadonlyMap<string, ChainSyntax>): Action {
  const verdict = rule.verdict!;
  if (verdict.kind !== "jump" && verdict.kind !== "goto") return { kind: verdict.kind };
  if (!chains.has(verdict.chain) || owner(verdict.chain) !== owner(chain)) {
    throw refusal(`there is no chain "${verdict.chain}" of the same owner`, rule.span);
  }
  return verdict;
}

/** What a packet must be to match an element under a key. */
function elementCube(set: SetSyntax, key: readonly Field[], element: Element, span: Span): Cube {
  const ip = set.family === 4 ? "ip" : "ip6";
  const [first, second, ...rest] = key;
  const forward = first === `${ip} saddr` && second === `${ip} daddr`;
  if (!forward && !(first === `${ip} daddr` && second === `${ip} saddr`)) {
    throw refusal(`the key of "${set.name}" begins with the two IPv${set.family} addresses`, span);
  }
  const [source, destination] = forward ? [element.first, element.second] : [element.second, element.first];
  const label = element.comment === undefined ? {} : { label: element.comment };
  const cube: Cube = { family: set.family, source, destination, span: element.span, ...label };
  const payload = element.payload!;
  switch (`${set.rest}: ${rest.join(", ")}`) {
    case "addresses: ":
      return cube;
    case "protocols: meta l4proto":
      return { ...cube, protocol: element.protocol! };
    case `icmp: ${set.family === 4 ? "icmp" : "icmpv6"} type`: {
      const protocol = icmpProtocol(set.family);
      return { ...cube, protocol: { from: protocol, to: protocol }, icmpType: payload };
    }
    case "ports: meta l4proto, th sport":
    case "ports: meta l4proto, th dport": {
      if (!portProtocols.has(element.protocol!.from)) {
        throw refusal("this protocol has no ports: another part of its header would be read", element.span);
      }
      const side = rest[1] === "th sport" ? { sourcePort: payload } : { destinationPort: payload };
      return { ...cube, protocol: element.protocol!, ...side };
    }
    default:
      throw refusal(`the key does not fit the type of "${set.name}"`, span);
  }
}

/**
 * Noting a packet under the request that it belongs to. A reply that is noted under its own addresses is not recorded
 * (ICMP apart, where a type has no reverse), so such a rule records packets that ask and lets go of all the same.
 */
function record(
  rule: RuleSyntax,
  set: SetSyntax,
  key: readonly Field[],
  conditions: readonly Cube[],
  chain: string,
  chains: ReadonlyMap<string, ChainSyntax>,
): readonly Rule[] {
  if (set.use !== "record") throw refusal(`"${set.name}" is not a record`, rule.span);
  const reversed = rule.state === "reply" && set.rest !== "icmp";
  const ip = set.family === 4 ? "ip" : "ip6";
  const ends = reversed ? [`${ip} daddr`, `${ip} saddr`] : [`${ip} saddr`, `${ip} daddr`];
  const rest = {
    ports: ["meta l4proto", reversed ? "th sport" : "th dport"],
    icmp: [set.family === 4 ? "icmp type" : "icmpv6 type"],
    protocols: ["meta l4proto"],
    addresses: [],
  }[set.rest];
  if (key.join() !== [...ends, ...rest].join()) {
    throw refusal(`"${set.name}" would record something else than the request`, rule.span);
  }
  const matched = conditions.map((cube): Cube => ({ family: set.family, ...cube, ...impliedProtocol(set) }));
  if (set.rest === "ports" && !rule.protocols?.every((protocol) => portProtocols.has(protocol))) {
    throw refusal("ports are recorded of protocols that have ports only", rule.span);
  }
  if (set.rest === "icmp" && rule.protocols?.some((protocol) => protocol !== icmpProtocol(set.family))) {
    throw refusal("an ICMP type is recorded of ICMP only", rule.span);
  }
  const noted = matched.map((cube) =>
    rule.state || set.rest === "icmp" ? cube : { ...cube, states: asking },
  );
  return [
    { cubes: noted, action: { kind: "record" }, span: rule.span },
    { cubes: matched, action: action(rule, chain, chains), span: rule.span },
  ];
}

/** `icmp type` in a key matches ICMP alone; nft adds the condition itself and leaves it out of its listing. */
function impliedProtocol(set: SetSyntax): Cube {
  if (set.rest !== "icmp") return {};
  const protocol = icmpProtocol(set.family);
  return { protocol: { from: protocol, to: protocol } };
}

function refuseLoops(
  rules: ReadonlyMap<string, readonly Rule[]>,
  chains: ReadonlyMap<string, ChainSyntax>,
  cursor: Cursor,
): void {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) {
      throw refusal(`chain "${name}" comes back to itself`, cursor.span(chains.get(name)!.name));
    }
    if (done.has(name)) return;
    for (const { action: next } of rules.get(name)!) {
      if (next.kind === "jump" || next.kind === "goto") visit(next.chain, [...path, name]);
    }
    done.add(name);
  };
  for (const name of chains.keys()) visit(name, []);
}
