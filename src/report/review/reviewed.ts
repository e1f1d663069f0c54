import type { ApprovalStatus } from "../../plan/approval.ts";
import type { Plan } from "../../plan/plan.ts";
import type { JournalEntry } from "../../rollout/journal.ts";
import { unprovenMeaning } from "../../verify/certificate.ts";

/** What a review is made from. The journal is that of the site, where it is at hand. */
export interface Reviewed {
  readonly plan: Plan;
  readonly approvals: ApprovalStatus;
  /** Why no trial of it may begin any more. */
  readonly expired?: string;
  readonly journal: readonly JournalEntry[] | undefined;
}

/** What a plan that was made without it cannot show. */
export const notRecorded = "Not recorded by this plan.";

/** The conduit's own rules in the plan, as they will be. */
export const rulesOf = ({ conduit, boot }: Plan) =>
  boot.rules.conduits.find((one) => one.conduit === conduit)!;

/** Observed flows by what the change does to them. */
export function flowsByFate({ review }: Plan) {
  const flows = review?.flows ?? [];
  return {
    all: flows,
    cut: flows.filter(({ before, after }) => before === "passes" && after === "dropped"),
    opened: flows.filter(({ before, after }) => before === "dropped" && after === "passes"),
    kept: flows.filter(({ before, after }) => before === "passes" && after === "passes"),
    dropped: flows.filter(({ before, after }) => before === "dropped" && after === "dropped"),
  };
}

/** One claim, whatever version of the certificate the plan holds. */
export interface ShownClaim {
  readonly claim: string;
  readonly statement: string;
  readonly result: string;
  readonly witness?: string;
}

/** Says that what the rules mean on this kind of firewall was never tried on a real one; undefined where it was. */
export const unprovenIn = ({ certificate }: Plan): string | undefined =>
  (certificate as { readonly outside?: readonly string[] }).outside?.find((text) => text === unprovenMeaning);

/** What was proved about the rules, and about the step to them where the plan holds it. */
export function claimsOf({ certificate, transition }: Plan): readonly ShownClaim[] {
  const { claims } = certificate as { readonly claims?: readonly ShownClaim[] };
  return [...(claims ?? []), ...(transition ?? [])];
}
