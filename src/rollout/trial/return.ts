import { SessionError } from "../../session.ts";
import { type Driver, DriverError, type OwnState } from "../../target.ts";
import type { Change, Connection, Outside } from "../change.ts";
import type { Event } from "./machine.ts";

/** How long the firewall is looked for after the lease has ended for certain, in seconds. */
const patience = 60;

/**
 * Reads from the firewall, over fresh connections while the old one is broken, whether the previous stage is back.
 * While the lease may still run it waits: the firewall ends it by itself. `seen` is what ending the trial left, where that
 * was read already.
 */
export async function verifyReturn(
  change: Change,
  leaseEnds: number,
  connection: () => Promise<Connection>,
  outside: Outside,
  seen?: OwnState,
): Promise<Event> {
  const first = seen && judgeReturn(change, seen);
  if (first?.what === "back") return first;
  const deadline = Math.max(leaseEnds, outside.now()) + patience;
  for (;;) {
    const found = await look(change, connection);
    if (found.what === "back" || found.what === "confirmed") return found;
    const now = outside.now();
    if (found.what === "unreachable" && now >= deadline) return unknown(found.reason, leaseEnds, outside);
    // Reachable and something else than both, after the lease has ended: waiting would not change it.
    if (now >= deadline || (found.what === "other" && now > leaseEnds + 5)) return found;
    await outside.sleep(Math.min(1, deadline - now));
  }
}

/** Nothing was read; what can be said of it is what the firewall does without us. */
function unknown(why: string, leaseEnds: number, outside: Outside): Extract<Event, { kind: "found" }> {
  const ends = new Date(outside.time().getTime() + (leaseEnds - outside.now()) * 1000).toISOString();
  const reason =
    `${why}. What runs there is unknown until it is read; a trial that was not confirmed ended there by itself by ${ends} ` +
    "at the latest";
  return { kind: "found", what: "unreachable", reason };
}

async function look(
  change: Change,
  connection: () => Promise<Connection>,
): Promise<Extract<Event, { kind: "found" }>> {
  try {
    return judgeReturn(change, await (await connection()).driver.read());
  } catch (error) {
    // A host that answers and refuses (its rights were changed, a command is gone) is as silent as one that does not.
    if (!(error instanceof SessionError || error instanceof DriverError)) throw error;
    return { kind: "found", what: "unreachable", reason: error.message };
  }
}

/** Whether a firewall does again what it did when the plan was made, or what the plan wanted. */
export function judgeReturn({ plan }: Change, live: OwnState): Extract<Event, { kind: "found" }> {
  const trial = live.conduits.find((one) => one.trial && plan.id.startsWith(one.trial.plan));
  const found = (what: "back" | "confirmed" | "other", reason: string) =>
    ({ kind: "found", what, reason }) as const;
  if (trial?.trial)
    return found("other", `the trial still runs, for ${trial.trial.secondsLeft.toFixed(0)} s`);
  if (live.ownHash === plan.base.ownHash) return found("back", "the previous stage is what runs");
  if (live.ownHash === plan.expected.ownHash) return found("confirmed", "the plan was confirmed");
  return found("other", "the rules of Sluice are neither those before the trial nor those of the plan");
}

/** Removes what the trial left and gives back the lock. Nothing depends on it: the lock ends by itself. */
export async function release({ order }: Change, driver: Driver): Promise<void> {
  if ((await driver.lock(order.holder, 60)) !== undefined) return;
  await driver.disarm(order.holder);
  await driver.unlock(order.holder);
}
