import type { ConduitId, Site } from "../../policy/model.ts";
import type { Baseline } from "../flow.ts";
import { type ProposedPermit, proposePermits } from "./permits.ts";
import { places } from "./places.ts";
import { type Question, questionText } from "./question.ts";
import { type Settled, sortFlows } from "./sort.ts";
import { vlanConflicts, vlanHints } from "./vlan-hints.ts";

/** What a baseline asks for that the site has not decided. */
export interface Proposal {
  readonly conduits: readonly { readonly id: ConduitId; readonly permits: readonly ProposedPermit[] }[];
  readonly questions: readonly { readonly kind: Question["kind"]; readonly text: string }[];
  readonly settled: Readonly<Record<Settled, number>>;
  readonly nameOf: (address: string) => string;
}

/**
 * Proposes permits for the conduits that a site has. Only what was answered, with a direction that is sure enough,
 * becomes a permit; the rest are questions, and what the site permits or denies already stays as it is.
 */
export function propose(baseline: Baseline, site: Site): Proposal {
  const where = places(site);
  const { fit, questions, settled } = sortFlows(baseline.flows, site, where);
  const hints = vlanHints(baseline.links ?? [], where);
  return {
    conduits: [...fit]
      .map(([conduit, flows]) => ({ id: conduit.id, permits: proposePermits(conduit, flows, where) }))
      .filter(({ permits }) => permits.length > 0),
    questions: [...questions, ...vlanConflicts(hints)].map((question) => ({
      kind: question.kind,
      text: questionText(question, where.nameOf, hints.of),
    })),
    settled,
    nameOf: where.nameOf,
  };
}
