import type { Driver } from "../target.ts";
import type { Change, Outside } from "./change.ts";
import { lockText } from "./holder.ts";

/**
 * Until a trial is armed the lock is extended step by step, for so many seconds: whoever is killed meanwhile stands in
 * nobody's way for longer. Arming extends it with the lease.
 */
export const lockSeconds = 90;

/** Extends the lock before the next step. Resolves with why it is not ours any more. */
export async function keepLock({ order }: Change, driver: Driver): Promise<string | undefined> {
  const other = await driver.lock(order.holder, lockSeconds);
  return other === undefined ? undefined : `the firewall's lock went to ${other}; nothing was armed`;
}

/**
 * Takes the firewall's lock for a change. Where somebody else has it, `outside` decides whether it is taken over: then
 * a trial under it ends first, so that the previous stage is what runs. Resolves with why the lock was not taken.
 */
export async function obtainLock(
  change: Change,
  driver: Driver,
  outside: Outside,
): Promise<string | undefined> {
  const { holder } = change.order;
  if ((await driver.lock(holder, lockSeconds)) === undefined) return undefined;
  const { lock, conduits } = await driver.read();
  if (lock === undefined) return driver.lock(holder, lockSeconds);
  const trial = conduits.find((one) => one.trial);
  const what = `${lockText(lock)}${trial ? `; a trial of ${trial.conduit} runs` : ""}`;
  if (!(await outside.mayTakeOver(what))) {
    return `the firewall is locked by ${what}. Ask them, or wait; to end what they do and go on: sluice apply --take-over`;
  }
  await outside.record("take-over", { from: lock.holder, ...(trial?.trial && { trial: trial.trial.plan }) });
  outside.tell(`taking the lock over from ${lockText(lock)}`);
  await driver.disarm(lock.holder);
  await driver.unlock(lock.holder);
  const other = await driver.lock(holder, lockSeconds);
  return other === undefined ? undefined : `the firewall is locked by ${other}, who was quicker`;
}
