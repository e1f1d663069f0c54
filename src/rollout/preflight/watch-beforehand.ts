import { type CriterionSource, criterionTypes } from "../../policy/criterion-types.ts";
import type { Driver } from "../../target.ts";
import type { Change, Outside } from "../change.ts";
import { due, judge, noMemory, type Rule } from "../criteria/judge.ts";
import { takeSample } from "../criteria/sample.ts";
import { keepLock, lockSeconds } from "../lock.ts";

/** What cannot be measured where the conduit has no rules of ours yet. */
const ofRules: readonly CriterionSource[] = ["record", "permit counters"];

/** For how long a conduit may be watched before it is clear that a criterion will not speak, in seconds. */
const watchingSeconds = ({ plan }: Change): number =>
  2 *
  Math.max(
    0,
    ...plan.watch.heartbeats.map(({ deadline }) => deadline ?? 0),
    ...plan.criteria.map(({ interval }) => interval),
  );

/** What speaks is heard between two looks; over a slow wire the first one alone may take all of the time. */
const fewestLooks = 3;

/**
 * Watches the conduit as it is, before anything is armed: a criterion that is tripped now, or that has nothing to say,
 * would end the trial at once or never. Without a monitor stage only what does not count packets can be measured.
 */
export async function watchBeforehand(
  change: Change,
  driver: Driver,
  outside: Outside,
): Promise<readonly string[]> {
  const { plan } = change;
  const rules = plan.criteria.filter((rule) => isMeasured(rule, change));
  // What the monitor stage recorded was judged by the old rules; what the new ones let pass is proved, not sampled. What
  // an exercise step makes speak is heard during the trial only.
  const watch = {
    ...change.watch,
    expected: [],
    heartbeats: change.watch.heartbeats.filter(({ exercise }) => exercise === undefined),
  };
  const deadline = outside.now() + watchingSeconds(change) + 10;
  let memory = noMemory;
  let looks = 0;
  let quickest = Number.POSITIVE_INFINITY;
  let keptAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    if (outside.now() - keptAt >= lockSeconds / 3) {
      const lost = await keepLock(change, driver);
      if (lost !== undefined) return [lost];
      keptAt = outside.now();
    }
    const start = outside.now();
    const asked = due(memory, rules, start);
    const sample = await takeSample(change, asked, driver, outside, "beforehand");
    const judgement = judge(memory, rules, watch, sample);
    memory = judgement.memory;
    looks += 1;
    quickest = Math.min(quickest, sample.at - start);
    if (judgement.verdict === "holds") return slownessProblems(plan.trial.lease, quickest);
    if (judgement.verdict === "tripped" || (sample.at >= deadline && looks >= fewestLooks)) {
      return [`the trial would not hold, and nothing was armed: ${judgement.reason}`];
    }
    const interrupted = outside.abortReason();
    if (interrupted !== undefined) return [interrupted];
    await outside.sleep(Math.min(1, ...rules.map((rule) => rule.interval)));
  }
}

/** A lease is renewed between two looks: where each takes half of it, no renewal comes in time. */
function slownessProblems(lease: number, seconds: number): readonly string[] {
  if (seconds < lease / 2) return [];
  return [
    `the way to the firewall is too slow for this trial: one look at it takes ${seconds.toFixed(1)} s, and a lease of ${lease} s ` +
      `could not be renewed in time. Go nearer, or set trial.lease to ${Math.ceil(seconds * 4)} s or more and make a new plan`,
  ];
}

function isMeasured({ type }: Rule, { plan }: Change): boolean {
  // A conduit that stands still is made to speak by its exercise steps, during the trial.
  if (type === "quiet-conduit" && plan.exercises.length > 0) return false;
  return plan.from !== "unmanaged" || !ofRules.includes(criterionTypes[type].source);
}
