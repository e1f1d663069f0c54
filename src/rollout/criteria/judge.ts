import type { CriterionType } from "../../policy/criterion-types.ts";
import { answered } from "./answered.ts";
import { connectionStorm } from "./connection-storm.ts";
import { conntrackPressure } from "./conntrack-pressure.ts";
import { drift } from "./drift.ts";
import { flowDropped } from "./flow-dropped.ts";
import { haEvent } from "./ha-event.ts";
import { heartbeatLost, type Pulse, takePulse } from "./heartbeat-lost.ts";
import { quietConduit } from "./quiet-conduit.ts";
import { rateCollapse } from "./rate-collapse.ts";
import type { Measured, Reading, Rule, Sample, Watch } from "./reading.ts";
import { recordingLost } from "./recording-lost.ts";
import { repliesMissing } from "./replies-missing.ts";
import { unknownDrops } from "./unknown-drops.ts";

export type { Rule } from "./reading.ts";

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
  /** What was measured, and what was at first. */
  readonly sample: Sample;
  readonly first: Sample;
}

export const noMemory: Memory = { pulse: new Map(), counts: new Map() };

export interface Judgement {
  readonly memory: Memory;
  readonly verdict: "holds" | "waits" | "tripped";
  /** Of the criterion that decided. */
  readonly reason: string;
  /** Tripped criteria that only warn, and those that run dry. */
  readonly warnings: readonly string[];
}

/** The rules that are measured at this time: between its intervals a criterion stands by its last reading. */
export const due = (memory: Memory, rules: readonly Rule[], at: number): readonly Rule[] =>
  rules.filter(({ id }) => at >= (memory.counts.get(id)?.nextAt ?? at));

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
  const active = judged.filter(({ rule }) => !rule.dryRun);
  const worst =
    active.find((one) => one.standing === "tripped" && one.rule.severity === "abort") ??
    active.find((one) => one.standing === "tripped" && one.rule.severity === "hold") ??
    active.find((one) => one.standing === "waits");
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
      .filter(({ standing, rule }) => standing === "tripped" && (rule.dryRun || rule.severity === "warn"))
      .map(({ reason, rule }) => (rule.dryRun ? `dry run, would ${rule.severity}: ${reason}` : reason)),
  };
}

function count(last: Count | undefined, rule: Rule, watch: Watch, pulse: Pulse, sample: Sample): Count {
  if (last && !(sample.asked?.has(rule.id) ?? sample.at >= last.nextAt)) return last;
  const first = last?.first ?? sample;
  const reading = measures[rule.type]({ rule, watch, sample, last: last?.sample, first }, pulse);
  const failed = reading.result === "fail" || (reading.result === "no-data" && rule.onNoData === "fail");
  return {
    nextAt: sample.at + rule.interval,
    failures: (last?.failures ?? 0) + (failed ? 1 : 0),
    inARow: failed ? (last?.inARow ?? 0) + 1 : 0,
    reading,
    sample,
    first,
  };
}

/** Each type's own measurement. */
const measures: Readonly<Record<CriterionType, (measured: Measured, pulse: Pulse) => Reading>> = {
  "flow-dropped": ({ watch, sample }) => flowDropped(watch, sample),
  "heartbeat-lost": heartbeatLost,
  "rate-collapse": rateCollapse,
  "replies-missing": ({ sample, last }) => repliesMissing(sample, last),
  "connection-storm": connectionStorm,
  "unknown-drops": ({ rule, watch, sample, last }) => unknownDrops(watch, sample, last, rule.perMinute ?? 0),
  "recording-lost": ({ sample }) => recordingLost(sample),
  "conntrack-pressure": conntrackPressure,
  drift,
  "ha-event": haEvent,
  "quiet-conduit": quietConduit,
  "tcp-probe": answered,
  "external-signal": answered,
};

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
