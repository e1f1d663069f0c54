import type { Plan } from "../../plan/plan.ts";
import type { ConduitCounters } from "../../target.ts";

export type Step = Plan["exercises"][number];

/**
 * What the trial waits for: the first step that nobody says to have done, or after which its permits were not heard in both
 * directions. That somebody says so proves nothing; the counters of the trial do.
 */
export function exercisePending(
  steps: readonly Step[],
  done: ReadonlySet<string>,
  { permits }: Pick<ConduitCounters, "permits">,
): string | undefined {
  for (const { id, do: what, permits: asked } of steps) {
    if (!done.has(id)) {
      return `exercise step ${id}: ${what} Then say so: type ${id}, or start the trial with --exercised ${id}`;
    }
    const silent = asked.filter((permit) => {
      const heard = permits.find((one) => one.permit === permit);
      return !heard || heard.requests === 0 || heard.replies === 0;
    });
    if (silent.length > 0) {
      return `exercise step ${id} is said to be done, and ${silent.join(", ")} was not heard in both directions`;
    }
  }
  return undefined;
}
