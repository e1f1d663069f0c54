import { AddressError, type AddressRange, covers, formatRange, parseAddress } from "../../net/address.ts";
import type { Firewall, Permit, Site, Zone } from "../model.ts";
import type { Check } from "./check.ts";

const tcp = 6;

export const lockOutRisk: Check = {
  id: "lock-out-risk",
  severity: "error",
  about:
    "Those who manage a firewall reach it through a conduit that another firewall enforces and that does not permit their SSH: enforcement there would lock them out here.",
  fix: "permit their SSH in that conduit",
  clause: "IEC 62443-3-3 SR 5.2",
  *run({ site }) {
    for (const firewall of site.firewalls) {
      const address = addressOf(firewall);
      const home = address && zoneWith(site, address);
      if (address === undefined || home === undefined) continue;
      for (const source of firewall.management ?? []) {
        const from = zoneWith(site, source);
        const conduit = site.conduits.find(
          ({ zones }) =>
            from !== undefined && from !== home && zones.includes(from.id) && zones.includes(home.id),
        );
        const elsewhere = conduit?.firewalls.find((id) => id !== firewall.id);
        if (conduit === undefined || elsewhere === undefined) continue;
        if (conduit.permits.some((permit) => permitsSsh(permit, source, address, firewall.ssh.port)))
          continue;
        const message = `conduit "${conduit.id}" on "${elsewhere}" does not permit SSH from ${formatRange(source)} to "${firewall.id}"`;
        const related = [{ span: conduit.span, message: "the conduit" }];
        yield { subject: firewall.id, span: firewall.span, message, related };
      }
    }
  },
};

const zoneWith = (site: Site, range: AddressRange): Zone | undefined =>
  site.zones.find(({ networks }) => networks.some((network) => covers(network, range)));

/** The firewall's address, where it is one and not a host name. */
function addressOf({ address }: Firewall): AddressRange | undefined {
  try {
    return parseAddress(address);
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}

const permitsSsh = (permit: Permit, from: AddressRange, to: AddressRange, port: number): boolean =>
  permit.initiators.some((range) => covers(range, from)) &&
  permit.responders.some((range) => covers(range, to)) &&
  permit.services.some(
    (service) =>
      service.kind === "any" ||
      (service.kind === "ports" && service.protocol === tcp && service.from <= port && port <= service.to),
  );
