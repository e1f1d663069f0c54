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
      const denials = conduit.denials.map((denial) => ({ denial, boxes: boxesOf(denial) }));
      for (const permit of denials.length === 0 ? [] : conduit.permits) {
        const admitted = boxesOf(permit);
        for (const { denial, boxes } of denials) {
          if (!admitted.some((box) => boxes.some((other) => boxesMeet(box, other)))) continue;
          const message = `permit "${permit.id}" admits some of what "${denial.id}" denies`;
          const related = [{ span: denial.span, message: "the denial" }];
          yield { subject: `${conduit.id}.${permit.id}`, span: permit.span, message, related };
        }
      }
    }
  },
};
