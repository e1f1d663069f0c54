import type { Outcome } from "../../diagnostics/diagnostic.ts";
import type { Capabilities } from "../backend.ts";
import { disjointBoxes } from "../disjoint.ts";
import type { ConduitRules } from "../ir.ts";
import { optimise } from "../optimise/optimise.ts";

/**
 * Brings rules into boxes that a back end can keep apart, as few as the optimiser finds; `legalRules` makes rules of
 * them. What they admit stays the same, permit by permit but for what an earlier permit admits too.
 */
export function legalise(rules: ConduitRules, capabilities: Capabilities): Outcome<ConduitRules> {
  const fewest = optimise(rules);
  if (!capabilities.disjointElements) return { value: fewest, diagnostics: [] };
  const { value, diagnostics } = disjointBoxes(fewest);
  // Cutting leaves neighbours behind.
  return value ? { value: optimise(value), diagnostics } : { diagnostics };
}
