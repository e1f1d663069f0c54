import type { PlanContent } from "../../plan/plan.ts";
import { type CriterionSource, criterionTypes } from "../../policy/criterion-types.ts";
import { judge, noMemory, type Rule } from "./judge.ts";
import type { Sample, Watch } from "./reading.ts";

/** Counters of a conduit that is monitored, as they were kept. */
export interface KeptSample {
  /** ISO 8601. */
  readonly time: string;
  readonly counters: Sample["counters"];
}

/** What the kept samples hold; hosts, sessions, probes and signals were not asked. */
const kept: readonly CriterionSource[] = ["record", "permit counters"];

/**
 * How each criterion would have fared over samples of the monitor stage, as if a trial had run all that time. A trip is
 * counted when it begins; what is still tripped at the next sample is the same one. Undefined where nothing was kept.
 */
export function replay(
  rules: readonly Rule[],
  watch: Watch,
  samples: readonly KeptSample[],
): PlanContent["history"] {
  const [first, ...others] = samples;
  if (first === undefined) return undefined;
  const times = samples.map(({ time }) => Date.parse(time) / 1000);
  const gaps = others.map((_, index) => times[index + 1]! - times[index]!).toSorted((a, b) => a - b);
  return {
    samples: samples.length,
    from: first.time,
    to: samples.at(-1)!.time,
    every: gaps[gaps.length >> 1] ?? 0,
    criteria: rules.map((rule) =>
      kept.includes(criterionTypes[rule.type].source)
        ? { id: rule.id, ...tripsOf(rule, watch, samples, times) }
        : { id: rule.id },
    ),
  };
}

function tripsOf(
  { dryRun: _, ...rule }: Rule,
  watch: Watch,
  samples: readonly KeptSample[],
  times: readonly number[],
): Pick<NonNullable<PlanContent["history"]>["criteria"][number], "trips" | "last"> {
  const acting: Rule = { ...rule, severity: "abort" };
  let memory = noMemory;
  let wasTripped = false;
  let trips = 0;
  let last: { readonly time: string; readonly reason: string } | undefined;
  for (const [index, { time, counters }] of samples.entries()) {
    const judgement = judge(memory, [acting], watch, { at: times[index]!, counters });
    const isTripped = judgement.verdict === "tripped";
    if (isTripped && !wasTripped) {
      trips += 1;
      last = { time, reason: judgement.reason };
    }
    // A sum of failures never falls: once it speaks well again, a criterion begins anew, as the next trial would.
    const isOver = isTripped && judgement.memory.counts.get(rule.id)?.reading.result === "pass";
    memory = isOver ? noMemory : judgement.memory;
    wasTripped = isTripped && !isOver;
  }
  return { trips, ...(last && { last }) };
}
