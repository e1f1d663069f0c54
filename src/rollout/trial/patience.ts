import type { Effect, State } from "./machine.ts";

/** Seconds for ending a trial, and for each look at what that left. */
const lookSeconds = 20;

/** Seconds for writing what is confirmed for the next boot, and for keeping it; the firewall's lock is kept for longer. */
const persistSeconds = 90;

/** Seconds for giving back the firewall's lock, which ends by itself too. */
export const farewellSeconds = 30;

/**
 * How long an effect may work on the firewall in all, in seconds, however many commands it takes. What a lease ends is not
 * waited for any longer than that: a wire that goes silent is told while the engineer can still act. Before a trial each
 * command has its own limit only, because nothing has changed and a watch beforehand may be long.
 */
export function patienceFor(effect: Effect, state: State, lease: number, now: number): number {
  switch (effect.kind) {
    case "check":
    case "drill":
      return Number.POSITIVE_INFINITY;
    // The second dead man waits for a lease: what is not armed by then would run without it.
    case "guard":
    case "arm":
      return lease;
    case "renew":
    case "measure":
    case "confirm":
      return "leaseEnds" in state ? Math.max(1, state.leaseEnds - now) : lease;
    case "disarm":
    case "verify":
      return lookSeconds;
    case "persist":
    case "await-persist":
    case "keep":
      return persistSeconds;
  }
}
