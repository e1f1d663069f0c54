/** How complete a set of flows is, from the cycles in which each was seen. */
export interface Estimate {
  /** Observed cycles. */
  readonly cycles: number;
  readonly flows: number;
  /** Flows that were seen in one cycle only, and in two. */
  readonly once: number;
  readonly twice: number;
  /** Share of the flows of a further cycle that are known, from 0 to 1 (Chao and Jost 2012). */
  readonly coverage: number;
  /** At least so many flows exist that were not seen (Chao 1987). */
  readonly unseen: number;
  /** Cycles at the end in which no new flow came. */
  readonly quiet: number;
  /** With a confidence of 95 %, the chance of a new flow in the next cycle is at most this. */
  readonly novelty: number;
  /** How many flows were known after each cycle. */
  readonly discovery: readonly number[];
}

/**
 * Estimates from incidences: it counts in how many cycles a flow was seen, never how often, since a poll that comes
 * a million times tells no more than one that comes once in every cycle.
 * @param seen the cycles of each flow, as places in the order of observed cycles; each flow has one at least.
 */
export function estimate(seen: readonly ReadonlySet<number>[], cycles: number): Estimate {
  const counts = seen.map((places) => places.size);
  const once = counts.filter((count) => count === 1).length;
  const twice = counts.filter((count) => count === 2).length;
  const incidences = counts.reduce((sum, count) => sum + count, 0);
  const first = seen.map((places) => Math.min(...places));
  const discovery = Array.from({ length: cycles }, (_, cycle) => first.filter((at) => at <= cycle).length);
  const quiet = cycles - 1 - Math.max(-1, ...first);
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
    unseen:
      cycles === 0
        ? 0
        : ((cycles - 1) / cycles) * (twice > 0 ? once ** 2 / (2 * twice) : (once * (once - 1)) / 2),
    quiet,
    novelty: quiet === 0 ? 1 : 1 - 0.05 ** (1 / quiet),
    discovery,
  };
}
