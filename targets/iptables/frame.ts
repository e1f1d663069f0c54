import type { ConduitRules, ZonePair } from "../../src/compile/ir.ts";
import { type Leaf, lookupTree } from "../../src/compile/legalise/lookup-tree.ts";
import { merge } from "./conduit.ts";
import { commentText, matchText, treeChain } from "./matches.ts";
import { chainName, families, frameChains, type Generation, leaseList, pathLengths } from "./names.ts";
import type { Chain, Rule } from "./ruleset.ts";

/** Where the packets of a pair of networks are judged, in both directions. */
export interface Dispatch {
  readonly pair: ZonePair;
  /** Entry chain of the conduit. */
  readonly chain: string;
}

export interface Lease {
  readonly plan: string;
  readonly seconds: number;
}

export const dispatchOf = (rules: ConduitRules, generation: Generation): readonly Dispatch[] =>
  rules.pairs.map((pair) => ({
    pair,
    chain: chainName(generation, rules.conduit, ""),
  }));

/**
 * ICMP errors belong to a connection that was judged itself; conntrack knows which (RFC 792, RFC 4443).
 * While a lease holds, a packet meets the trial first: `-m recent` matches for so many seconds after the last entry of
 * the address 0.0.0.0 (`--mask` makes every source that one) in the plan's own list.
 */
export function rootChain(lease: Lease | undefined): Chain {
  const related: readonly Rule[] = [
    { text: "-p icmp -m conntrack --ctstate RELATED -j RETURN" },
    { text: "-p ipv6-icmp -m conntrack --ctstate RELATED -j RETURN" },
  ];
  const gates = families.flatMap((family): readonly Rule[] =>
    lease === undefined
      ? []
      : [
          {
            family,
            text:
              `-m recent --rcheck --seconds ${lease.seconds} --name ${leaseList(lease.plan)} ` +
              `--mask ${family === 4 ? "0.0.0.0" : "::"} --rsource ` +
              `${commentText(`plan:${lease.plan.slice(0, 16)}`)} -g ${frameChains.trial}`,
          },
        ],
  );
  return { name: frameChains.root, rules: [...related, ...gates, { text: `-g ${frameChains.confirmed}` }] };
}

/** Dispatch of what is confirmed. No two zones overlap, so a packet is of one pair; one that is of none is not ours. */
export const confirmedChains = (dispatch: readonly Dispatch[]): readonly Chain[] =>
  dispatchTree(frameChains.confirmed, dispatch, undefined, pathLengths.confirmed);

/** Dispatch of a trial; a packet that is not the trial's goes on to what is confirmed. */
export const trialChains = (dispatch: readonly Dispatch[]): readonly Chain[] =>
  dispatchTree(frameChains.trial, dispatch, frameChains.confirmed, pathLengths.trial);

const dispatchTree = (
  name: string,
  dispatch: readonly Dispatch[],
  end: string | undefined,
  depth: number,
): readonly Chain[] =>
  merge(
    families.flatMap((family) => {
      const leaves = dispatch.filter(({ pair }) => pair.left.family === family).flatMap(bothWays);
      return lookupTree(name, leaves, ["source", "destination"], end, depth).map((chain) =>
        treeChain(chain, family),
      );
    }),
  );

const bothWays = ({ pair: { left, right }, chain }: Dispatch): readonly Leaf<string>[] =>
  [
    { source: left, destination: right },
    { source: right, destination: left },
  ].map((ends) => ({ ...ends, rule: `${matchText(ends)} -g ${chain}`.trimStart() }));
