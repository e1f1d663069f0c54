import { criterionTypes } from "../../policy/criterion-types.ts";
import type { ConduitCounters, Driver, GuardState, LiveConduit, LiveState } from "../../target.ts";
import type { Change } from "../change.ts";
import { judge, type Memory, noMemory, type Rule } from "../criteria/judge.ts";

/** What is seen of one conduit in one look. Counts are of the packets since the look before; absent in the first one. */
export interface ConduitLook {
  readonly conduit: string;
  readonly stage: LiveConduit["stage"] | "unmanaged";
  readonly trial?: {
    readonly stage: LiveConduit["stage"];
    readonly plan: string;
    readonly secondsLeft: number;
  };
  /** What the criteria of the trial's plan say, judged here from the counters; absent where the plan is not at hand. */
  readonly criteria?: { readonly verdict: "holds" | "waits" | "tripped"; readonly reason: string };
  readonly packets?: { readonly requests: number; readonly replies: number; readonly notPermitted: number };
  /** Flows in the record of what no permit admitted. */
  readonly recorded: number;
  readonly recordFull: boolean;
}

export interface Look {
  readonly conduits: readonly ConduitLook[];
  readonly lock: LiveState["lock"];
  readonly guard: GuardState | undefined;
}

/** What one look remembers for the next one. */
export interface LookMemory {
  readonly counters: ReadonlyMap<string, ConduitCounters>;
  readonly criteria: ReadonlyMap<string, Memory>;
}
export const nothingSeen: LookMemory = { counters: new Map(), criteria: new Map() };

/**
 * Looks at a firewall once. Only reads. `at` is of a monotonic clock in seconds; `changeOf` gives the change of a plan
 * whose id begins with these digits.
 */
export async function lookAt(
  driver: Driver,
  memory: LookMemory,
  at: number,
  changeOf: (plan: string) => Change | undefined,
): Promise<{ readonly look: Look; readonly memory: LookMemory }> {
  const live = await driver.read();
  const counters = new Map<string, ConduitCounters>();
  const criteria = new Map<string, Memory>();
  const conduits: ConduitLook[] = [];
  for (const conduit of new Set(live.conduits.map((one) => one.conduit))) {
    const own = live.conduits.filter((one) => one.conduit === conduit);
    const now = await driver.counters(conduit);
    const before = memory.counters.get(conduit);
    counters.set(conduit, now);
    const onTrial = own.find((one) => one.trial);
    const change = onTrial?.trial && changeOf(onTrial.trial.plan);
    const judgement =
      change &&
      judge(
        memory.criteria.get(change.plan.id) ?? noMemory,
        change.plan.criteria.filter(isCounted),
        change.watch,
        {
          at,
          counters: now,
        },
      );
    if (change && judgement) criteria.set(change.plan.id, judgement.memory);
    conduits.push({
      conduit,
      stage: own.find((one) => !one.trial)?.stage ?? "unmanaged",
      ...(onTrial?.trial && { trial: { stage: onTrial.stage, ...onTrial.trial } }),
      ...(judgement && { criteria: { verdict: judgement.verdict, reason: judgement.reason } }),
      ...(before && { packets: since(before, now) }),
      recorded: now.recorded.length,
      recordFull: now.recordFull,
    });
  }
  return {
    look: { conduits, lock: live.lock, guard: await driver.guardState?.() },
    memory: { counters, criteria },
  };
}

/** Of the criteria, those whose numbers a look has: it probes nothing, and asks nobody. */
const isCounted = ({ type }: Rule): boolean =>
  ["record", "permit counters"].includes(criterionTypes[type].source);

/** A trial counts anew: where there is less than before, all of it is new. */
function since(before: ConduitCounters, now: ConduitCounters): NonNullable<ConduitLook["packets"]> {
  const grown = (from: number, to: number): number => (to < from ? to : to - from);
  const sum = (counters: ConduitCounters, of: "requests" | "replies"): number =>
    counters.permits.reduce((total, permit) => total + permit[of], 0);
  const dropped = ({ recorded }: ConduitCounters): number =>
    recorded.reduce((total, flow) => total + flow.packets, 0);
  return {
    requests: grown(sum(before, "requests"), sum(now, "requests")),
    replies: grown(sum(before, "replies"), sum(now, "replies")),
    notPermitted: grown(dropped(before), dropped(now)),
  };
}
