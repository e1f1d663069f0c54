/**
 * Lets so many pieces of work run at a time as the far side admits, which only it knows: who is turned away while others run waits
 * until one of these has ended.
 */
export interface Turns {
  /** Calls `start` as soon as there is room, at once or later. */
  take(start: () => void): void;
  /** One has ended. */
  leave(): void;
  /** One was turned away, and starts again later. False when it ran alone, and has for a while: then waiting would not help. */
  putBack(start: () => void): boolean;
}

/** For so long a far side may count one that has ended, in milliseconds: it clears away between two looks at its wires. */
const clearingMs = 1_000;
const pauseMs = 20;

export function turns(most: number): Turns {
  let room = most;
  let running = 0;
  let leftAt = Number.NEGATIVE_INFINITY;
  const queue: (() => void)[] = [];
  const next = (): void => {
    while (running < room && queue.length > 0) {
      running += 1;
      queue.shift()!();
    }
  };
  return {
    take(start) {
      queue.push(start);
      next();
    },
    leave() {
      running -= 1;
      leftAt = performance.now();
      next();
    },
    putBack(start) {
      if (running <= 1) {
        if (performance.now() - leftAt > clearingMs) return false;
        setTimeout(start, pauseMs);
        return true;
      }
      running -= 1;
      room = Math.min(room, running);
      queue.unshift(start);
      return true;
    },
  };
}
