import type { Check } from "./check.ts";
import { coveredPermits, told } from "./covered-permits.ts";

export const shadowedPermit: Check = {
  id: "shadowed-permit",
  severity: "warning",
  about:
    "Earlier permits of the same conduit, together, admit everything that a permit admits: it changes nothing, and its counters never move.",
  fix: "remove it, or narrow the others",
  clause: "IEC 62443-3-3 SR 7.7",
  *run({ site }) {
    for (const conduit of site.conduits) {
      const { earlier } = coveredPermits(conduit.permits);
      if (earlier === undefined) {
        const message = `the permits of conduit "${conduit.id}" cross each other too often to say which change nothing`;
        yield { subject: conduit.id, span: conduit.span, message };
      }
      for (const covered of earlier ?? []) {
        const { permit } = covered;
        const { names, related } = told(covered);
        const message = `permit "${permit.id}" admits nothing that earlier permits do not: ${names}`;
        yield { subject: `${conduit.id}.${permit.id}`, span: permit.span, message, related };
      }
    }
  },
};
