import type { Check } from "./check.ts";

const causes = ["monitor", "enforce", "broaden"] as const;

export const noIndependentApprover: Check = {
  id: "no-independent-approver",
  severity: "warning",
  about: "Too few people may approve what an engineer plans: an author never approves their own plan.",
  fix: "give more people a role that may approve, or lower the count",
  clause: "IEC 62443-3-3 SR 2.1 RE 4",
  *run({ site }) {
    const authors = site.people.filter(({ roles }) => roles.includes("engineer"));
    for (const author of authors) {
      const short = causes.flatMap((cause) => {
        const rule = site.approvals[cause];
        const others = site.people.filter(
          ({ id, roles }) => id !== author.id && roles.some((role) => rule.roles.includes(role)),
        );
        return others.length < rule.count ? `${cause}: ${rule.count} needed, ${others.length} may sign` : [];
      });
      if (short.length === 0) continue;
      const message = `nobody, or too few, can approve a plan of "${author.id}" (${short.join("; ")})`;
      yield { subject: author.id, span: author.span, message };
    }
  },
};
