import type { Check } from "./check.ts";
import { isMarked, permitsOf, sidesOf } from "./subjects.ts";

export const safetyReachable: Check = {
  id: "safety-reachable",
  severity: "warning",
  about:
    "A permit lets somebody outside a safety zone send requests into it. A safety instrumented system must work whatever happens outside.",
  fix: "let the safety zone send what others need to know, and record an exception for what must come in",
  clause: "IEC 62443-3-2 ZCR 3.3",
  *run({ site }) {
    for (const { conduit, permit, subject } of permitsOf(site)) {
      const [from, to] = sidesOf(site, conduit, permit);
      if (!isMarked(to, "safety") || isMarked(from, "safety")) continue;
      const message = `permit "${permit.id}" lets "${from.id}" reach into safety zone "${to.id}"`;
      yield { subject, span: permit.span, message };
    }
  },
};
