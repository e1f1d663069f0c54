import type { Check } from "./check.ts";

export const zoneWithoutConduit: Check = {
  id: "zone-without-conduit",
  severity: "warning",
  about:
    "No conduit reaches a zone, and no exception speaks of it: nothing that enters or leaves it is ever filtered.",
  fix: "write its conduits, or an exception that says why there are none",
  clause: "IEC 62443-3-2 ZCR 3.1",
  *run({ site }) {
    const joined = new Set([
      ...site.conduits.flatMap(({ zones }) => zones),
      ...(site.exceptions ?? []).flatMap(({ subject }) => (subject.kind === "pair" ? subject.zones : [])),
    ]);
    for (const zone of site.zones) {
      if (joined.has(zone.id)) continue;
      yield { subject: zone.id, span: zone.span, message: `no conduit joins zone "${zone.id}" with another` };
    }
  },
};
