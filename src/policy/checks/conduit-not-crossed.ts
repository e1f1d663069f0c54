import type { Check } from "./check.ts";

export const conduitNotCrossed: Check = {
  id: "conduit-not-crossed",
  severity: "error",
  about:
    "A conduit names a firewall that has no interface towards one of its zones, so that its packets do not cross it there.",
  fix: "name the firewall between the two zones, or complete its interfaces",
  clause: "IEC 62443-3-3 SR 5.2",
  *run({ site }) {
    const firewalls = new Map(site.firewalls.map((firewall) => [firewall.id, firewall]));
    for (const conduit of site.conduits) {
      for (const id of conduit.firewalls) {
        const firewall = firewalls.get(id);
        const missing = conduit.zones.filter(
          (zone) => firewall?.interfaces && !firewall.interfaces.has(zone),
        );
        if (firewall === undefined || missing.length === 0) continue;
        const message = `firewall "${id}" has no interface towards ${missing.map((zone) => `"${zone}"`).join(" and ")}`;
        const related = [{ span: firewall.span, message: "its interfaces" }];
        yield { subject: conduit.id, span: conduit.span, message, related };
      }
    }
  },
};
