import type { Action, Cube, Program, Range, Rule } from "../../../src/compile/program.ts";
import type { Span } from "../../../src/diagnostics/diagnostic.ts";
import type { ConnectionState } from "../../../src/net/packet.ts";
import { icmpProtocol, portProtocols } from "../../../src/net/protocol.ts";
import type { Cursor } from "./lexer.ts";
import type { Field, RuleSyntax } from "./rules.ts";
import type { Element, SetSyntax } from "./sets.ts";
import { checkDispatch, checkLoops, checkMap, checkRecord, checkStage, owner, refusal } from "./structure.ts";
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
  checkDispatch(entry, cursor.span(entry.name));
  for (const set of sets.values()) checkMap(set, chains);
  for (const chain of chains.values()) {
    checkStage(chain, cursor.span(chain.name));
    checkRecord(chain, cursor.span(chain.name));
  }
  const resolved = new Map<string, readonly Rule[]>();
  for (const [name, chain] of chains) {
    resolved.set(
      name,
      chain.rules.flatMap((rule) => resolveRule(rule, name, sets, chains)),
    );
  }
  checkLoops(resolved, chains, cursor);
  return { entry: baseChain, policy: "accept", chains: resolved };
}

function resolveRule(
  rule: RuleSyntax,
  chain: string,
  sets: ReadonlyMap<string, SetSyntax>,
  chains: ReadonlyMap<string, ChainSyntax>,
): readonly Rule[] {
  const { span, use } = rule;
  if (rule.state === "established" || use?.kind === "drain") return drain(rule, chain, sets);
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
  if (use.kind === "update") return record(rule, set, use.key, conditions);
  if (set.use === "record" || set.use === "drain") {
    throw refusal(`"${set.name}" holds no permits, so this admits nothing`, span);
  }
  if (rule.protocols) throw refusal("the key of a set names the protocol already", span);
  const cubes = set.elements.map(elementMeaning(set, use.key, rule.state && [rule.state], span));
  if (!isDispatch) return [{ cubes, action: action(rule, chain, chains), span }];
  return [...new Set(set.elements.map((element) => element.chain!))].map((target) => ({
    cubes: cubes.filter((_, index) => set.elements[index]!.chain === target),
    action: { kind: "goto", chain: target },
    span,
  }));
}

/**
 * Connections that were there before go on while the set holds their IP version. What it holds is state with an end of
 * its own, so of a text such a rule means nothing; it may stand in one place only (checkStage).
 */
function drain(rule: RuleSyntax, chain: string, sets: ReadonlyMap<string, SetSyntax>): readonly Rule[] {
  const set = sets.get(rule.use?.set ?? "");
  const isDrain = rule.state === "established" && rule.use?.kind === "drain" && set?.use === "drain";
  const isOwn = set !== undefined && chain === `${owner(set.name)}_enforce`;
  if (!isDrain || !isOwn || rule.verdict?.kind !== "accept") {
    throw refusal("established connections pass while their own conduit drains, and never else", rule.span);
  }
  return [{ cubes: [], action: { kind: "accept" }, span: rule.span }];
}

function action(rule: RuleSyntax, chain: string, chains: ReadonlyMap<string, ChainSyntax>): Action {
  const verdict = rule.verdict!;
  if (verdict.kind !== "jump" && verdict.kind !== "goto") return { kind: verdict.kind };
  if (!chains.has(verdict.chain) || owner(verdict.chain) !== owner(chain)) {
    throw refusal(`there is no chain "${verdict.chain}" of the same owner`, rule.span);
  }
  return verdict;
}

/** What a packet must be to match an element, by the key under which it is looked up. */
function elementMeaning(
  set: SetSyntax,
  [first, second, ...rest]: readonly Field[],
  states: Cube["states"],
  span: Span,
): (element: Element) => Cube {
  const ip = set.family === 4 ? "ip" : "ip6";
  const forward = first === `${ip} saddr` && second === `${ip} daddr`;
  if (!forward && !(first === `${ip} daddr` && second === `${ip} saddr`)) {
    throw refusal(`the key of "${set.name}" begins with the two IPv${set.family} addresses`, span);
  }
  // Every field each time: objects of one shape are several times as fast to make and to read.
  const cube = (element: Element, parts: Pick<Cube, "sourcePort" | "destinationPort"> = {}): Cube => ({
    family: set.family,
    states,
    source: forward ? element.first : element.second,
    destination: forward ? element.second : element.first,
    protocol: element.protocol,
    sourcePort: parts.sourcePort,
    destinationPort: parts.destinationPort,
    icmpType: undefined,
    span: element.span,
    label: element.comment,
  });
  switch (`${set.rest}: ${rest.join(", ")}`) {
    case "addresses: ":
    case "protocols: meta l4proto":
      return (element) => cube(element);
    case `icmp: ${set.family === 4 ? "icmp" : "icmpv6"} type`: {
      const icmp = icmpProtocol(set.family);
      const protocol = { from: icmp, to: icmp };
      return (element) => ({ ...cube(element), protocol, icmpType: element.payload! });
    }
    case "ports: meta l4proto, th sport":
      return (element) => cube(element, { sourcePort: portOf(element) });
    case "ports: meta l4proto, th dport":
      return (element) => cube(element, { destinationPort: portOf(element) });
    default:
      throw refusal(`the key does not fit the type of "${set.name}"`, span);
  }
}

