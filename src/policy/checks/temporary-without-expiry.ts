import type { Check } from "./check.ts";
import { isMarked, permitsOf, zonesOf } from "./subjects.ts";

export const temporaryWithoutExpiry: Check = {
  id: "temporary-without-expiry",
  severity: "warning",
  about: "A permit of a zone for temporarily connected devices has no end.",
  fix: 'give the permit a date under "expires"',
  clause: "IEC 62443-3-2 ZCR 3.4",
  *run({ site }) {
    for (const { conduit, permit, subject } of permitsOf(site)) {
      const zone = zonesOf(site, conduit).find((candidate) => isMarked(candidate, "temporary"));
      if (zone === undefined || permit.expires !== undefined) continue;
      const message = `permit "${permit.id}" of temporary zone "${zone.id}" never expires`;
      yield { subject, span: permit.span, message };
    }
  },
};
