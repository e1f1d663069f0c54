import { type AddressRange, covers, formatRange, parseAddress } from "../../net/address.ts";
import type { Asset, Zone } from "../../policy/model.ts";
import { unroutable } from "../../policy/resolve/addresses.ts";
import { assetLines, plainText } from "../asset-line.ts";
import type { InventoryHost } from "../host.ts";
import type { PassiveAsset } from "./asset.ts";

/** A device as a host of an inventory, its addresses those that a router carries. */
export function hostOf(asset: PassiveAsset): InventoryHost {
  const { name, mac, macVendor, roles, evidence, vendor, model, firmware } = asset;
  const card = mac === undefined ? [] : [macVendor === undefined ? mac : `${mac} (${macVendor})`];
  const said = evidence.length === 0 ? [] : [`by ${evidence.map(({ by }) => by).join(", ")}`];
  const because = roles[0] === undefined ? [] : [`${roles[0].role}: ${roles[0].reason}`];
  return {
    name: name ?? `host-${asset.addresses[0] ?? mac ?? ""}`,
    addresses: asset.addresses.map(parseAddress).filter((address) => unroutable(address) === undefined),
    networks: [],
    ...(roles[0] === undefined ? {} : { role: roles[0].role }),
    ...(vendor === undefined ? {} : { vendor }),
    ...(model === undefined ? {} : { model }),
    ...(firmware === undefined ? {} : { firmware }),
    note: [...card, ...because, ...said].join("; "),
  };
}

/**
 * What the wire shows beside what a site file says, as YAML to merge: assets that it has not yet under their zones, and
 * as comments what it says otherwise. The file itself is a human's.
 */
export function siteAssets(assets: readonly PassiveAsset[], zones: readonly Zone[]): string {
  const hosts = assets.map(hostOf).filter(({ addresses }) => addresses.length > 0);
  const isIn = (ranges: readonly AddressRange[], host: InventoryHost): boolean =>
    host.addresses.some((address) => ranges.some((range) => covers(range, address)));
  const written = zones.flatMap((zone) => zone.assets);
  const known = (host: InventoryHost): Asset | undefined =>
    written.find((asset) => isIn(asset.addresses, host));
  const fresh = hosts.filter((host) => known(host) === undefined);
  const zoned = zones.flatMap((zone) => {
    const inside = fresh.filter((host) => isIn(zone.networks, host));
    if (inside.length === 0) return [];
    const covered = (address: AddressRange): boolean =>
      zone.networks.some((network) => covers(network, address));
    const taken = zone.assets.map(({ id }) => id as string);
    return [`  ${zone.id}:`, "    assets:", ...assetLines(inside, covered, taken)];
  });
  const stray = fresh.filter((host) => !zones.some((zone) => isIn(zone.networks, host)));
  return [
    "# Merge what is right into the site file.",
    ...(zoned.length === 0
      ? ["# Every device that was seen in a zone is an asset of it already."]
      : ["zones:", ...zoned]),
    ...hosts.flatMap((host) => differences(host, known(host))),
    ...stray.map(
      (host) => `# in no zone: ${host.addresses.map(formatRange).join(", ")} (${plainText(host.note ?? "")})`,
    ),
    "",
  ].join("\n");
}

/** Where the wire says otherwise than the file. Roles are words of whoever wrote the file, and are not compared. */
function differences(host: InventoryHost, asset: Asset | undefined): readonly string[] {
  if (asset === undefined) return [];
  return (["vendor", "model", "firmware"] as const).flatMap((key) => {
    const [seen, written] = [host[key], asset[key]];
    if (seen === undefined || seen === written) return [];
    const file = written === undefined ? "nothing" : JSON.stringify(written);
    return [`# ${asset.id}: the wire says ${key} ${JSON.stringify(plainText(seen))}, the site file ${file}`];
  });
}
