import type { Capabilities } from "../backend.ts";
import type { Box } from "../ir.ts";
import { addressLists } from "./address-lists.ts";
import type { LegalRule } from "./legal-rule.ts";
import { portLists } from "./port-lists.ts";
import { legalPorts, type PortLimits } from "./port-numbers.ts";
import { toPrefixes } from "./prefixes.ts";

/** What of the capability table says how a rule may look. */
export type RuleLimits = PortLimits & Pick<Capabilities, "portSlots" | "addressLists" | "addressRanges">;

/** Boxes as rules that a back end can print as they are: the same packets, each pass within what the table allows. */
export function legalRules(boxes: readonly Box[], limits: RuleLimits): readonly LegalRule[] {
  const listed = portLists(legalPorts(boxes, limits), limits.portSlots);
  const joined = limits.addressLists ? addressLists(listed) : listed;
  return limits.addressRanges === "whole" ? joined : joined.flatMap((rule) => prefixed(rule, limits));
}

/** Where a rule has no lists, each prefix takes a rule of its own. */
function prefixed(rule: LegalRule, { addressLists: lists }: RuleLimits): readonly LegalRule[] {
  const sources = toPrefixes(rule.sources);
  const destinations = toPrefixes(rule.destinations);
  if (lists) return [{ ...rule, sources, destinations }];
  return sources.flatMap((source) =>
    destinations.map((destination) => ({ ...rule, sources: [source], destinations: [destination] })),
  );
}
