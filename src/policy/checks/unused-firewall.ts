import type { Check } from "./check.ts";

export const unusedFirewall: Check = {
  id: "unused-firewall",
  severity: "warning",
  about: "No conduit names a firewall: it enforces nothing.",
  fix: 'add it to the "firewalls" of the conduits that cross it, or remove it',
  clause: "IEC 62443-3-3 SR 5.2",
  *run({ site }) {
    const used = new Set(site.conduits.flatMap(({ firewalls }) => firewalls));
    for (const { id, span, highAvailability } of site.firewalls) {
      if (used.has(id) || (highAvailability !== undefined && used.has(highAvailability.peer))) continue;
      yield { subject: id, span, message: `no conduit crosses firewall "${id}"` };
    }
  },
};
