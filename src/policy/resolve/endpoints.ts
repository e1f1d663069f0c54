import type { AddressRange } from "../../net/address.ts";
import type { Zone } from "../model.ts";
import type { Path } from "../source/source.ts";
import { didYouMean } from "../suggest.ts";
import { coveredBy, mergeRanges, resolveRange } from "./addresses.ts";
import { isWritten, type Resolution, reportValue } from "./report.ts";

/** What one initiator or responder stands for. */
export interface Endpoint {
  readonly zone: Zone;
  readonly ranges: readonly AddressRange[];
  readonly text: string;
  readonly path: Path;
}

interface Named {
  readonly zone: Zone;
  readonly ranges: readonly AddressRange[];
  /** How to write it so that nothing else is meant. */
  readonly full: string;
}

/** Looks endpoints up by zone, asset, `zone.asset` and address. */
export interface Endpoints {
  readonly names: ReadonlyMap<string, readonly Named[]>;
  readonly networks: ReadonlyMap<Zone, readonly AddressRange[]>;
}

export function indexEndpoints(zones: readonly Zone[]): Endpoints {
  const names = new Map<string, Named[]>();
  const add = (name: string, named: Named): void => {
    const others = names.get(name);
    if (others === undefined) names.set(name, [named]);
    else others.push(named);
  };
  for (const zone of zones) {
    add(zone.id, { zone, ranges: zone.networks, full: zone.id });
    for (const asset of zone.assets) {
      const named = { zone, ranges: asset.addresses, full: `${zone.id}.${asset.id}` };
      add(asset.id, named);
      add(named.full, named);
    }
  }
  return { names, networks: new Map(zones.map((zone) => [zone, mergeRanges(zone.networks)])) };
}

/** Resolves one entry of a permit of a conduit that joins `zones`; undefined after reporting why it cannot be. */
export function resolveEndpoint(
  to: Resolution,
  endpoints: Endpoints,
  text: string,
  path: Path,
): Endpoint | undefined {
  const isAddress = /^[\d]|[:/]/.test(text);
  return isAddress ? byAddress(to, endpoints, text, path) : byName(to, endpoints, text, path);
}

function byName(to: Resolution, { names }: Endpoints, text: string, path: Path): Endpoint | undefined {
  const [found, ...others] = names.get(text) ?? [];
  if (found !== undefined && others.length === 0)
    return { zone: found.zone, ranges: found.ranges, text, path };
  if (found !== undefined) {
    const fulls = [found, ...others].map(({ full }) => full);
    const fix = `write ${fulls.filter((full) => full !== text).join(" or ")}`;
    reportValue(to, "site/ambiguous-name", path, `"${text}" can mean ${fulls.join(" or ")}`, { fix });
    return undefined;
  }
  if (!isBroken(to, text)) {
    const fix = didYouMean(text, [...names.keys()]) ?? "name a zone, an asset, an address or a prefix";
    reportValue(to, "site/unknown-name", path, `there is no zone or asset "${text}"`, { fix });
  }
  return undefined;
}

/** The name is in the file, in an entry that the schema refused. */
function isBroken(to: Resolution, text: string): boolean {
  if (isWritten(to, ["zones", text])) return true;
  const [zone, asset] = text.split(".");
  if (asset !== undefined) return isWritten(to, ["zones", zone!, "assets", asset]);
  const zones = (to.source.value as { readonly zones: object }).zones;
  return Object.keys(zones).some((id) => isWritten(to, ["zones", id, "assets", text]));
}

function byAddress(to: Resolution, { networks }: Endpoints, text: string, path: Path): Endpoint | undefined {
  const range = resolveRange(to, text, path);
  if (range === undefined) return undefined;
  const found = [...networks].find(([, merged]) => coveredBy(merged, range));
  if (found !== undefined) return { zone: found[0], ranges: [range], text, path };
  reportValue(to, "site/address-in-no-zone", path, `${text} does not lie inside one zone`, {
    fix: "a permit reaches no further than its zones: narrow it, or add the network to the zone",
    clause: "IEC 62443-3-2 ZCR 3.1",
  });
  return undefined;
}
