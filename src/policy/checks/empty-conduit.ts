import type { Check } from "./check.ts";

export const emptyConduit: Check = {
  id: "empty-conduit",
  severity: "warning",
  about:
    "A conduit has neither permits nor denials. Enforced, it cuts everything between its zones, and nobody has written that this is meant.",
  fix: "write its permits, or one denial that says that nothing may pass",
  clause: "IEC 62443-3-3 SR 5.2 RE 1",
  *run({ site }) {
    for (const conduit of site.conduits) {
      if (conduit.permits.length + conduit.denials.length > 0) continue;
      yield {
        subject: conduit.id,
        span: conduit.span,
        message: `conduit "${conduit.id}" permits and denies nothing`,
      };
    }
  },
};
