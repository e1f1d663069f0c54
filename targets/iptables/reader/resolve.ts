import type { Cube, Program, Rule } from "../../../src/compile/program.ts";
import { protocolNumbers } from "../../../src/net/protocol.ts";
import type { FileSyntax } from "./file.ts";
import { Refusal } from "./lines.ts";
import { cubesOf, notedCubes, type RuleSyntax } from "./rule.ts";

const [root, trial, confirmed] = ["SLUICE", "SLUICE-TRIAL", "SLUICE-CONFIRMED"];

/**
 * Gives a file its meaning. Refuses what a reader could not be sure of: a name that is not there, a chain of one
 * conduit that leads into another, a record in a set of another owner.
 */
export function resolve({ file, sets, chains, rules }: FileSyntax): Program {
  const start = { file, line: 1, column: 1, length: 1 };
  if (!chains.has(root)) throw new Refusal(`there is no chain "${root}"`, start);
  const resolved = new Map<string, Rule[]>([...chains.keys()].map((name) => [name, []]));
  for (const rule of rules) {
    const chain = resolved.get(rule.chain);
    if (!chain) throw new Refusal(`there is no chain "${rule.chain}"`, rule.span);
    chain.push(...resolveRule(rule, sets, resolved));
  }
  refuseLoops(resolved, start);
  checkOpenings(rules);
  return { entry: root, policy: "accept", chains: resolved };
}

function resolveRule(
  rule: RuleSyntax,
  sets: FileSyntax["sets"],
  chains: ReadonlyMap<string, readonly Rule[]>,
): readonly Rule[] {
  const { conditions, verdict, span } = rule;
  if (conditions.leased && !(rule.chain === root && verdict.kind === "goto" && verdict.chain === trial)) {
    throw new Refusal(`a lease stands before the goto from "${root}" to "${trial}" only`, span);
  }
  if (conditions.established || conditions.draining !== undefined) return drain(rule);
  if (conditions.opening && verdict.kind !== "note") {
    throw new Refusal("whether a packet opens decides about nothing but noting it", span);
  }
  if (conditions.unrecorded && verdict.kind !== "note") {
    throw new Refusal("whether a packet was noted before decides about nothing but noting it", span);
  }
  switch (verdict.kind) {
    case "count":
      // With sets the record names what it saw, and this rule but counts; on a host without them it is the record.
      return sets.size > 0 ? [] : [{ cubes: cubesOf(rule), action: { kind: "record" }, span }];
    case "note":
      return [{ cubes: checkedNote(rule, sets), action: { kind: "record" }, span }];
    case "goto":
      if (!chains.has(verdict.chain) || !mayGo(rule.chain, verdict.chain)) {
        throw new Refusal(`there is no chain "${verdict.chain}" of the same owner`, span);
      }
      if (partOf(verdict.chain) === "record" && partOf(rule.chain) === "replied") {
        throw new Refusal("a reply is noted under the request that it answers", span);
      }
      return [{ cubes: cubesOf(rule), action: verdict, span }];
    default:
      return [{ cubes: cubesOf(rule), action: verdict, span }];
  }
}

/**
 * A drain is state, and no meaning of a text: until arming opens its list the rule matches nothing. It may stand only
 * where a conduit's packets go that no permit admits, and only by a list of that conduit.
 */
function drain({ conditions, verdict, chain, span }: RuleSyntax): readonly Rule[] {
  const { established, draining = "", ...others } = conditions;
  const [, owner] = /^SLUICE-[ct]-([^.]+)\.(?:record|replied)$/.exec(chain) ?? [];
  const [, drained] = /^SLUICE-DRAIN-(.+)-[0-9a-f]{8}$/.exec(draining) ?? [];
  const isOwn = owner !== undefined && owner === drained;
  if (isOwn && established && Object.keys(others).length === 0 && verdict.kind === "accept") return [];
  throw new Refusal("established connections pass while their own conduit drains, and never else", span);
}

/**
 * Requests are noted as they are, in a chain of their own, their openings in a set beside; replies reversed in another
 * chain. The meaning of a ruleset knows no flags of TCP: what notes openings but counts.
 */
function checkedNote(rule: RuleSyntax, sets: FileSyntax["sets"]): readonly Cube[] {
  const { conditions, family, chain, span } = rule;
  const { set, directions } = conditions.unrecorded!;
  const isAnswer = directions === "dst,src,src";
  const aspect = isAnswer ? "a" : conditions.opening ? "o" : "";
  if (family === undefined || sets.get(set) !== family || set !== ownSet(chain, `${aspect}${family}`)) {
    throw new Refusal(
      `"${set}" is not the record of this chain's conduit and family, or of something else`,
      span,
    );
  }
  const { states, opening, protocol, unrecorded, ...others } = conditions;
  if (
    partOf(chain) !== (isAnswer ? "replied" : "record") ||
    states?.join() !== (isAnswer ? "reply" : undefined) ||
    protocol !== (opening ? protocolNumbers.tcp : undefined) ||
    Object.keys(others).length > 0
  ) {
    throw new Refusal("this would note something else than the request", span);
  }
  return opening ? [] : notedCubes(rule, directions);
}

/** Openings are counted beside the record of every family that has one, or their number would say nothing. */
function checkOpenings(rules: readonly RuleSyntax[]): void {
  const notes = (chain: string, opening: true | undefined): readonly RuleSyntax[] =>
    rules.filter(
      (rule) => rule.chain === chain && rule.verdict.kind === "note" && rule.conditions.opening === opening,
    );
  for (const { chain, family, span, verdict } of rules) {
    if (verdict.kind !== "note" || partOf(chain) !== "record") continue;
    const [openings, requests] = [notes(chain, true), notes(chain, undefined)];
    const places = [openings, requests].map((found) => found.findIndex((rule) => rule.family === family));
    if (places[0] === -1 || places[1] === -1) {
      throw new Refusal("a record notes all that asks, and of it the openings", span);
    }
  }
}

const partOf = (chain: string): string | undefined => chain.split(".")[1];

/** A conduit's name without its part, as in `SLUICE-c-dmz-cell1`. */
const owner = (chain: string): string => chain.split(".")[0]!;
const ownSet = (chain: string, part: string): string => `${owner(chain).replace("SLUICE", "sluice")}.${part}`;

/** The root leads to dispatch, dispatch to itself and to the entries of its generation, a conduit into itself. */
function mayGo(from: string, to: string): boolean {
  if (from === root) return to === trial || to === confirmed;
  if (from.startsWith(trial)) return /^SLUICE-(TRIAL\d|CONFIRMED$|t-[^.]+$)/.test(to);
  if (from.startsWith(confirmed)) return /^SLUICE-(CONFIRMED\d|c-[^.]+$)/.test(to);
  return to.startsWith(`${owner(from)}.`);
}

function refuseLoops(rules: ReadonlyMap<string, readonly Rule[]>, start: Rule["span"]): void {
  const done = new Set<string>();
  const visit = (name: string, path: ReadonlySet<string>): void => {
    if (path.has(name)) throw new Refusal(`chain "${name}" comes back to itself`, start);
    if (done.has(name)) return;
    const longer = new Set([...path, name]);
    for (const { action } of rules.get(name)!) if (action.kind === "goto") visit(action.chain, longer);
    done.add(name);
  };
  for (const name of rules.keys()) visit(name, new Set());
}
