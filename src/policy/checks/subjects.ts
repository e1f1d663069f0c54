import { covers } from "../../net/address.ts";
import type { Conduit, FlowSet, Permit, Site, Zone, ZoneId, ZoneMark } from "../model.ts";

export interface PermitSubject {
  readonly conduit: Conduit;
  readonly permit: Permit;
  /** `conduit.permit`. */
  readonly subject: string;
}

/** Nearly every check goes through all permits: the list is made once for each site. */
const known = new WeakMap<Site, readonly PermitSubject[]>();

export function permitsOf(site: Site): readonly PermitSubject[] {
  const permits =
    known.get(site) ??
    site.conduits.flatMap((conduit) =>
      conduit.permits.map((permit) => ({ conduit, permit, subject: `${conduit.id}.${permit.id}` })),
    );
  known.set(site, permits);
  return permits;
}

export const zoneById = (site: Site, id: ZoneId): Zone => {
  const zone = site.zones.find((candidate) => candidate.id === id);
  if (zone === undefined) throw new Error(`resolution let a conduit name the unknown zone ${id}`);
  return zone;
};

export const zonesOf = (site: Site, conduit: Conduit): readonly [Zone, Zone] => [
  zoneById(site, conduit.zones[0]),
  zoneById(site, conduit.zones[1]),
];

/** The zone of the initiators and that of the responders. */
export function sidesOf(site: Site, conduit: Conduit, flows: FlowSet): readonly [Zone, Zone] {
  const [left, right] = zonesOf(site, conduit);
  const first = flows.initiators[0];
  const fromLeft = first !== undefined && left.networks.some((network) => covers(network, first));
  return fromLeft ? [left, right] : [right, left];
}

export const isMarked = (zone: Zone, mark: ZoneMark): boolean => zone.marks?.includes(mark) ?? false;
