import { differencesSince } from "../../plan/differences.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Driver, LiveState } from "../../target.ts";
import { type Change, type Outside, trialNote, trialNoteName, usedName } from "../change.ts";
import { isOf } from "../drill.ts";
import { groundProblems } from "../known-good/ground.ts";
import { firstRing, readRing, writeRing } from "../known-good/known-good.ts";
import { obtainLock } from "../lock.ts";
import { surprises } from "../surprises.ts";
import { windowProblems } from "../window.ts";
import { hostProblems } from "./host-problems.ts";
import { rollbackProblems } from "./rollback-time.ts";
import { watchBeforehand } from "./watch-beforehand.ts";

/** Everything for which this change may not start now; takes the firewall's lock when there is nothing. */
export async function preflight(
  change: Change,
  driver: Driver,
  outside: Outside,
): Promise<readonly string[]> {
  const { plan } = change;
  const early = [...windowProblems(change, outside), ...(await useProblems(change, driver))];
  if (early.length > 0) return early;
  const facts = await driver.facts();
  if (facts.obstacles.length > 0) return facts.obstacles;
  const { deadMen } = plan;
  if (deadMen && !isOf(deadMen.firings, facts.deadMen)) {
    return ["the dead men of this firewall are not those that the plan names: make a new plan"];
  }
  const host = await hostProblems(change, driver, outside);
  if (host.length > 0) return host;
  const before = await driver.read();
  const changed = differencesSince(plan.base, before, facts);
  if (changed.length > 0) return [changedMessage(plan), ...changed];
  const locked = await obtainLock(change, driver, outside);
  if (locked !== undefined) return [locked];
  // Between the first look and the lock somebody may have been here.
  const live = await driver.read();
  const running = live.conduits.find((one) => one.trial);
  if (running) return [`a trial of ${running.conduit} runs on this firewall`];
  const late = differencesSince(plan.base, live, facts);
  if (late.length > 0) return [changedMessage(plan), ...late];
  await driver.writeFile(trialNoteName, trialNote(plan.id, "preflight"));
  const ring = await readRing(driver);
  const problems = [...(await groundProblems(driver, live, ring)), ...(await textProblems(change, driver))];
  if (problems.length > 0) return problems;
  const slow = await rollbackProblems(change, driver, ring, outside);
  if (slow.length > 0) return slow;
  if (!ring) await keepFirst(change, driver, live, outside);
  const open = await surprisesSincePlan(change, driver);
  if (open.length > 0) return open;
  return watchBeforehand(change, driver, outside);
}

const changedMessage = ({ follows }: Plan): string =>
  follows === undefined
    ? "the firewall is not as it was when the plan was made: make a new plan"
    : `the firewall is not as plan ${follows.slice(0, 16)}… leaves it, which goes before this one: apply that one first, ` +
      "or make a new plan";

async function useProblems({ plan }: Change, driver: Driver): Promise<readonly string[]> {
  const used = await driver.readFile(usedName(plan.id));
  return used === undefined
    ? []
    : [`this plan was used before (${used.trim()}): a plan is used once, make a new one`];
}

/** The rules as the plan has them, alone and in the boot configuration, must be what this firewall makes of them. */
async function textProblems({ plan }: Change, driver: Driver): Promise<readonly string[]> {
  const refusal = await driver.check(plan.compiled.text);
  if (refusal !== undefined) return [`the firewall refuses the rules: ${refusal}`];
  const [alone, booted] = [
    await driver.preview(plan.compiled.text),
    await driver.rehearseBoot(plan.boot.text),
  ];
  const listed = alone.conduits.find((one) => one.conduit === plan.conduit);
  if (listed?.rulesHash !== plan.expected.rulesHash) {
    return ["the firewall reads the rules otherwise than when the plan was made"];
  }
  return booted.ownHash === plan.expected.ownHash
    ? []
    : ["the host's boot configuration would not load the rules as they are in the plan"];
}

/** At first contact, what is there becomes the first known-good: what the last rollback restores. */
async function keepFirst({ plan }: Change, driver: Driver, live: LiveState, outside: Outside): Promise<void> {
  const nothing = { firewall: plan.firewall.id, conduits: [] };
  const first = firstRing(nothing, undefined, live.bootText, outside.time().toISOString());
  await writeRing(driver, first, driver.absence);
}

/** Enforcement is approved for what was known: what monitor recorded since must be decided too. */
async function surprisesSincePlan(change: Change, driver: Driver): Promise<readonly string[]> {
  const { plan, watch } = change;
  if (plan.from !== "monitor" || plan.to !== "enforce") return [];
  return surprises(plan.conduit, watch.decisions, await driver.counters(plan.conduit), (address) => address);
}
