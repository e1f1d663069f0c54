const lookEvery = 1;

/** A busy machine is late by so many seconds; a person who reads of it would ask what it means. */
const worthTelling = 3;

/**
 * Says when this program stood still, because the laptop slept or somebody stopped it: what comes next, a lease that ended and a
 * wire that broke, is the firewall's answer to that and no fault of its own.
 * @returns what ends it.
 */
export function tellStandstill(now: () => number, tell: (line: string) => void): () => void {
  let last = now();
  const timer = setInterval(() => {
    const stood = now() - last - lookEvery;
    if (stood >= worthTelling) {
      tell(
        `this program stood still for ${Math.round(stood)} s (was the laptop asleep?); the firewall did not wait for it`,
      );
    }
    last = now();
  }, lookEvery * 1000);
  return () => clearInterval(timer);
}
