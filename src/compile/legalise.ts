import type { Outcome } from "../diagnostics/diagnostic.ts";
import type { Capabilities } from "./backend.ts";
import { disjointBoxes } from "./disjoint.ts";
import type { ConduitRules } from "./ir.ts";
import { optimise } from "./optimise/optimise.ts";

/**
 * Brings rules into the form that a back end can express, with as few boxes as the optimiser finds. What they admit
 * stays the same, permit by permit but for what an earlier permit admits too.
 */
export function legalise(rules: ConduitRules, capabilities: Capabilities): Outcome<ConduitRules> {
  const fewest = optimise(rules);
  if (!capabilities.disjointElements) return { value: fewest, diagnostics: [] };
  const { value, diagnostics } = disjointBoxes(fewest);
  // Cutting leaves neighbours behind.
  return value ? { value: optimise(value), diagnostics } : { diagnostics };
}
