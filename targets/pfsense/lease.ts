/** The run folder's files, as `leaseStateScript` prints them. */
export interface LeaseState {
  /** The trial that the dead man watches; absent when none runs. */
  readonly trial?: { readonly plan: string; readonly conduit: string; readonly secondsLeft: number };
  readonly lock: { readonly holder: string; readonly secondsLeft: number } | undefined;
}

/** The token of a trial: the first 16 digits of its plan's id, and its conduit. */
export const tokenOf = (plan: string, conduit: string): string => `${plan.slice(0, 16)}:${conduit}`;

/** Reads `lease NOW TOKEN DEADLINE` and `lock NOW DEADLINE HOLDER`. A lease that is over has a word for a deadline. */
export function readLeaseState(output: string): LeaseState {
  const lease = /^lease (\d+) ([0-9a-f]{1,16}):(\S+) (\d+)$/m.exec(output);
  const lock = /^lock (\d+) (\d+) (.+)$/m.exec(output);
  const secondsLeft = (now: string, until: string): number => Number(until) - Number(now);
  const isHeld = lock && secondsLeft(lock[1]!, lock[2]!) > 0;
  return {
    ...(lease
      ? {
          trial: {
            plan: lease[2]!,
            conduit: lease[3]!,
            secondsLeft: Math.max(0, secondsLeft(lease[1]!, lease[4]!)),
          },
        }
      : {}),
    lock: isHeld ? { holder: lock[3]!, secondsLeft: secondsLeft(lock[1]!, lock[2]!) } : undefined,
  };
}
