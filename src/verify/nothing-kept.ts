import type { Baseline } from "../baseline/flow.ts";
import type { ConduitRules } from "../compile/ir.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Conduit } from "../policy/model.ts";
import type { ClaimResult } from "./claims/claim.ts";
import { flowsToKeep } from "./claims/observed.ts";

/** Claims hold of nothing too: who reads "proved" must be told when there was nothing that could have been cut. */
export function nothingKept(
  conduit: Conduit,
  rules: ConduitRules,
  baseline: Baseline | undefined,
  claims: readonly ClaimResult[],
): readonly Diagnostic[] {
  if (rules.stage !== "enforce") return [];
  const [one, other] = conduit.zones;
  const warning = { severity: "warning", span: conduit.span } as const;
  const denies: Diagnostic = {
    ...{ ...warning, code: "proof/nothing-permitted" },
    message: `conduit "${conduit.id}" permits nothing: enforced, it drops every packet between ${one} and ${other}`,
    fix: "observe its traffic and permit what the process needs (sluice baseline propose), or leave it in monitor",
  };
  const unseen: Diagnostic = {
    ...{ ...warning, code: "proof/nothing-observed" },
    message: `the baseline has no answered flow of conduit "${conduit.id}": that every observed flow still passes says nothing of it`,
    fix: "observe where its traffic passes, and give that baseline too",
  };
  const isProved = claims.some(({ claim, result }) => claim === "baseline-kept" && result === "proved");
  const isUnseen =
    isProved && baseline !== undefined && flowsToKeep(baseline, conduit, rules.pairs).length === 0;
  return [...(rules.permits.length === 0 ? [denies] : []), ...(isUnseen ? [unseen] : [])];
}