function portOf({ protocol, payload, span }: Element): Range {
  if (portProtocols.has(protocol!.from)) return payload!;
  throw refusal("this protocol has no ports: another part of its header would be read", span);
}

/**
 * Noting a packet under the request that it belongs to, with its port or ICMP type where it has one. A packet that a
 * rule notes under anything less is not recorded by it: a reply under its own addresses, a TCP packet by its protocol
 * alone. Requests, their openings and answers each have sets of their own, or their counts would say nothing. The
 * verdict behind it holds for all that the rule matches.
 */
function record(
  rule: RuleSyntax,
  set: SetSyntax,
  key: readonly Field[],
  conditions: readonly Cube[],
): readonly Rule[] {
  if (set.use !== "record") throw refusal(`"${set.name}" is not a record`, rule.span);
  const reversed = rule.state === "reply";
  if (key.join() !== recordKey(set, reversed, rule.opening ? "tcp dport" : "th dport").join()) {
    throw refusal(`"${set.name}" would record something else than the request`, rule.span);
  }
  // The meaning of a ruleset knows no flags of TCP: a rule on openings counts beside the record, and nothing else.
  if (rule.opening) return [];
  if (rule.verdict?.kind !== "return") {
    throw refusal(`a record decides about no packet; expected "return"`, rule.span);
  }
  const icmp = icmpProtocol(set.family);
  if (set.rest === "ports" && !rule.protocols?.every((protocol) => portProtocols.has(protocol))) {
    throw refusal("ports are recorded of protocols that have ports only", rule.span);
  }
  if (set.rest === "icmp" && rule.protocols?.some((protocol) => protocol !== icmp)) {
    throw refusal("an ICMP type is recorded of ICMP only", rule.span);
  }
  // nft adds the condition on ICMP itself and leaves it out of its listing.
  const implied: Cube = set.rest === "icmp" ? { protocol: { from: icmp, to: icmp } } : {};
  const matched = conditions.map((cube): Cube => ({ family: set.family, ...cube, ...implied }));
  const asked = matched.map((cube) => (rule.state ? cube : { ...cube, states: asking }));
  const noted =
    set.rest === "protocols"
      ? asked.flatMap((cube) => bareProtocols(icmp).map((protocol) => ({ ...cube, protocol })))
      : asked;
  return [
    { cubes: noted, action: { kind: "record" }, span: rule.span },
    { cubes: matched, action: { kind: "return" }, span: rule.span },
  ];
}

/** The fields of a record's key; reversed for a reply, whose source port is the one that was asked. */
function recordKey(
  { family, rest }: SetSyntax,
  reversed: boolean,
  asked: "th dport" | "tcp dport",
): readonly Field[] {
  const ip = family === 4 ? "ip" : "ip6";
  const ends: readonly Field[] = reversed ? [`${ip} daddr`, `${ip} saddr`] : [`${ip} saddr`, `${ip} daddr`];
  switch (rest) {
    case "ports":
      return [...ends, "meta l4proto", reversed ? "th sport" : asked];
    case "icmp":
      return [...ends, family === 4 ? "icmp type" : "icmpv6 type"];
    case "protocols":
      return [...ends, "meta l4proto"];
    case "addresses":
      return ends;
  }
}

/** The protocols that are known by their number alone, as ranges between those with ports and a family's ICMP. */
function bareProtocols(icmp: number): readonly Range[] {
  const others = [...portProtocols, icmp].sort((a, b) => a - b);
  return [...others, 256].map((to, index) => ({ from: (others[index - 1] ?? -1) + 1, to: to - 1 }));
}
