import { type AddressRange, formatRange, overlaps } from "../../net/address.ts";
import type { Asset, AssetId, PersonId, Zone, ZoneId } from "../model.ts";
import type { SiteFile } from "../schema/site.ts";
import type { Path } from "../source/source.ts";
import { compareRanges, coveredBy, mergeRanges, resolveRange, unroutable } from "./addresses.ts";
import { type Resolution, reportValue } from "./report.ts";

type ZoneEntry = SiteFile["zones"][string];
type AssetEntry = NonNullable<ZoneEntry["assets"]>[string];

/** One network of a zone and where it is written. */
interface Network {
  readonly zone: string;
  readonly text: string;
  readonly path: Path;
  readonly range: AddressRange;
}

/** Zones with their networks and assets. Overlaps and assets outside their zone are reported. */
export function resolveZones(to: Resolution, entries: SiteFile["zones"]): readonly Zone[] {
  const read = Object.entries(entries).map(([id, entry]) => ({
    id,
    entry,
    networks: readNetworks(to, id, entry),
  }));
  reportOverlaps(
    to,
    read.flatMap(({ networks }) => networks),
  );
  return read.map(({ id, entry, networks }) =>
    resolveZone(
      to,
      id as ZoneId,
      entry,
      networks.map(({ range }) => range),
    ),
  );
}

function readNetworks(to: Resolution, zone: string, entry: ZoneEntry): readonly Network[] {
  return entry.networks.flatMap((text, index) => {
    const path = ["zones", zone, "networks", index];
    const range = resolveRange(to, text, path);
    const reason = range && unroutable(range);
    if (reason === undefined) return range ? { zone, text, path, range } : [];
    reportValue(
      to,
      "site/unroutable-network",
      path,
      `${text} is ${reason}: no router carries it to another zone`,
    );
    return [];
  });
}

function resolveZone(to: Resolution, id: ZoneId, entry: ZoneEntry, networks: readonly AddressRange[]): Zone {
  const complete = networks.length === entry.networks.length;
  const merged = complete ? mergeRanges(networks) : undefined;
  return {
    id,
    description: entry.description,
    level: entry.level,
    slTarget: entry["sl-target"],
    consequence: entry.consequence,
    marks: entry.marks,
    networks,
    assets: Object.entries(entry.assets ?? {}).map(([name, asset]) =>
      resolveAsset(to, name as AssetId, id, asset, merged),
    ),
    span: to.source.locate(["zones", id], "key"),
  };
}

/** `networks` are the zone's, merged; undefined when not all of them are known. */
function resolveAsset(
  to: Resolution,
  id: AssetId,
  zone: ZoneId,
  entry: AssetEntry,
  networks: readonly AddressRange[] | undefined,
): Asset {
  const path = ["zones", zone, "assets", id];
  const addresses = entry.addresses.flatMap((text, index) => {
    const at = [...path, "addresses", index];
    const range = resolveRange(to, text, at);
    if (range !== undefined && networks !== undefined && !coveredBy(networks, range)) {
      reportValue(to, "site/asset-outside-zone", at, `${text} of asset "${id}" lies outside zone "${zone}"`, {
        fix: `its networks are ${networks.map(formatRange).join(", ")}: move the asset, or add the network`,
        clause: "IEC 62443-3-2 ZCR 3.1",
      });
    }
    return range ?? [];
  });
  return {
    id,
    zone,
    addresses,
    role: entry.role,
    vendor: entry.vendor,
    model: entry.model,
    firmware: entry.firmware,
    owner: entry.owner as PersonId | undefined,
    patch: entry.patch && { ...entry.patch, controls: entry.patch.controls ?? [] },
    span: to.source.locate(path, "key"),
  };
}

/** One sweep over all networks in order of their first address: each is held against what reaches furthest so far. */
function reportOverlaps(to: Resolution, networks: readonly Network[]): void {
  let furthest: Network | undefined;
  for (const network of networks.toSorted((a, b) => compareRanges(a.range, b.range))) {
    if (furthest !== undefined && overlaps(furthest.range, network.range)) {
      const [whose, code] =
        furthest.zone === network.zone
          ? [`of the same zone "${network.zone}"`, "site/network-twice"]
          : [`of zone "${furthest.zone}"`, "site/zone-overlap"];
      reportValue(
        to,
        code,
        network.path,
        `${network.text} of zone "${network.zone}" overlaps ${furthest.text} ${whose}`,
        {
          related: [{ span: to.source.locate(furthest.path, "value"), message: "the other network" }],
          fix: "an address belongs to one zone, once: split the wider network, or remove one of the two",
          clause: "IEC 62443-3-2 ZCR 3.1",
        },
      );
    }
    if (
      furthest === undefined ||
      furthest.range.family !== network.range.family ||
      network.range.to > furthest.range.to
    ) {
      furthest = network;
    }
  }
}
