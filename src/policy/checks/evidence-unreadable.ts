import type { Check } from "./check.ts";
import { permitsOf } from "./subjects.ts";

export const evidenceUnreadable: Check = {
  id: "evidence-unreadable",
  severity: "warning",
  about:
    "A permit names a baseline that is not there or cannot be read, so that nobody can follow why it exists.",
  fix: "correct the path, which starts at the site's folder, or record the baseline with `sluice observe`",
  clause: "IEC 62443-3-2 ZCR 6.1",
  *run({ site, evidence }) {
    const named = new Set<string>();
    for (const { permit, subject } of permitsOf(site)) {
      if (permit.evidence === undefined || evidence.has(permit.evidence) || named.has(permit.evidence))
        continue;
      named.add(permit.evidence);
      yield {
        subject,
        span: permit.span,
        message: `the evidence of permit "${permit.id}" cannot be read: ${permit.evidence}`,
      };
    }
  },
};
