import type { ConduitRules } from "../compile/ir.ts";
import { canonicalJson, sha256 } from "../digest.ts";
import { type Driver, DriverError, type LiveState, type TrialOrder } from "../target.ts";
import { drillProblems, rehearse } from "./drill.ts";
import { holderOf, lockText } from "./holder.ts";
import { endTrial } from "./rollback.ts";

/** Something that a person does to a firewall at once and for a while, without a plan. */
export interface Measure {
  readonly action: "bypass" | "isolate";
  readonly actor: string;
  readonly firewall: string;
  readonly reason: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** How long it lasts; the firewall ends it by itself. */
  readonly seconds: number;
}

/** The measure in the form of a trial that nobody renews: the same dead man ends it. */
export function measureOrder(measure: Measure, rules: ConduitRules): TrialOrder {
  const id = sha256(canonicalJson({ ...measure, conduit: rules.conduit }));
  const holder = holderOf(measure.actor, measure.action, new Date(measure.time), id);
  return { plan: id, holder, rules, leaseSeconds: measure.seconds };
}

export type Taken =
  /** Packets meet it; read from the firewall. */
  | { readonly kind: "taken" }
  /** Nothing was changed. */
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "unproven"; readonly reason: string };

/** The lock outlasts the drill and the loading; arming extends it with the lease. */
const lockSeconds = 180;

/**
 * Takes a measure: lock, rehearsal of the dead men, the second one in wait, rules that no packet meets, and last the lease. What goes wrong
 * before packets meet it leaves the firewall as it was.
 */
export async function takeMeasure(driver: Driver, order: TrialOrder): Promise<Taken> {
  const other = await driver.lock(order.holder, lockSeconds);
  if (other !== undefined) {
    const { lock } = await driver.read();
    return { kind: "refused", reason: `the firewall is locked by ${lock ? lockText(lock) : other}` };
  }
  try {
    const { fired, firings } = await rehearse(driver, order.leaseSeconds);
    if (!fired) return await refuse(driver, order, drillProblems(firings).join("; "));
    await driver.guard?.(order);
    await driver.load(order.rules);
    await driver.arm(order);
    const live = await driver.read();
    return isMet(live, order)
      ? { kind: "taken" }
      : { kind: "unproven", reason: "packets do not meet what was armed" };
  } catch (error) {
    if (!(error instanceof DriverError)) throw error;
    await driver.disarm(order.holder);
    return await refuse(driver, order, error.message);
  }
}

async function refuse(driver: Driver, { holder }: TrialOrder, reason: string): Promise<Taken> {
  await driver.unlock(holder);
  return { kind: "refused", reason };
}

const isMet = ({ conduits }: LiveState, { plan, rules }: TrialOrder): boolean =>
  conduits.some(
    ({ conduit, stage, trial }) =>
      trial && plan.startsWith(trial.plan) && conduit === rules.conduit && stage === rules.stage,
  );

/** Ends whatever trial or measure runs, whoever holds it, and takes this one in its place. */
export async function takeOver(driver: Driver, order: TrialOrder): Promise<Taken> {
  const { lock } = await driver.read();
  if (lock) {
    await driver.disarm(lock.holder);
    await driver.unlock(lock.holder);
  }
  return takeMeasure(driver, order);
}

/** Ends the measure that runs under the name of a conduit, and gives its lock back. */
export async function endMeasure(driver: Driver, conduit: string): Promise<Taken> {
  const { conduits, lock, ownHash } = await driver.read();
  const measure = conduits.find((one) => one.conduit === conduit)?.trial;
  if (!measure || !lock) return { kind: "refused", reason: `${conduit} does not run here` };
  const { proven } = await endTrial(driver, measure.plan, lock.holder, ownHash);
  await driver.unlock(lock.holder);
  return proven ? { kind: "taken" } : { kind: "unproven", reason: `${conduit} is not proven to have ended` };
}
