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
  let keptAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    if (outside.now() - keptAt >= lockSeconds / 3) {
      const lost = await keepLock(change, driver);
      if (lost !== undefined) return [lost];
      keptAt = outside.now();
    }
    const asked = due(memory, rules, outside.now());
    const sample = await takeSample(change, asked, driver, outside, "beforehand");
    const judgement = judge(memory, rules, watch, sample);
    memory = judgement.memory;
    if (judgement.verdict === "holds") return [];
    if (judgement.verdict === "tripped" || sample.at >= deadline) {
      return [`the trial would not hold, and nothing was armed: ${judgement.reason}`];
    }
    const interrupted = outside.abortReason();
    if (interrupted !== undefined) return [interrupted];
    await outside.sleep(Math.min(1, ...rules.map((rule) => rule.interval)));
  }
}

function isMeasured({ type }: Rule, { plan }: Change): boolean {
  // A conduit that stands still is made to speak by its exercise steps, during the trial.
  if (type === "quiet-conduit" && plan.exercises.length > 0) return false;
  return plan.from !== "unmanaged" || !ofRules.includes(criterionTypes[type].source);
}
