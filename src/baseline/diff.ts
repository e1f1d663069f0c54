import { compareFlows, flowKey } from "./aggregate.ts";
import type { Baseline, BaselineFlow } from "./flow.ts";
import { type LinkChange, linkChanges } from "./links/diff.ts";

/** What changed of a flow that both baselines have. */
export type FlowChange = "answered" | "unanswered" | "faster" | "slower" | "rhythm lost" | "rhythm found";

/** What a later observation shows against an earlier one. All lists are in the order of a baseline. */
export interface BaselineDiff {
  readonly appeared: readonly BaselineFlow[];
  readonly gone: readonly BaselineFlow[];
  readonly changed: readonly {
    readonly before: BaselineFlow;
    readonly after: BaselineFlow;
    readonly changes: readonly FlowChange[];
  }[];
  /** Flows that both have, without a change that matters. */
  readonly same: number;
  /** Sorted by address. */
  readonly links: readonly LinkChange[];
}

/** A period that differs by more than this factor is another rhythm; within it, jitter. */
const samePeriod = 1.25;

export function diffBaselines(before: Baseline, after: Baseline): BaselineDiff {
  const earlier = new Map(before.flows.map((flow) => [flowKey(flow), flow]));
  const later = new Set(after.flows.map(flowKey));
  const appeared: BaselineFlow[] = [];
  const changed: { before: BaselineFlow; after: BaselineFlow; changes: readonly FlowChange[] }[] = [];
  for (const flow of after.flows) {
    const known = earlier.get(flowKey(flow));
    if (known === undefined) appeared.push(flow);
    else {
      const changes = changesOf(known, flow);
      if (changes.length > 0) changed.push({ before: known, after: flow, changes });
    }
  }
  return {
    appeared: appeared.sort(compareFlows),
    gone: before.flows.filter((flow) => !later.has(flowKey(flow))).toSorted(compareFlows),
    changed: changed.sort((x, y) => compareFlows(x.after, y.after)),
    same: after.flows.length - appeared.length - changed.length,
    links: linkChanges(before.links ?? [], after.links ?? []),
  };
}

function changesOf(before: BaselineFlow, after: BaselineFlow): readonly FlowChange[] {
  const changes: FlowChange[] = [];
  if (before.answered !== after.answered) changes.push(after.answered ? "answered" : "unanswered");
  const [earlier, later] = [before.cadence, after.cadence];
  // Without a cadence there was too little to tell, which is no change.
  if (earlier === undefined || later === undefined) return changes;
  if (earlier.period === undefined || later.period === undefined) {
    if (earlier.period !== later.period)
      changes.push(later.period === undefined ? "rhythm lost" : "rhythm found");
  } else if (later.period > earlier.period * samePeriod) changes.push("slower");
  else if (earlier.period > later.period * samePeriod) changes.push("faster");
  return changes;
}
