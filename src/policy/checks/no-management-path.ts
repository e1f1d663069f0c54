import type { Check } from "./check.ts";

export const noManagementPath: Check = {
  id: "no-management-path",
  severity: "warning",
  about: "A firewall does not say from where it is managed, so that nothing can watch over the way to it.",
  fix: 'list under "management" the addresses of those who manage it',
  clause: "IEC 62443-3-3 SR 5.2",
  *run({ site }) {
    for (const { id, span, management } of site.firewalls) {
      if (management !== undefined) continue;
      yield { subject: id, span, message: `firewall "${id}" names no management addresses` };
    }
  },
};
