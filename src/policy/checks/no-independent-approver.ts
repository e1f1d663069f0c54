import type { Check } from "./check.ts";

export const noIndependentApprover: Check = {
  id: "no-independent-approver",
  severity: "warning",
  about:
    "Too few people may approve what an engineer or an operator plans: an author never approves their own plan.",
  fix: "give more people a role that may approve, or lower the count",
  clause: "IEC 62443-3-3 SR 2.1 RE 4",
  *run({ site }) {
    const authors = site.people.filter(
      ({ roles }) => roles.includes("engineer") || roles.includes("operator"),
    );
    for (const [stage, rule] of Object.entries(site.approvals)) {
      const approvers = site.people.filter(({ roles }) => roles.some((role) => rule.roles.includes(role)));
      for (const author of authors) {
        const others = approvers.filter(({ id }) => id !== author.id).length;
        if (others >= rule.count) continue;
        const message = `a plan of "${author.id}" to ${stage} needs ${rule.count} approvals, and ${others} other people may give one`;
        yield { subject: author.id, span: author.span, message };
      }
    }
  },
};
