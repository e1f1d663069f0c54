import { meet } from "../../../src/compile/meet.ts";
import type { Action, Cube, Program, Rule } from "../../../src/compile/program.ts";
import { cubesOf, type Direction, type View } from "./cubes.ts";
import type { Ruleset } from "./ruleset.ts";
import { isAnchor, type PfRule, type PfStatement } from "./syntax.ts";
import { type Doubt, refuse } from "./tokens.ts";

/**
 * What comes behind the last rule. `host`: the rules are an overlay, and the host's own rules follow, which keep
 * state for what they pass. `nothing`: pf's default, a pass that keeps no state.
 */
export type Behind = "host" | "nothing";

/** One rule with the anchors around it. */
interface Placed {
  readonly rule: PfRule;
  readonly within: readonly PfRule[];
}

/**
 * What a ruleset does with a packet that is forwarded (pf.conf(5), PACKET FILTERING, STATEFUL FILTERING):
 *
 * - it is filtered twice, in and out; the last matching rule wins, unless one that matches is quick. As a first-match
 *   list that is: the quick rules in their order, then the others from the last to the first;
 * - `match` rules have no verdict. They tag, and they log at once;
 * - packets of a state are not filtered: they share the verdict of the request that made the state. So a reply is
 *   judged as the request that it answers; where no state was kept, as a packet of its own. States that are older
 *   than the ruleset are outside of this: they are listed and cut (states.ts);
 * - an ICMP error belongs to the state of the packet that it quotes. (pf drops an ICMP of the other IP version.)
 *
 * Packets to or from the firewall itself are not forwarded, so `self` matches nothing here.
 * @param doubt what to do about tags that are not followed; without it the ruleset is refused.
 */
export function pfProgram({ statements }: Ruleset, behind: Behind, doubt: Doubt = refuse): Program {
  const rules = place(statements, []);
  const chains = new Map<string, readonly Rule[]>();
  const span = rules[0]?.rule.span ?? { file: "", line: 1, column: 1, length: 0 };
  const always = (action: Action): Rule => ({ cubes: [{}], action, span });

  /** A chain for one direction: on to `kept` where a state lets the packet on, to what `stateless` makes where none is kept. */
  const evaluation = (
    name: string,
    direction: Direction,
    view: View,
    kept: Action,
    stateless: () => Action,
  ): Action => {
    const act = (rule: PfRule): Action => {
      if (rule.action === "block") return { kind: "drop" };
      return rule.state === "keep" ? kept : stateless();
    };
    const end = behind === "host" ? kept : stateless();
    const steps = stepsOf(rules, direction, view, act, doubt);
    if (steps.length === 0) return end;
    const addChain: AddChain = (part, content) => {
      chains.set(`${name} ${part}`, content);
      return `${name} ${part}`;
    };
    chains.set(name, [...firstMatch(steps, end, addChain), always(end)]);
    return { kind: "goto", chain: name };
  };

  const accept: Action = { kind: "accept" };
  const leave = evaluation("out", "out", "itself", accept, () => accept);
  const request = evaluation("in", "in", "itself", leave, () => leave);
  const replyLeaves = evaluation("reply of in", "in", "answered", accept, () => leave);
  const replyEnters = () => evaluation("reply in", "in", "itself", replyLeaves, () => replyLeaves);
  const reply = evaluation("reply of out", "out", "answered", replyLeaves, replyEnters);
  chains.set("entry", [
    {
      cubes: [
        { states: ["related"], protocol: { from: 1, to: 1 } },
        { states: ["related"], protocol: { from: 58, to: 58 } },
      ],
      action: accept,
      span,
    },
    { cubes: [{ states: ["reply"] }], action: reply, span },
    always(request),
  ]);
  return { entry: "entry", policy: "accept", chains: reachable("entry", chains) };
}

function place(statements: readonly PfStatement[], within: readonly PfRule[]): readonly Placed[] {
  return statements.flatMap((statement) =>
    isAnchor(statement)
      ? place(statement.rules, [...within, statement.condition])
      : [{ rule: statement, within }],
  );
}

/** A rule that does something to the packets that it matches: a verdict, a record, or both. */
interface Step {
  readonly rule: PfRule;
  readonly cubes: readonly Cube[];
  readonly actions: readonly Action[];
  /** The rules before it that give a packet its tag. */
  readonly taggers: readonly Tagger[];
}

interface Tagger {
  readonly cubes: readonly Cube[];
  readonly tag: string;
  readonly span: Rule["span"];
}

