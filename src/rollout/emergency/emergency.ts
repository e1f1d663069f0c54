import type { ConduitRules } from "../../compile/ir.ts";
import { canonicalJson, sha256 } from "../../digest.ts";
import { type Driver, DriverError, type LiveState, type TrialOrder } from "../../target.ts";
import { drillProblems, rehearse } from "../drill.ts";
import { holderOf, lockText, measureUnder } from "../holder.ts";
import { endTrial } from "../known-good/rollback.ts";

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
  /** Packets meet it; read from the firewall. `already`: they did before, and do for so many seconds more. */
  | { readonly kind: "taken"; readonly already?: number }
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
  if (other === undefined) return arm(driver, order);
  const { lock } = await driver.read();
  return { kind: "refused", reason: `the firewall is locked by ${lock ? lockText(lock) : other}` };
}

async function arm(driver: Driver, order: TrialOrder): Promise<Taken> {
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

/** A session whose trial was ended takes its lock once more to clean up behind itself, and gives it back at once. */
const turns = 5;

/**
 * Ends a trial or a bypass that runs, whoever holds it, and takes this measure in its place. An isolation is never ended
 * for another one: a firewall holds one measure, and what was closed would be open meanwhile.
 */
export async function takeOver(driver: Driver, order: TrialOrder): Promise<Taken> {
  for (let turn = 1; ; turn += 1) {
    const { lock, conduits } = await driver.read();
    const isolation = conduits.find(({ trial }) => trial && lock && measureUnder(lock.holder) === "isolate");
    if (isolation?.trial && lock) {
      if (isolation.conduit === order.rules.conduit)
        return { kind: "taken", already: isolation.trial.secondsLeft };
      return {
        kind: "refused",
        reason:
          `${isolation.conduit} is in force there, by ${lockText(lock)}. A firewall holds one isolation, and this one would ` +
          "end it: if that is what is wanted, end it first (sluice isolate ZONE --end), or close the paths of this zone otherwise",
      };
    }
    if (lock) {
      await driver.disarm(lock.holder);
      await driver.unlock(lock.holder);
    }
    if ((await driver.lock(order.holder, lockSeconds)) === undefined) return arm(driver, order);
    if (turn === turns) return takeMeasure(driver, order);
  }
}

/** Ends the measure that runs under the name of a conduit, and gives its lock back. */
export async function endMeasure(driver: Driver, conduit: string): Promise<Taken> {
  const { conduits, lock, ownHash } = await driver.read();
  const measure = conduits.find((one) => one.conduit === conduit)?.trial;
  if (!measure || !lock) return { kind: "refused", reason: `${conduit} does not run here` };
  const { proven } = await endTrial(driver, measure.plan, lock.holder, ownHash);
  return proven ? { kind: "taken" } : { kind: "unproven", reason: `${conduit} is not proven to have ended` };
}
