import { sha256 } from "../../digest.ts";
import { type Driver, DriverError, type LiveState } from "../../target.ts";
import { measureUnder } from "../holder.ts";
import {
  currentOf,
  type KnownGood,
  parentOf,
  type Ring,
  readRing,
  withCurrent,
  writeRing,
} from "./known-good.ts";

/** What a rollback did. `proven` and `persisted` come from reading, not from having asked for it. */
export type Rollback =
  /** A trial ran and was ended; what was confirmed last remains. */
  | { readonly kind: "trial-ended"; readonly plan: string; readonly proven: boolean }
  | {
      readonly kind: "restored";
      /** Number of the known-good that runs now. */
      readonly number: number;
      readonly proven: boolean;
      readonly persisted: boolean;
      /** What the firewall could not write down; it runs what it should all the same. */
      readonly troubles?: readonly string[];
    }
  | { readonly kind: "nothing-to-restore" }
  | { readonly kind: "not-kept"; readonly numbers: readonly number[] };

/**
 * Takes a firewall one step back: ends a running trial, else restores the known-good before the current one, running
 * rules first, boot file next. With `to`, restores the known-good of that number, whatever runs. Needs no plan and no
 * lock: who rolls back is in a hurry.
 */
export async function rollBack(driver: Driver, to?: number): Promise<Rollback> {
  const before = await driver.read();
  const trial = before.conduits.flatMap((one) => one.trial ?? [])[0];
  const ring = await readRing(driver);
  const wanted = ring?.entries.find((entry) => entry.number === to);
  if (to !== undefined && !wanted) {
    return { kind: "not-kept", numbers: ring?.entries.map((entry) => entry.number) ?? [] };
  }
  if (trial) {
    const ended = await endTrial(driver, trial.plan, before.lock?.holder ?? "", before.ownHash);
    if (!ring || (ended.proven && !wanted)) return ended;
    // A trial that nobody holds in the way that ours are held: what was confirmed replaces all of it.
    return restore(driver, ring, wanted ?? currentOf(ring));
  }
  const entry = wanted ?? (ring && (await stepBack(driver, ring, before)));
  return ring && entry ? restore(driver, ring, entry) : { kind: "nothing-to-restore" };
}

/** Where something else runs than the current known-good, that one is the step back: what runs was never kept. */
async function stepBack(driver: Driver, ring: Ring, live: LiveState): Promise<KnownGood | undefined> {
  const current = currentOf(ring);
  const kept = await driver.preview(current.text ?? driver.absence);
  return kept.ownHash === live.ownHash ? parentOf(ring) : current;
}

async function restore(driver: Driver, ring: Ring, entry: KnownGood): Promise<Rollback> {
  await driver.restore(entry.text ?? undefined);
  // What runs is what matters now: a disk that is full or read-only is told, and does not keep anybody from knowing what runs.
  const troubles: string[] = [];
  const orTrouble = async <T>(what: string, action: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      troubles.push(`${what}: ${error.message}`);
      return undefined;
    }
  };
  const written = await orTrouble("the boot file is not written", () =>
    driver.writeBoot(entry.boot ?? undefined),
  );
  const [live, wanted, booted] = await Promise.all([
    driver.read(),
    driver.preview(entry.text ?? driver.absence),
    driver.rehearseBoot(),
  ]);
  await orTrouble("the firewall does not note which known-good runs", () =>
    writeRing(driver, withCurrent(ring, entry), driver.absence),
  );
  return {
    kind: "restored",
    number: entry.number,
    proven: live.ownHash === wanted.ownHash,
    persisted: written === sha256(entry.boot ?? "") && booted.ownHash === wanted.ownHash,
    ...(troubles.length > 0 && { troubles }),
  };
}

/** Ends the trial of a plan, whoever holds it. `ownHash` is of what was confirmed and must be what remains. */
export async function endTrial(
  driver: Driver,
  plan: string,
  holder: string,
  ownHash: string,
): Promise<Extract<Rollback, { kind: "trial-ended" }>> {
  const after = await driver.disarm(holder);
  // A trial's own session gives its lock back when it has seen the end; a measure has none.
  if (measureUnder(holder)) await driver.unlock(holder);
  const proven = after.ownHash === ownHash && !after.conduits.some((one) => one.trial);
  return { kind: "trial-ended", plan, proven };
}
