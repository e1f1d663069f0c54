import type { Box, ConduitRules } from "../ir.ts";
import { dropCovered } from "./drop-covered.ts";
import { mergeNeighbours } from "./merge-neighbours.ts";

/**
 * Makes the boxes of one permit fewer, and admits the same packets. A pass sees one permit at a time: merged across
 * permits, neither the evidence of a permit nor its counters would say anything any more.
 */
export type OptimisePass = (boxes: readonly Box[]) => readonly Box[];

const passes: readonly OptimisePass[] = [dropCovered, mergeNeighbours];

/** Rules with fewer boxes. That they mean the same is proved at each compile, against the site file itself. */
export const optimise = (rules: ConduitRules): ConduitRules => ({
  ...rules,
  permits: rules.permits.map((permit) =>
    permit.boxes.length > 1
      ? { ...permit, boxes: passes.reduce((boxes, pass) => pass(boxes), permit.boxes) }
      : permit,
  ),
});
