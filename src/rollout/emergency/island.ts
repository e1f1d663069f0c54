import { type AddressRange, everyAddress, type Family } from "../../net/address.ts";
import type { Conduit, ConduitId, Firewall, PermitId, Site, Zone, ZoneId } from "../../policy/model.ts";

/** The conduit that isolates a zone bears this name on a firewall while it lasts. */
export const islandName = (zone: string): string => `island-${zone}`;

/** A policy in which a zone is alone: one conduit between it and every other address. */
export interface Island {
  readonly site: Site;
  readonly conduit: Conduit;
}

/**
 * Island mode (IEC 62443-3-3 SR 5.2 RE 2): of everything that may enter or leave a zone through a firewall, only the
 * permits that are marked essential remain. It also cuts what no conduit of the site covers.
 */
export function islandOf(site: Site, zone: Zone, firewall: Firewall): Island {
  const outside: Zone = {
    ...zone,
    id: "outside" as ZoneId,
    networks: ([4, 6] as const).flatMap((family) => complement(zone.networks, family)),
    assets: [],
  };
  const essential = site.conduits
    .filter(({ zones, firewalls }) => zones.includes(zone.id) && firewalls.includes(firewall.id))
    .flatMap(({ permits }) => permits.filter((permit) => permit.essential));
  const conduit: Conduit = {
    id: islandName(zone.id) as ConduitId,
    zones: [zone.id, outside.id],
    firewalls: [firewall.id],
    // Two conduits may use one id; the counters of an island must not add them up.
    permits: essential.map((permit, index) => ({ ...permit, id: `essential-${index + 1}` as PermitId })),
    denials: [],
    span: zone.span,
  };
  return { site: { ...site, zones: [zone, outside], conduits: [conduit] }, conduit };
}

/** All addresses of a family that lie in none of these ranges. */
function complement(ranges: readonly AddressRange[], family: Family): readonly AddressRange[] {
  const { from: first, to: last } = everyAddress(family);
  const gaps: AddressRange[] = [];
  let next = first;
  for (const range of ranges
    .filter((one) => one.family === family)
    .toSorted((a, b) => (a.from < b.from ? -1 : 1))) {
    if (range.from > next) gaps.push({ family, from: next, to: range.from - 1n });
    if (range.to >= next) next = range.to + 1n;
  }
  return next <= last ? [...gaps, { family, from: next, to: last }] : gaps;
}
