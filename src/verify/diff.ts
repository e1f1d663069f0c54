import type { Cube, Program } from "../compile/program.ts";
import type { AddressRange } from "../net/address.ts";
import type { Packet } from "../net/packet.ts";
import { createAnalysis } from "./analysis.ts";
import { type Budget, BudgetExceeded } from "./diagram/diagram.ts";

/** How the set of passing packets changes, with a packet for each way that it does. */
export type Change =
  | { readonly kind: "equal" }
  | { readonly kind: "narrowed"; readonly lost: Packet }
  | { readonly kind: "broadened"; readonly gained: Packet }
  | { readonly kind: "both"; readonly lost: Packet; readonly gained: Packet }
  /** The comparison took more than its budget; nothing is known. */
  | { readonly kind: "unknown" };

/**
 * Compares what two programs let pass, among the packets that one of `within` matches; `passAll` stands for no
 * ruleset at all. What is recorded makes no difference.
 */
export function diffPrograms(
  before: Program,
  after: Program,
  within: readonly Cube[],
  named: readonly AddressRange[],
  budget: Budget,
): Change {
  try {
    const analysis = createAnalysis([before, after], within, named, budget);
    const packets = analysis.packets(within);
    const [old, now] = [analysis.meaning(before), analysis.meaning(after)];
    const lost = analysis.witness(analysis.within(packets, analysis.passedOnlyBy(old, now)));
    const gained = analysis.witness(analysis.within(packets, analysis.passedOnlyBy(now, old)));
    if (lost && gained) return { kind: "both", lost, gained };
    if (lost) return { kind: "narrowed", lost };
    return gained ? { kind: "broadened", gained } : { kind: "equal" };
  } catch (error) {
    if (error instanceof BudgetExceeded) return { kind: "unknown" };
    throw error;
  }
}
