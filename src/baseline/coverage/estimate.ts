import { type Unseen, unseenFlows } from "./unseen.ts";

/** How complete a set of flows is, from the cycles in which each was seen. */
export interface Estimate extends Unseen {
  /** Observed cycles. */
  readonly cycles: number;
  readonly flows: number;
  /** Flows that were seen in one cycle only, and in two. */
  readonly once: number;
  readonly twice: number;
  /** Share of the flows of a further cycle that are known, from 0 to 1 (Chao and Jost 2012). */
  readonly coverage: number;
  /** Cycles at the end that prove something and in which no new flow came. */
  readonly quiet: number;
  /** With a confidence of 95 %, the chance of a new flow in the next cycle is at most this, if cycles are alike. */
  readonly novelty: number;
  /** How many flows were known after each cycle. */
  readonly discovery: readonly number[];
}

/**
 * Estimates from incidences: it counts in how many cycles a flow was seen, never how often, since a poll that comes
 * a million times tells no more than one that comes once in every cycle.
 * @param seen the cycles of each flow, as places in the order of observed cycles; each flow has one at least.
 * @param proves whether it says anything that a cycle brought no new flow.
 */
export function estimate(
  seen: readonly ReadonlySet<number>[],
  cycles: number,
  proves: (place: number) => boolean = () => true,
): Estimate {
  const counts = seen.map((places) => places.size);
  const once = counts.filter((count) => count === 1).length;
  const twice = counts.filter((count) => count === 2).length;
  const incidences = counts.reduce((sum, count) => sum + count, 0);
  const first = seen.map((places) => Math.min(...places));
  const discovery = Array.from({ length: cycles }, (_, cycle) => first.filter((at) => at <= cycle).length);
  const lastNew = first.reduce((latest, place) => Math.max(latest, place), -1);
  const quiet = discovery.filter((_, cycle) => cycle > lastNew && proves(cycle)).length;
  const others = (cycles - 1) * once;
  return {
    cycles,
    flows: seen.length,
    once,
    twice,
    coverage:
      once === 0
        ? seen.length === 0
          ? 0
          : 1
        : 1 - (once / incidences) * (cycles === 1 ? 1 : others / (others + 2 * twice)),
    ...unseenFlows(cycles, once, twice),
    quiet,
    novelty: quiet === 0 ? 1 : 1 - 0.05 ** (1 / quiet),
    discovery,
  };
}
