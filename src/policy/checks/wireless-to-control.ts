import type { Check } from "./check.ts";
import { isMarked, zonesOf } from "./subjects.ts";

export const wirelessToControl: Check = {
  id: "wireless-to-control",
  severity: "warning",
  about:
    "A conduit joins a wireless zone directly with controllers (level 1 and below) or with a safety zone: whoever is in radio range is then one step from the machines.",
  fix: "let wireless traffic end in a zone at level 2 or 3",
  clause: "IEC 62443-3-2 ZCR 3.5",
  *run({ site }) {
    for (const conduit of site.conduits) {
      const zones = zonesOf(site, conduit);
      const wireless = zones.find((zone) => isMarked(zone, "wireless"));
      const reached = zones.find(
        (zone) => zone !== wireless && (zone.level <= 1 || isMarked(zone, "safety")),
      );
      if (wireless === undefined || reached === undefined) continue;
      const message = `conduit "${conduit.id}" joins wireless zone "${wireless.id}" with "${reached.id}" at level ${reached.level}`;
      yield { subject: conduit.id, span: conduit.span, message };
    }
  },
};