/** The rules of one direction in the order in which the first match decides. */
function stepsOf(
  placed: readonly Placed[],
  direction: Direction,
  view: View,
  act: (rule: PfRule) => Action,
  doubt: Doubt,
): readonly Step[] {
  const quick: Step[] = [];
  const last: Step[] = [];
  const taggers: Tagger[] = [];
  for (const original of placed) {
    const parts = [original.rule, ...original.within];
    if (!parts.every((part) => part.direction === "both" || part.direction === direction)) continue;
    const one = withKnownTags(original, direction, doubt);
    const { rule } = one;
    const cubes = cubesWithin(one, view, direction);
    const verdict = rule.action === "match" ? [] : [act(rule)];
    const actions: readonly Action[] = rule.log === "log" ? [{ kind: "record" }, ...verdict] : verdict;
    const list = rule.order === "last" && rule.action !== "match" ? last : quick;
    if (actions.length > 0) list.push({ rule, cubes, actions, taggers: rule.tagged ? [...taggers] : [] });
    if (rule.tag !== undefined) taggers.push({ cubes, tag: rule.tag, span: rule.span });
  }
  return [...quick, ...last.reverse()];
}

/** Tags are followed through one evaluation, from rules whose match depends on no other tag. */
function withKnownTags({ rule, within }: Placed, direction: Direction, doubt: Doubt): Placed {
  const untagged = ({ tagged, ...rest }: PfRule): PfRule => (tagged ? { ...rest, uncertain: true } : rest);
  const depends = within.some((anchor) => anchor.tagged) || (rule.tag !== undefined && rule.tagged);
  const carried = rule.tagged && direction === "out";
  if (!depends && !carried) return { rule, within };
  doubt(
    depends
      ? "a tag that depends on another tag"
      : "a tag that a packet carries from one interface to the next",
    rule.span,
  );
  return { rule: untagged(rule), within: within.map(untagged) };
}

/** Adds a chain under a name of its own, and gives the name. */
type AddChain = (part: string, rules: readonly Rule[]) => string;

/**
 * Steps as rules. Where all that is left asks a packet for the same tag, its answer to the first question is its answer
 * to all: it comes to the end at once, and what admitted it is seen to be what let it pass.
 */
function firstMatch(steps: readonly Step[], end: Action, addChain: AddChain): readonly Rule[] {
  const question = ({ rule, taggers }: Step): string => JSON.stringify([rule.tagged, taggers.length]);
  const lastOther = steps.findLastIndex(
    (step) => !step.rule.tagged || question(step) !== question(steps.at(-1)!),
  );
  const effects = new Map<string, Action>();
  return steps.map((step, index) => {
    const declined: Action = index > lastOther ? end : { kind: "return" };
    const key = JSON.stringify([question(step), step.actions, declined]);
    const action = effects.get(key) ?? effect(step, declined, effects.size, addChain);
    effects.set(key, action);
    return { cubes: step.cubes, action, span: step.rule.span };
  });
}

/** What a rule does when its cubes match: its log, its verdict, and before both the question for its tag. */
function effect(
  { rule: { tagged, span }, actions, taggers }: Step,
  declined: Action,
  index: number,
  addChain: AddChain,
): Action {
  if (!tagged && actions.length === 1) return actions[0]!;
  const act = addChain(
    `effect ${index}`,
    actions.map((action) => ({ cubes: [{}], action, span })),
  );
  if (!tagged) return { kind: "jump", chain: act };
  // A packet carries one tag: of several rules that gave it one, the last.
  const decide = (carries: boolean): Action =>
    carries === (tagged.holds === "tagged") ? { kind: "goto", chain: act } : declined;
  const question = addChain(`tag ${index}`, [
    ...taggers
      .toReversed()
      .map(({ cubes, tag, span: at }) => ({ cubes, action: decide(tag === tagged.tag), span: at })),
    { cubes: [{}], action: decide(false), span },
  ]);
  return { kind: "jump", chain: question };
}

const cubesWithin = ({ rule, within }: Placed, view: View, direction: Direction): readonly Cube[] =>
  within.reduce<readonly Cube[]>(
    (cubes, anchor) => {
      const around = cubesOf(anchor, view, direction);
      return cubes.flatMap((cube) => around.flatMap((outer) => meet(outer, cube) ?? []));
    },
    cubesOf(rule, view, direction),
  );

/** Only the chains that a packet can come to. */
function reachable(entry: string, chains: ReadonlyMap<string, readonly Rule[]>): Program["chains"] {
  const found = new Map<string, readonly Rule[]>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    const rules = chains.get(name)!;
    found.set(name, rules);
    for (const { action } of rules) if ("chain" in action) visit(action.chain);
  };
  visit(entry);
  return found;
}
