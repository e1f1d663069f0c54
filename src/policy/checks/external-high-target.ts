import type { Check } from "./check.ts";
import { isMarked, permitsOf, zonesOf } from "./subjects.ts";

export const externalHighTarget: Check = {
  id: "external-high-target",
  severity: "warning",
  about:
    "A permit joins an external zone with one whose target security level is 3 or 4: nobody who is protected that well should be reached over foreign networks directly.",
  fix: "let external traffic end in a DMZ, or record an exception with compensating controls",
  clause: "IEC 62443-3-2 ZCR 3.6",
  *run({ site }) {
    for (const { conduit, permit, subject } of permitsOf(site)) {
      const zones = zonesOf(site, conduit);
      const external = zones.find((zone) => isMarked(zone, "external"));
      const protectedZone = zones.find((zone) => zone !== external && zone.slTarget >= 3);
      if (external === undefined || protectedZone === undefined) continue;
      const message = `permit "${permit.id}" joins external zone "${external.id}" with "${protectedZone.id}" at SL-T ${protectedZone.slTarget}`;
      yield { subject, span: permit.span, message };
    }
  },
};
