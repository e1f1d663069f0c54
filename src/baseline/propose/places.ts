import { type AddressRange, covers, parseAddress } from "../../net/address.ts";
import { requestIndex } from "../../net/request-index.ts";
import type { Conduit, Denial, FlowSet, Permit, Site, Zone } from "../../policy/model.ts";
import { askedBy } from "../asked.ts";
import type { Flow } from "../flow.ts";

/** Finds observed addresses in a site. */
export interface Places {
  zoneOf(address: string): Zone | undefined;
  /** What the site file calls an address: an asset (with its zone where the id alone is ambiguous), or itself. */
  nameOf(address: string): string;
  conduitBetween(one: Zone, other: Zone): Conduit | undefined;
  /** The first permit, or denial, of a conduit that names a flow. */
  permitOf(conduit: Conduit, flow: Flow): Permit | undefined;
  denialOf(conduit: Conduit, flow: Flow): Denial | undefined;
}

export function places(site: Site): Places {
  const zones = new Map<string, Zone | undefined>();
  const names = new Map<string, string>();
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
      const known = names.get(address);
      if (known !== undefined) return known;
      const asset = assets.find(({ addresses }) => has(addresses, address));
      const isAlone = asset !== undefined && idCounts.get(asset.id) === 1;
      const name = asset === undefined ? address : isAlone ? asset.id : `${asset.zone}.${asset.id}`;
      names.set(address, name);
      return name;
    },
    permitOf: firstOf(({ permits }) => permits),
    denialOf: firstOf(({ denials }) => denials),
    conduitBetween: (one, other) =>
      site.conduits.find(({ zones: pair }) => pair.includes(one.id) && pair.includes(other.id)),
  };
}

/** Permits are looked up, not searched through: a plant has as many of them as it has flows. */
function firstOf<Decision extends FlowSet>(
  decisionsOf: (conduit: Conduit) => readonly Decision[],
): (conduit: Conduit, flow: Flow) => Decision | undefined {
  const indexes = new Map<Conduit, ReturnType<typeof indexOf<Decision>>>();
  return (conduit, flow) => {
    const index = indexes.get(conduit) ?? indexOf(decisionsOf(conduit));
    indexes.set(conduit, index);
    return index(askedBy(flow))[0]?.decision;
  };
}

const indexOf = <Decision extends FlowSet>(decisions: readonly Decision[]) =>
  requestIndex(
    decisions.flatMap((decision) =>
      decision.initiators.flatMap((source) =>
        decision.responders.flatMap((destination) =>
          decision.services.map((service) => ({ source, destination, service, decision })),
        ),
      ),
    ),
  );
