import type { Flow } from "../../baseline/flow.ts";
import type { ConduitCounters } from "../../target.ts";
import type { Decisions } from "../record.ts";

/** What a trial is watched for, from the plan. */
export interface Watch {
  /** Flows that were observed and that nobody decided against: every one of them must pass. */
  readonly expected: readonly Flow[];
  /** Permits that the process needs, with the longest silence that is normal, in seconds; none where it is not known. */
  readonly heartbeats: readonly Heartbeat[];
  /** What was decided about the conduit's flows, to tell a surprise from a decision. */
  readonly decisions: Decisions;
}

export interface Heartbeat {
  readonly permit: string;
  readonly deadline?: number;
}

/** The counters of the conduit at one moment; `at` in seconds of a monotonic clock. */
export interface Sample {
  readonly at: number;
  readonly counters: ConduitCounters;
}

/**
 * What one criterion says of one sample. Inconclusive is never success: `early` means that it cannot be known yet and
 * is waited for, `no-data` that nothing will ever be known this way.
 */
export interface Reading {
  readonly result: "pass" | "fail" | "early" | "no-data";
  readonly reason: string;
}
