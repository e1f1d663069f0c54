import type { Criterion } from "../../policy/model.ts";
import { flowDropped } from "./flow-dropped.ts";
import { heartbeatLost, type Pulse, takePulse } from "./heartbeat-lost.ts";
import type { Reading, Sample, Watch } from "./reading.ts";
import { recordingLost } from "./recording-lost.ts";
import { repliesMissing } from "./replies-missing.ts";
import { unknownDrops } from "./unknown-drops.ts";

/** A criterion as the plan holds it. */
export type Rule = Omit<Criterion, "span">;

/** What the judge remembers between samples. */
export interface Memory {
  readonly pulse: Pulse;
  readonly counts: ReadonlyMap<string, Count>;
}
interface Count {
  readonly nextAt: number;
  readonly failures: number;
  readonly inARow: number;
  readonly reading: Reading;
  /** What was measured. */
  readonly sample: Sample;
}

export const noMemory: Memory = { pulse: new Map(), counts: new Map() };

export interface Judgement {
  readonly memory: Memory;
  readonly verdict: "holds" | "waits" | "tripped";
  /** Of the criterion that decided. */
  readonly reason: string;
  /** Tripped criteria that only warn. */
  readonly warnings: readonly string[];
}

/**
 * Judges one sample by all criteria, in the grammar of Argo Rollouts: each counts its failures, in all and in a row,
 * and trips when a limit is passed. Between its intervals a criterion stands by its last reading.
 */
export function judge(memory: Memory, rules: readonly Rule[], watch: Watch, sample: Sample): Judgement {
  const pulse = takePulse(memory.pulse, watch, sample);
  const counts = new Map(
    rules.map((rule) => [rule.id, count(memory.counts.get(rule.id), rule, watch, pulse, sample)]),
  );
  const judged = rules.map((rule) => ({ rule, ...standing(rule, counts.get(rule.id)!) }));
  const worst =
    judged.find((one) => one.standing === "tripped" && one.rule.severity === "abort") ??
    judged.find((one) => one.standing === "tripped" && one.rule.severity === "hold") ??
    judged.find((one) => one.standing === "waits");
  return {
    memory: { pulse, counts },
    verdict:
      worst === undefined
        ? "holds"
        : worst.standing === "tripped" && worst.rule.severity === "abort"
          ? "tripped"
          : "waits",
    reason: worst?.reason ?? "all criteria hold",
    warnings: judged
      .filter((one) => one.standing === "tripped" && one.rule.severity === "warn")
      .map((one) => one.reason),
  };
}

function count(last: Count | undefined, rule: Rule, watch: Watch, pulse: Pulse, sample: Sample): Count {
  if (last && sample.at < last.nextAt) return last;
  const reading = read(rule, watch, pulse, sample, last?.sample);
  const failed = reading.result === "fail" || (reading.result === "no-data" && rule.onNoData === "fail");
  return {
    nextAt: sample.at + rule.interval,
    failures: (last?.failures ?? 0) + (failed ? 1 : 0),
    inARow: failed ? (last?.inARow ?? 0) + 1 : 0,
    reading,
    sample,
  };
}

/** `last` is what the same criterion measured before. */
function read(rule: Rule, watch: Watch, pulse: Pulse, sample: Sample, last: Sample | undefined): Reading {
  switch (rule.type) {
    case "flow-dropped":
      return flowDropped(watch, sample);
    case "heartbeat-lost":
      return heartbeatLost(watch, pulse, sample.at);
    case "replies-missing":
      return repliesMissing(sample, last);
    case "unknown-drops":
      return unknownDrops(watch, sample, last, rule.perMinute ?? 0);
    case "recording-lost":
      return recordingLost(sample);
  }
}

/** Tripped when either limit is passed. A failure below the limits is not a trip yet, and not success either. */
function standing(
  rule: Rule,
  { failures, inARow, reading }: Count,
): { readonly standing: "holds" | "waits" | "tripped"; readonly reason: string } {
  const reason = `${rule.id}: ${reading.reason}`;
  if (inARow > rule.consecutiveLimit || failures > rule.failureLimit) return { standing: "tripped", reason };
  if (inARow > 0 || reading.result === "early") return { standing: "waits", reason };
  if (reading.result === "no-data" && rule.onNoData === "hold") return { standing: "waits", reason };
  return { standing: "holds", reason };
}
