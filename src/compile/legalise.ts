import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Capabilities } from "./backend.ts";
import { disjointBoxes } from "./disjoint.ts";
import type { ConduitRules } from "./ir.ts";

/** Brings rules into the form that a back end can express. What they admit stays the same. */
export const legalise = (
  rules: ConduitRules,
  capabilities: Capabilities,
): { readonly rules: ConduitRules; readonly diagnostics: readonly Diagnostic[] } =>
  capabilities.disjointElements ? disjointBoxes(rules) : { rules, diagnostics: [] };
