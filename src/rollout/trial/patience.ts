import type { Effect, State } from "./machine.ts";

/** Seconds for a look at the firewall: at what ending a trial left there, and for giving back its lock. */
export const lookSeconds = 20;

/** Seconds that a confirmed stage may take to be written for the next boot; the firewall's lock is kept for longer. */
const persistSeconds = 90;

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
    case "keep":
      return lookSeconds;
    case "persist":
    case "await-persist":
      return persistSeconds;
  }
}
