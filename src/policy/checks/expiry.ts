import type { Span } from "../../diagnostics/diagnostic.ts";
import type { Site } from "../model.ts";
import type { Check } from "./check.ts";
import { daysBetween } from "./dates.ts";
import { permitsOf } from "./subjects.ts";

/** How long before its end an entry starts to be named. */
const warningDays = 30;

export const expired: Check = {
  id: "expired",
  severity: "error",
  about:
    "A permit or an exception is past its date. The running firewalls are as they were: a date never changes them.",
  fix: "decide anew: write a later date, or remove the entry and plan the change",
  clause: "IEC 62443-3-2 ZCR 7.1",
  *run({ site, today }) {
    for (const { subject, span, what, expires } of dated(site)) {
      if (daysBetween(today, expires) >= 0) continue;
      yield { subject, span, message: `${what} expired on ${expires}` };
    }
  },
};

export const expiresSoon: Check = {
  id: "expires-soon",
  severity: "warning",
  about: `A permit or an exception ends within ${warningDays} days. From then on the check fails.`,
  fix: "decide before the date whether it is prolonged or removed",
  clause: "IEC 62443-3-2 ZCR 7.1",
  *run({ site, today }) {
    for (const { subject, span, what, expires } of dated(site)) {
      const days = daysBetween(today, expires);
      if (days < 0 || days > warningDays) continue;
      yield {
        subject,
        span,
        message: `${what} expires on ${expires}, ${days === 0 ? "today" : `in ${days} days`}`,
      };
    }
  },
};

interface Dated {
  readonly subject: string;
  readonly span: Span;
  readonly what: string;
  readonly expires: string;
}

function dated(site: Site): readonly Dated[] {
  const permits = permitsOf(site).flatMap(({ permit, subject }) =>
    permit.expires === undefined
      ? []
      : { subject, span: permit.span, what: `permit "${permit.id}"`, expires: permit.expires },
  );
  const exceptions = (site.exceptions ?? []).map(({ id, span, expires }) => ({
    subject: id,
    span,
    what: `exception "${id}"`,
    expires,
  }));
  return [...permits, ...exceptions];
}
