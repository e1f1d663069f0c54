import { coverage, defaultCycle } from "../../baseline/coverage/coverage.ts";
import type { Baseline } from "../../baseline/flow.ts";
import { formatDuration } from "../../policy/duration.ts";
import type { Conduit, Site } from "../../policy/model.ts";

/** Whether a conduit's baseline has seen enough to be enforced, as a plan keeps it. */
export interface Readiness {
  readonly ready: boolean;
  /** What was judged, in words. */
  readonly text: string;
}

/** Judges a conduit's baseline in the longest cycle of the site. */
export function readinessOf(site: Site, conduit: Conduit, baseline: Baseline | undefined): Readiness {
  const cycle = defaultCycle(site);
  const assumed = cycle.isAssumed === true ? ", as the site file names no production cycles" : "";
  const where = `in cycles of ${cycle.id} (${formatDuration(cycle.length)}${assumed})`;
  if (baseline === undefined) {
    return { ready: false, text: "there is no baseline to judge: no permit names its evidence" };
  }
  const judged = coverage([baseline], site, cycle).conduits.find(({ id }) => id === conduit.id)!;
  const { limiting, estimate } = judged;
  if (limiting === undefined) {
    return { ready: true, text: `${estimate.flows} flows were judged ${where}: enough was seen` };
  }
  const time =
    limiting.cycles === undefined
      ? ""
      : `, at least ${limiting.cycles} more cycles (${formatDuration(limiting.cycles * cycle.length)})`;
  return {
    ready: false,
    text: `not enough was seen, ${where}, limited by ${limiting.name}: ${limiting.text}; ${limiting.remedy}${time}`,
  };
}
