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

/** So many rules stand in one chain before it is worth a jump to look at fewer. */
const width = 12;

/**
 * Rules as a tree of chains, so that a packet meets a few of them and not all: it is led by one address, then by the
 * other, to the chain with the rules of its own range, and goes on to `end` when none of these matches. Every step is a
 * goto; so a RETURN anywhere in the tree leaves all of it. The order of the rules is not kept: they must be disjoint,
 * or lead to the same.
 * Ranges that overlap (a host within a network) stand in layers, one behind the other.
 */
export function lookupTree(
  name: string,
  family: Family,
  leaves: readonly Leaf[],
  sides: readonly Side[],
  end: string | undefined,
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

  /** The rules themselves, or layer by layer of one side. */
  const lookup = (
    chain: string,
    rules: readonly Leaf[],
    [side, ...others]: readonly Side[],
    next: string | undefined,
  ): void => {
    if (side === undefined || rules.length <= width) {
      write(
        chain,
        rules.map((rule) => rule.text),
        next,
      );
      return;
    }
    const layers = layersOf(rules, side);
    let here = chain;
    for (const [index, layer] of layers.entries()) {
      const behind = index + 1 < layers.length ? fresh() : next;
      branch(here, layer, side, others, behind);
      here = behind ?? chain;
    }
  };

  /** Disjoint ranges of one side, in halves of halves until few are left. */
  const branch = (
    chain: string,
    layer: readonly Group[],
    side: Side,
    others: readonly Side[],
    next: string | undefined,
  ): void => {
    const rules = layer.flatMap((group) => group.rules);
    if (rules.length <= width || layer.length === 1) {
      lookup(chain, rules, others, next);
      return;
    }
    const size = Math.ceil(layer.length / width);
    const texts: string[] = [];
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
      branch(child, part, side, others, next);
    }
    write(chain, texts, next);
  };

  lookup(name, leaves, sides, end);
  return chains;
}

interface Group {
  readonly range: AddressRange;
  readonly rules: readonly Leaf[];
}

/** Rules by their range, the ranges in as few layers as hold no two that overlap, each layer in ascending order. */
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
  return layers;
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
