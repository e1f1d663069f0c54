import type { Driver } from "../target.ts";
import type { Change, Outside } from "./change.ts";
import { lockText } from "./holder.ts";

/**
 * Takes the firewall's lock for a change. Where somebody else has it, `outside` decides whether it is taken over: then
 * a trial under it ends first, so that the previous stage is what runs. Resolves with why the lock was not taken.
 */
export async function obtainLock(
  change: Change,
  driver: Driver,
  outside: Outside,
  seconds: number,
): Promise<string | undefined> {
  const { holder } = change.order;
  if ((await driver.lock(holder, seconds)) === undefined) return undefined;
  const { lock, conduits } = await driver.read();
  if (lock === undefined) return driver.lock(holder, seconds);
  const trial = conduits.find((one) => one.trial);
  const what = `${lockText(lock)}${trial ? `; a trial of ${trial.conduit} runs` : ""}`;
  if (!(await outside.mayTakeOver(what))) {
    return `the firewall is locked by ${what}. Ask them, or wait; to end what they do and go on: sluice apply --take-over`;
  }
  await outside.record("take-over", { from: lock.holder, ...(trial?.trial && { trial: trial.trial.plan }) });
  outside.tell(`taking the lock over from ${lockText(lock)}`);
  await driver.disarm(lock.holder);
  await driver.unlock(lock.holder);
  const other = await driver.lock(holder, seconds);
  return other === undefined ? undefined : `the firewall is locked by ${other}, who was quicker`;
}
