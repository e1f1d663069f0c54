import type { Check } from "./check.ts";
import { permitsOf } from "./subjects.ts";

export const permitWithoutEvidence: Check = {
  id: "permit-without-evidence",
  severity: "note",
  about: "A permit rests on no baseline. What nobody has seen may not exist, or may look different.",
  fix: 'name the baseline under "evidence"',
  clause: "IEC 62443-3-2 ZCR 6.1",
  *run({ site }) {
    for (const { permit, subject } of permitsOf(site)) {
      if (permit.evidence !== undefined) continue;
      yield { subject, span: permit.span, message: `permit "${permit.id}" names no evidence` };
    }
  },
};
