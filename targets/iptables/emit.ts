import type { FirewallRules } from "../../src/compile/ir.ts";
import { conduitChains, familiesOf } from "./conduit.ts";
import { confirmedChains, dispatchOf, rootChain } from "./frame.ts";
import { fileText, recordSets } from "./ruleset.ts";

/**
 * The whole of Sluice's part of a firewall as one file, which `iptables-restore --noflush` and `ip6tables-restore
 * --noflush` both read (iptables(8), `-4` and `-6`). The jump from FORWARD is not in it: a restore cannot say "unless
 * it is there".
 */
export function emit({ firewall, conduits }: FirewallRules): string {
  return fileText(
    `Sluice: firewall ${firewall}. Written by "sluice compile"; a change by hand is found and refused.`,
    conduits.flatMap((rules) => recordSets("c", rules.conduit, familiesOf(rules))),
    [
      rootChain(undefined),
      ...confirmedChains(conduits.flatMap((rules) => dispatchOf(rules, "c"))),
      ...conduits.flatMap((rules) => conduitChains(rules, "c")),
    ],
  );
}
