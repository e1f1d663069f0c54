import type { AddressRange, Family } from "../../src/net/address.ts";
import { matchText } from "./matches.ts";
import type { Chain } from "./ruleset.ts";

/** A rule that a tree leads to, with the addresses that it matches. */
export interface Leaf {
  readonly source: AddressRange;
  readonly destination: AddressRange;
  readonly text: string;
}

type Side = "source" | "destination";

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
export function lookupTree(
  name: string,
  family: Family,
  leaves: readonly Leaf[],
  sides: readonly Side[],
  end: string | undefined,
  depth: number,
): readonly Chain[] {
  const chains: Chain[] = [];
  let count = 0;
  const fresh = (): string => {
    count += 1;
    return `${name}${count}`;
  };
  const write = (chain: string, texts: readonly string[], next: string | undefined): void => {
    const rules = next === undefined ? texts : [...texts, `-g ${next}`];
    chains.push({ name: chain, rules: rules.map((text) => ({ family, text })) });
  };

  /** The rules themselves, or where that are too many, layers of one side. */
  const lookup = (
    chain: string,
    rules: readonly Leaf[],
    [side, ...others]: readonly Side[],
    next: string | undefined,
    left: number,
  ): void => {
    if (side === undefined || rules.length <= width || left === 1) {
      write(chain, textsOf(rules), next);
      return;
    }
    const [first = [], second, ...rest] = layersOf(rules, side);
    const head = rest.flat().flatMap((group) => textsOf(group.rules));
    if (second === undefined || left < 2 * mostLevels) {
      const flat = second?.flatMap((group) => textsOf(group.rules)) ?? [];
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
    layer: readonly Group[],
    side: Side,
    others: readonly Side[],
    next: string | undefined,
    left: number,
    head: readonly string[],
  ): void => {
    const rules = layer.flatMap((group) => group.rules);
    if (head.length === 0 && (rules.length <= width || layer.length === 1)) {
      lookup(chain, rules, others, next, left);
      return;
    }
    if (left === 1) {
      write(chain, [...head, ...textsOf(rules)], next);
      return;
    }
    const fan = Math.max(width, Math.ceil(layer.length ** (1 / Math.min(mostLevels, left - 1))));
    const size = Math.ceil(layer.length / fan);
    const texts = [...head];
    for (let start = 0; start < layer.length; start += size) {
      const part = layer.slice(start, start + size);
      const [only, ...more] = part.flatMap((group) => group.rules);
      if (more.length === 0) {
        texts.push(only!.text);
        continue;
      }
      const child = fresh();
      const range = { ...part[0]!.range, to: part.at(-1)!.range.to };
      texts.push(`${matchText({ [side]: range })} -g ${child}`.trimStart());
      branch(child, part, side, others, next, left - 1, []);
    }
    write(chain, texts, next);
  };

  lookup(name, leaves, sides, end, depth);
  return chains;
}

const textsOf = (rules: readonly Leaf[]): readonly string[] => rules.map((rule) => rule.text);

interface Group {
  readonly range: AddressRange;
  readonly rules: readonly Leaf[];
}

/**
 * Rules by their range, the ranges in as few layers as hold no two that overlap: the layer with most ranges first, each
 * in ascending order.
 */
function layersOf(rules: readonly Leaf[], side: Side): readonly (readonly Group[])[] {
  const groups = new Map<string, { readonly range: AddressRange; readonly rules: Leaf[] }>();
  for (const rule of rules) {
    const range = rule[side];
    const key = `${range.from}-${range.to}`;
    const group = groups.get(key) ?? { range, rules: [] };
    groups.set(key, group);
    group.rules.push(rule);
  }
  const sorted = [...groups.values()].sort(
    (a, b) => compare(a.range.from, b.range.from) || compare(a.range.to, b.range.to),
  );
  const layers: Group[][] = [];
  for (const group of sorted) {
    const layer = layers.find((candidate) => candidate.at(-1)!.range.to < group.range.from);
    if (layer) layer.push(group);
    else layers.push([group]);
  }
  return layers.sort((a, b) => b.length - a.length);
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
