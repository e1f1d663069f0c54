import { canonicalJson } from "../digest.ts";
import type { Site } from "../policy/model.ts";
import { approvalOf } from "./approval.ts";
import type { Plan, PlanDocument } from "./plan.ts";

/** Who may do what about a plan, as the site file has it. */
export const authorityOf = (site: Site): Pick<PlanDocument, "people" | "mayApply"> => ({
  people: site.people.map(({ id, name, roles, keys }) => ({ id, name, roles: [...roles], keys: [...keys] })),
  mayApply: [...site.rights.apply],
});

/**
 * What a plan says about people that the site file does not say. A plan names its own approvers, so that a reviewer sees
 * them; whoever writes a plan by hand could name others, and sign for them.
 */
export function foreignAuthority(plan: Plan, site: Site): readonly string[] {
  const own = {
    ...authorityOf(site),
    approval: approvalOf(site.approvals, plan.to, plan.difference.verdict, new Date(plan.created)),
  };
  return (["people", "mayApply", "approval"] as const).filter(
    (field) => canonicalJson(own[field]) !== canonicalJson(plan[field]),
  );
}
