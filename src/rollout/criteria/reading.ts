import type { Plan } from "../../plan/plan.ts";
import type { ConduitCounters, HostReadings, LiveSession, RecordedFlow } from "../../target.ts";
import type { Decisions } from "../record.ts";

/** What a trial is watched for, from the plan. */
export interface Watch extends Pick<Plan["watch"], "expected" | "heartbeats" | "rates"> {
  /** What was decided about the conduit's flows, to tell a surprise from a decision. */
  readonly decisions: Decisions;
}

export type Heartbeat = Watch["heartbeats"][number];

/** A criterion as the plan holds it. */
export type Rule = Plan["criteria"][number];

/** What was measured at one moment; `at` in seconds of a monotonic clock. What no rule asked for is absent. */
export interface Sample {
  readonly at: number;
  /** Ids of the rules that it was taken for: no other is judged by it. Absent where it is for all. */
  readonly asked?: ReadonlySet<string>;
  /** Of the conduit. `admitted` counts flows one by one, where the firewall does. */
  readonly counters: ConduitCounters & { readonly admitted?: readonly RecordedFlow[] };
  readonly host?: HostReadings;
  /** Sessions of the conduit that are open. */
  readonly sessions?: readonly LiveSession[];
  /** What somebody else changed on the firewall. */
  readonly changes?: readonly string[];
  /** What probes and signals answered, by the id of their rule. */
  readonly answers?: ReadonlyMap<string, Reading>;
}

/**
 * What one criterion says of one sample. Inconclusive is never success: `early` means that it cannot be known yet and
 * is waited for, `no-data` that nothing will ever be known this way.
 */
export interface Reading {
  readonly result: "pass" | "fail" | "early" | "no-data";
  readonly reason: string;
}

/** All that a criterion may look at. */
export interface Measured {
  readonly rule: Rule;
  readonly watch: Watch;
  readonly sample: Sample;
  /** What the same criterion measured before, and at first. */
  readonly last: Sample | undefined;
  readonly first: Sample;
}
