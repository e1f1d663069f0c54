import type { Check } from "./check.ts";
import { daysBetween } from "./dates.ts";

const longestDays = 365;

export const accessReviewDue: Check = {
  id: "access-review-due",
  severity: "warning",
  about: `Nobody has looked at what a person may do for more than ${longestDays} days, or ever.`,
  fix: 'review the person\'s roles and keys, and write the day under "reviewed"',
  clause: "IEC 62443-3-3 SR 1.3",
  *run({ site, today }) {
    for (const { id, span, reviewed } of site.people) {
      if (reviewed !== undefined && daysBetween(reviewed, today) <= longestDays) continue;
      const when = reviewed === undefined ? "was never reviewed" : `was last reviewed on ${reviewed}`;
      yield { subject: id, span, message: `the access of "${id}" ${when}` };
    }
  },
};
