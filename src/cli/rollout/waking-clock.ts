import { uptime } from "node:os";

/** Two clocks of this machine, in seconds. */
interface Clocks {
  /** Stands still while the machine sleeps, and is exact. */
  readonly awake: () => number;
  /** Goes on while it sleeps, in steps of 10 ms. Neither is set by anybody. */
  readonly always: () => number;
}

const machine: Clocks = { awake: () => performance.now() / 1000, always: uptime };

/** More than the steps of a clock and a slow read; a nap that is shorter does not matter to a lease. */
const shortestNap = 0.5;

/**
 * Seconds of a clock that nobody sets and that goes on while the machine sleeps: a firewall counts a lease, and the window ends,
 * whether or not the laptop is open. The process's own monotonic clock stands still then (clock_gettime(2), CLOCK_MONOTONIC).
 */
export function wakingClock({ awake, always }: Clocks = machine): () => number {
  const apart = always() - awake();
  let slept = 0;
  return () => {
    const now = awake();
    const missed = always() - now - apart;
    if (missed > slept + shortestNap) slept = missed;
    return now + slept;
  };
}
