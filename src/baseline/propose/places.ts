import { type AddressRange, covers, parseAddress } from "../../net/address.ts";
import type { Conduit, Site, Zone } from "../../policy/model.ts";

/** Finds observed addresses in a site. */
export interface Places {
  zoneOf(address: string): Zone | undefined;
  /** What the site file calls an address: an asset (with its zone where the id alone is ambiguous), or itself. */
  nameOf(address: string): string;
  conduitBetween(one: Zone, other: Zone): Conduit | undefined;
}

export function places(site: Site): Places {
  const zones = new Map<string, Zone | undefined>();
  const assets = site.zones.flatMap((zone) => zone.assets);
  const idCounts = new Map<string, number>();
  for (const { id } of assets) idCounts.set(id, (idCounts.get(id) ?? 0) + 1);
  const has = (ranges: readonly AddressRange[], address: string): boolean => {
    const one = parseAddress(address);
    return ranges.some((range) => covers(range, one));
  };
  return {
    zoneOf(address) {
      if (!zones.has(address)) {
        zones.set(
          address,
          site.zones.find(({ networks }) => has(networks, address)),
        );
      }
      return zones.get(address);
    },
    nameOf(address) {
      const asset = assets.find(({ addresses }) => has(addresses, address));
      if (asset === undefined) return address;
      return idCounts.get(asset.id) === 1 ? asset.id : `${asset.zone}.${asset.id}`;
    },
    conduitBetween: (one, other) =>
      site.conduits.find(({ zones: pair }) => pair.includes(one.id) && pair.includes(other.id)),
  };
}
