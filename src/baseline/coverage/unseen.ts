export interface Unseen {
  /**
   * Estimate of how many flows exist that were not seen (Chao 1987). For the few flows of a conduit it is often too high, and
   * its published interval does not keep its level: no confidence is stated.
   */
  readonly unseen: number;
  /** Further cycles after which fewer than one is unseen, as far as can be told (Chao, Colwell, Lin and Gotelli 2009). */
  readonly unseenFor: number;
}

/** How many flows were not seen, from how many were seen in one cycle only and in two. */
export function unseenFlows(cycles: number, once: number, twice: number): Unseen {
  if (cycles === 0) return { unseen: 0, unseenFor: 0 };
  const rarity = twice > 0 ? once / (2 * twice) : (once - 1) / 2;
  const unseen = ((cycles - 1) / cycles) * once * rarity;
  if (unseen < 1) return { unseen, unseenFor: 0 };
  return { unseen, unseenFor: Math.max(1, Math.ceil(cycles * rarity * Math.log(unseen))) };
}
