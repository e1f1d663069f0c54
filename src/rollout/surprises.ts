import { flowText } from "../baseline/propose/question.ts";
import type { ConduitCounters } from "../target.ts";
import { acceptHint } from "./acceptances.ts";
import { type Decisions, judgeRecord } from "./record.ts";

/** Surprises that are named one by one; a scan may leave thousands. */
const named = 20;

/**
 * What a conduit recorded in monitor and enforcement would cut although nobody decided so, each with how to mend it.
 * `nameOf` gives the site's name for an address.
 */
export function surprises(
  conduit: string,
  decisions: Decisions,
  { recorded, recordFull }: Pick<ConduitCounters, "recorded" | "recordFull">,
  nameOf: (address: string) => string,
): readonly string[] {
  const open = judgeRecord(decisions, recorded).filter(({ decision }) => !decision);
  return [
    ...open
      .slice(0, named)
      .map(
        ({ flow, packets }) =>
          `monitor recorded ${flowText(flow, nameOf)} (${packets} packets), and nobody decided about it: permit it, ` +
          `or write it under "denied" of ${conduit} with a reason; ${acceptHint(flowText(flow, nameOf))}`,
      ),
    ...(open.length > named
      ? [`${open.length - named} more flows were recorded that nobody decided about`]
      : []),
    ...(recordFull
      ? [
          `the record of ${conduit} is full, or the host can keep none, so something may be missing from it: find in ` +
            '"sluice status" what fills it, end that, and wait until the record has room again',
        ]
      : []),
  ];
}
