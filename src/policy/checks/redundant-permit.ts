import type { Check } from "./check.ts";
import { coveredPermits, told } from "./covered-permits.ts";

/** A note: a narrow permit before a wide one is how packets are counted apart, and a critical one is watched by that. */
export const redundantPermit: Check = {
  id: "redundant-permit",
  severity: "note",
  about:
    "The other permits of the same conduit, later ones among them, together admit everything that a permit admits: without it the same would pass, counted for the others.",
  fix: "narrow the others to what they are for, or remove it; where its packets are to be counted apart, silence this with that reason",
  clause: "IEC 62443-3-3 SR 7.7",
  *run({ site }) {
    for (const { id, permits, span } of site.conduits) {
      const { others } = coveredPermits(permits);
      if (others === undefined) {
        const message = `the permits of conduit "${id}" cross each other too often to say which the others make needless`;
        yield { subject: id, span, message };
      }
      for (const covered of others ?? []) {
        const { permit } = covered;
        const { names, related } = told(covered);
        const kept = permit.critical ? "; it is critical, so its packets are counted for it" : "";
        const message = `permit "${permit.id}" admits nothing that the others do not: ${names}${kept}`;
        yield { subject: `${id}.${permit.id}`, span: permit.span, message, related };
      }
    }
  },
};
