import { sha256 } from "../digest.ts";
import type { Driver } from "../target.ts";
import { parentOf, readRing, withCurrent, writeRing } from "./known-good.ts";

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
    }
  | { readonly kind: "nothing-to-restore" };

/**
 * Takes a firewall one step back: ends a running trial, else restores the known-good before the current one, running
 * rules first, boot file next. Needs no plan and no lock: who rolls back is in a hurry.
 */
export async function rollBack(driver: Driver): Promise<Rollback> {
  const before = await driver.read();
  const trial = before.conduits.flatMap((one) => one.trial ?? [])[0];
  if (trial) return endTrial(driver, trial.plan, before.lock?.holder ?? "", before.ownHash);
  const ring = await readRing(driver);
  const parent = ring && parentOf(ring);
  if (!ring || !parent) return { kind: "nothing-to-restore" };
  await driver.restore(parent.text ?? undefined);
  const written = await driver.writeBoot(parent.boot ?? undefined);
  const [live, wanted, booted] = await Promise.all([
    driver.read(),
    driver.preview(parent.text ?? driver.absence),
    driver.rehearseBoot(),
  ]);
  await writeRing(driver, withCurrent(ring, parent), driver.absence);
  return {
    kind: "restored",
    number: parent.number,
    proven: live.ownHash === wanted.ownHash,
    persisted: written === sha256(parent.boot ?? "") && booted.ownHash === wanted.ownHash,
  };
}

/** Ends the trial of a plan, whoever holds it. `ownHash` is of what was confirmed and must be what remains. */
export async function endTrial(
  driver: Driver,
  plan: string,
  holder: string,
  ownHash: string,
): Promise<Extract<Rollback, { kind: "trial-ended" }>> {
  await driver.disarm(holder);
  const after = await driver.read();
  const proven = after.ownHash === ownHash && !after.conduits.some((one) => one.trial);
  return { kind: "trial-ended", plan, proven };
}
