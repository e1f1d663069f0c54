import type { Check } from "./check.ts";
import { zonesOf } from "./subjects.ts";

/** Levels of the business; the industrial DMZ (3.5) stands between them and what controls the plant. */
const business = 4;
const control = 3;
/** From the industrial DMZ to controllers, and no further. */
const widest = 2.5;

export const levelSkipped: Check = {
  id: "level-skipped",
  severity: "warning",
  about:
    "A conduit joins the business (level 4 and 5) with control (level 3 and below), or spans more than two and a half levels, without a zone between them that could inspect or hold what passes.",
  fix: "let the traffic end in a zone between the two, such as an industrial DMZ at level 3.5",
  clause: "IEC 62443-3-2 ZCR 3.2",
  *run({ site }) {
    for (const conduit of site.conduits) {
      const [a, b] = zonesOf(site, conduit);
      const [low, high] = a.level < b.level ? [a, b] : [b, a];
      const aroundDmz = low.level <= control && high.level >= business;
      if (!aroundDmz && high.level - low.level <= widest) continue;
      const message = `conduit "${conduit.id}" joins level ${high.level} ("${high.id}") with level ${low.level} ("${low.id}")`;
      yield { subject: conduit.id, span: conduit.span, message };
    }
  },
};
