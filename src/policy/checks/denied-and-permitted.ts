import { boxesMeet, boxesOf } from "./boxes.ts";
import type { Check } from "./check.ts";

export const deniedAndPermitted: Check = {
  id: "denied-and-permitted",
  severity: "error",
  about:
    "A conduit permits something that it also lists as decided against. Only one of the two can be meant.",
  fix: "narrow the permit or the denial, so that they have nothing in common",
  clause: "IEC 62443-3-3 SR 5.2 RE 1",
  *run({ site }) {
    for (const conduit of site.conduits) {
      for (const denial of conduit.denials) {
        const denied = boxesOf(denial);
        for (const permit of conduit.permits) {
          if (!boxesOf(permit).some((box) => denied.some((other) => boxesMeet(box, other)))) continue;
          const message = `permit "${permit.id}" admits some of what "${denial.id}" denies`;
          const related = [{ span: denial.span, message: "the denial" }];
          yield { subject: `${conduit.id}.${permit.id}`, span: permit.span, message, related };
        }
      }
    }
  },
};
