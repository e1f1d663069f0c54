import type { Check } from "./check.ts";

export const halfAPair: Check = {
  id: "half-a-pair",
  severity: "error",
  about: "A conduit names one member of a high-availability pair: after a failover other rules would hold.",
  fix: 'name both members under the "firewalls" of the conduit',
  clause: "IEC 62443-3-3 SR 5.2",
  *run({ site }) {
    const peers = new Map(site.firewalls.map(({ id, highAvailability }) => [id, highAvailability?.peer]));
    for (const { id, firewalls, span } of site.conduits) {
      for (const member of firewalls) {
        const peer = peers.get(member);
        if (peer === undefined || firewalls.includes(peer)) continue;
        const message = `conduit "${id}" names "${member}" and not "${peer}", which is a pair with it`;
        yield { subject: id, span, message };
      }
    }
  },
};
