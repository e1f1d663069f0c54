import type { AddressRange } from "../../net/address.ts";
import type { Zone } from "../model.ts";
import type { SiteFile } from "../schema/site.ts";
import type { Path } from "../source/source.ts";
import { alternatives, didYouMean } from "../suggest.ts";
import { coveredBy, mergeRanges, resolveRange } from "./addresses.ts";
import { isWritten, type Resolution, reportValue } from "./report.ts";

/** What one initiator or responder stands for. */
export interface Endpoint {
  readonly zone: Zone;
  readonly ranges: readonly AddressRange[];
  readonly text: string;
  readonly path: Path;
}

/** What a name stands for: members of one zone, or of several where it is a group. */
interface Named {
  readonly members: readonly Member[];
  /** How to write it so that nothing else is meant. */
  readonly full: string;
}

interface Member {
  readonly zone: Zone;
  readonly ranges: readonly AddressRange[];
}

/** Looks ends up by name and by address. */
export interface Endpoints {
  readonly names: ReadonlyMap<string, readonly Named[]>;
  readonly networks: ReadonlyMap<Zone, readonly AddressRange[]>;
}

/** Zones, assets and groups by name. A group holds what is written above it. */
export function resolveEndpoints(
  to: Resolution,
  zones: readonly Zone[],
  groups: SiteFile["groups"],
): Endpoints {
  const names = new Map<string, Named[]>();
  const add = (name: string, named: Named): void => {
    const others = names.get(name);
    if (others === undefined) names.set(name, [named]);
    else others.push(named);
  };
  for (const zone of zones) {
    add(zone.id, { members: [{ zone, ranges: zone.networks }], full: zone.id });
    for (const asset of zone.assets) {
      const named = { members: [{ zone, ranges: asset.addresses }], full: `${zone.id}.${asset.id}` };
      add(asset.id, named);
      add(named.full, named);
    }
  }
  const endpoints = { names, networks: new Map(zones.map((zone) => [zone, mergeRanges(zone.networks)])) };
  for (const [group, texts] of Object.entries(groups ?? {})) {
    const members = texts.flatMap((text, index) => {
      const path = ["groups", group, index];
      const isLater = !names.has(text) && Object.hasOwn(groups ?? {}, text);
      if (!isLater) return resolveEnds(to, endpoints, text, path);
      const message = `"${text}" is defined below "${group}", or is "${group}" itself`;
      const fix = "a group holds only groups that are written above it";
      reportValue(to, "site/group-order", path, message, { fix });
      return [];
    });
    add(group, { members, full: group });
  }
  return endpoints;
}

/** Resolves one entry of a list of ends; empty after reporting why it stands for nothing. */
export function resolveEnds(
  to: Resolution,
  endpoints: Endpoints,
  text: string,
  path: Path,
): readonly Endpoint[] {
  return /^\d|[:/]/.test(text) ? byAddress(to, endpoints, text, path) : byName(to, endpoints, text, path);
}

function byName(to: Resolution, { names }: Endpoints, text: string, path: Path): readonly Endpoint[] {
  const found = names.get(text) ?? [];
  if (found.length === 1) return found[0]!.members.map(({ zone, ranges }) => ({ zone, ranges, text, path }));
  if (found.length > 1) {
    const fulls = found.map(({ full }) => full);
    const fix = fulls.includes(text) ? "give one of them another name" : `write ${alternatives(fulls)}`;
    reportValue(to, "site/ambiguous-name", path, `"${text}" can mean ${fulls.length} things`, { fix });
    return [];
  }
  if (!isBroken(to, text)) {
    const fix =
      didYouMean(text, [...names.keys()]) ?? "name a zone, an asset, a group, an address or a prefix";
    reportValue(to, "site/unknown-name", path, `there is no zone, asset or group "${text}"`, { fix });
  }
  return [];
}

/** The name is in the file, in an entry that the schema refused. */
function isBroken(to: Resolution, text: string): boolean {
  if (isWritten(to, ["zones", text]) || isWritten(to, ["groups", text])) return true;
  const [zone, asset] = text.split(".");
  if (asset !== undefined) return isWritten(to, ["zones", zone!, "assets", asset]);
  const zones = (to.source.value as { readonly zones: object }).zones;
  return Object.keys(zones).some((id) => isWritten(to, ["zones", id, "assets", text]));
}

function byAddress(to: Resolution, { networks }: Endpoints, text: string, path: Path): readonly Endpoint[] {
  const range = resolveRange(to, text, path);
  if (range === undefined) return [];
  const found = [...networks].find(([, merged]) => coveredBy(merged, range));
  if (found !== undefined) return [{ zone: found[0], ranges: [range], text, path }];
  reportValue(to, "site/address-in-no-zone", path, `${text} does not lie inside one zone`, {
    fix: "a permit reaches no further than its zones: narrow it, or add the network to the zone",
    clause: "IEC 62443-3-2 ZCR 3.1",
  });
  return [];
}
