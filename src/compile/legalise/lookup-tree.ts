import type { AddressRange } from "../../net/address.ts";

/** A rule that a tree leads to, with the addresses that it matches. */
export interface Leaf<Rule> {
  readonly source: AddressRange;
  readonly destination: AddressRange;
  readonly rule: Rule;
}

type Side = "source" | "destination";

/** One line of a chain: a rule of the caller's, or the way to the chain that has the rules of a part of the addresses. */
export type Step<Rule> =
  | { readonly kind: "rule"; readonly rule: Rule }
  | {
      readonly kind: "goto";
      readonly chain: string;
      readonly ends: { readonly [Key in Side]?: AddressRange };
    };

export interface TreeChain<Rule> {
  readonly name: string;
  readonly steps: readonly Step<Rule>[];
}

/** So many rules stand in one chain before it is worth a step to look at fewer. */
const width = 12;

/** Levels of branching by one address; wider chains rather than more of them. */
const mostLevels = 3;

/**
 * Rules as a tree of chains, so that a packet meets a few of them and not all: it is led by one address, then by the
 * other, to the chain with the rules of its own range, and goes on to `end` when none of these matches. Every step is a
 * goto; so a RETURN anywhere in the tree leaves all of it. The order of the rules is not kept: they must be disjoint,
 * or lead to the same.
 * Ranges that overlap (a host within a network) stand in layers: the two largest are trees, one behind the other, and
 * what is left is asked first.
 * @param depth the most chains that a path through the tree may have.
 */
export function lookupTree<Rule>(
  name: string,
  leaves: readonly Leaf<Rule>[],
  sides: readonly Side[],
  end: string | undefined,
  depth: number,
): readonly TreeChain<Rule>[] {
  const chains: TreeChain<Rule>[] = [];
  let count = 0;
  const fresh = (): string => {
    count += 1;
    return `${name}${count}`;
  };
  const write = (chain: string, steps: readonly Step<Rule>[], next: string | undefined): void => {
    const last: readonly Step<Rule>[] = next === undefined ? [] : [{ kind: "goto", chain: next, ends: {} }];
    chains.push({ name: chain, steps: [...steps, ...last] });
  };

  /** The rules themselves, or where that are too many, layers of one side. */
  const lookup = (
    chain: string,
    rules: readonly Leaf<Rule>[],
    [side, ...others]: readonly Side[],
    next: string | undefined,
    left: number,
  ): void => {
    if (side === undefined || rules.length <= width || left === 1) {
      write(chain, stepsOf(rules), next);
      return;
    }
    const [first = [], second, ...rest] = layersOf(rules, side);
    const head = rest.flat().flatMap((group) => stepsOf(group.rules));
    if (second === undefined || left < 2 * mostLevels) {
      const flat = second?.flatMap((group) => stepsOf(group.rules)) ?? [];
      branch(chain, first, side, others, next, left, [...head, ...flat]);
      return;
    }
    const behind = fresh();
    branch(chain, first, side, others, behind, left >> 1, head);
    branch(behind, second, side, others, next, left - (left >> 1), []);
  };

  /** Disjoint ranges of one side, in parts of parts until few are left; `head` is asked first. */
  const branch = (
    chain: string,
    layer: readonly Group<Rule>[],
    side: Side,
    others: readonly Side[],
    next: string | undefined,
    left: number,
    head: readonly Step<Rule>[],
  ): void => {
    const rules = layer.flatMap((group) => group.rules);
    if (head.length === 0 && (rules.length <= width || layer.length === 1)) {
      lookup(chain, rules, others, next, left);
      return;
    }
    if (left === 1) {
      write(chain, [...head, ...stepsOf(rules)], next);
      return;
    }
    const fan = Math.max(width, Math.ceil(layer.length ** (1 / Math.min(mostLevels, left - 1))));
    const size = Math.ceil(layer.length / fan);
    const steps = [...head];
    for (let start = 0; start < layer.length; start += size) {
      const part = layer.slice(start, start + size);
      const [only, ...more] = part.flatMap((group) => group.rules);
      if (more.length === 0) {
        steps.push({ kind: "rule", rule: only!.rule });
        continue;
      }
      const child = fresh();
      const range = { ...part[0]!.range, to: part.at(-1)!.range.to };
      steps.push({ kind: "goto", chain: child, ends: { [side]: range } });
      branch(child, part, side, others, next, left - 1, []);
    }
    write(chain, steps, next);
  };

  lookup(name, leaves, sides, end, depth);
  return chains;
}

const stepsOf = <Rule>(leaves: readonly Leaf<Rule>[]): readonly Step<Rule>[] =>
  leaves.map(({ rule }) => ({ kind: "rule", rule }));

interface Group<Rule> {
  readonly range: AddressRange;
  readonly rules: readonly Leaf<Rule>[];
}

/**
 * Rules by their range, the ranges in as few layers as hold no two that overlap: the layer with most ranges first, each
 * in ascending order.
 */
function layersOf<Rule>(rules: readonly Leaf<Rule>[], side: Side): readonly (readonly Group<Rule>[])[] {
  const groups: { readonly range: AddressRange; readonly rules: Leaf<Rule>[] }[] = [];
  for (const rule of rules.toSorted((a, b) => compareRanges(a[side], b[side]))) {
    const group = groups.at(-1);
    if (group && compareRanges(group.range, rule[side]) === 0) group.rules.push(rule);
    else groups.push({ range: rule[side], rules: [rule] });
  }
  const layers: Group<Rule>[][] = [];
  for (const group of groups) {
    const layer = layers.find((candidate) => candidate.at(-1)!.range.to < group.range.from);
    if (layer) layer.push(group);
    else layers.push([group]);
  }
  return layers.sort((a, b) => b.length - a.length);
}

const compareRanges = (a: AddressRange, b: AddressRange): number =>
  compare(a.from, b.from) || compare(a.to, b.to);

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
