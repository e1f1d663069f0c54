import { type AddressRange, covers, formatRange } from "../net/address.ts";
import { compareRanges, unroutable } from "../policy/resolve/addresses.ts";
import { placeholderKey } from "../policy/schema/placeholder-key.ts";
import { usualNetwork } from "./address.ts";
import { assetLines, plainText, quoted } from "./asset-line.ts";
import type { ObservedPair } from "./from-baseline.ts";
import type { InventoryHost } from "./host.ts";
import { uniqueIds } from "./names.ts";

/** A site file drafted from an inventory, and what a human must still answer. */
export interface DraftSite {
  readonly text: string;
  readonly questions: readonly string[];
}

/** What a site file says beside its plant: `name` on one line, an IANA time zone, a kind of firewall. */
export interface SiteFacts {
  readonly name: string;
  readonly timezone: string;
  readonly target: string;
}

interface DraftZone {
  readonly label: string;
  readonly networks: AddressRange[];
  readonly hosts: InventoryHost[];
}

/**
 * Zones and assets from an inventory: hosts of one network share a zone, and networks whose hosts are all of one
 * group share it too. Levels are a guess that the questions name. Each pair of zones that was seen to talk gets a
 * conduit; `withPermits` adds what was proposed for it.
 */
export function draftSite(
  inventory: readonly InventoryHost[],
  site: SiteFacts,
  pairs: readonly ObservedPair[] = [],
): DraftSite {
  const hosts = inventory.map((host) => ({
    ...host,
    addresses: host.addresses.filter((address) => unroutable(address) === undefined),
  }));
  const located = hosts.filter(({ addresses }) => addresses.length > 0);
  const zones = draftZones(located);
  const ids = uniqueIds(zones.map(({ label }) => label));
  const questions = [
    ...hosts
      .filter(({ addresses }) => addresses.length === 0)
      .map(
        ({ name }) =>
          `which address has ${name}? The inventory has none that is routed, so that it is left out`,
      ),
    ...zones.map(
      (_, index) =>
        `which Purdue level and which SL-T has zone ${ids[index]}? Level 2 and SL-T 1 are a guess`,
    ),
    ...strayAddresses(zones),
  ];
  const text = [
    "sluice: 1",
    `site: {name: ${JSON.stringify(site.name)}, timezone: ${site.timezone}}`,
    "zones:",
    ...zones.flatMap((zone, index) => zoneLines(zone, ids[index]!)),
    ...conduitLines(joinedZones(zones, ids, pairs), site.target),
  ].join("\n");
  return { text: `${text}\n`, questions };
}

function draftZones(hosts: readonly InventoryHost[]): readonly DraftZone[] {
  const widest = widestOf(hosts.flatMap((host) => networksOf(host)));
  const groups = new Map<string, Set<string>>();
  for (const host of hosts) {
    for (const network of networksOf(host)) {
      const key = formatRange(widest(network));
      groups.set(key, (groups.get(key) ?? new Set()).add(host.group ?? ""));
    }
  }
  const labelOf = (network: string): string => {
    const [group, ...others] = groups.get(network) ?? [];
    return group && others.length === 0 ? group : `net-${network}`;
  };
  const zones = new Map<string, DraftZone>();
  const owners = new Map<string, DraftZone>();
  for (const host of hosts) {
    const networks = networksOf(host).map(widest);
    const home = owners.get(formatRange(networks[0]!)) ?? openZone(zones, labelOf(formatRange(networks[0]!)));
    home.hosts.push(host);
    for (const network of networks) {
      const key = formatRange(network);
      if (owners.has(key)) continue;
      owners.set(key, home);
      home.networks.push(network);
    }
  }
  return [...zones.values()];
}

/** For each network the widest one that covers it. */
function widestOf(networks: readonly AddressRange[]): (network: AddressRange) => AddressRange {
  const found = new Map<string, AddressRange>();
  const size = ({ from, to }: AddressRange): bigint => to - from;
  const sorted = networks.toSorted(
    (x, y) => compareRanges(x, y) || (size(x) < size(y) ? 1 : size(x) > size(y) ? -1 : 0),
  );
  let wide: AddressRange | undefined;
  for (const network of sorted) {
    // Sorted by where they begin, the wider one first: what covers a network stands before it.
    if (wide === undefined || !covers(wide, network)) wide = network;
    found.set(formatRange(network), wide);
  }
  return (network) => found.get(formatRange(network)) ?? network;
}

function openZone(zones: Map<string, DraftZone>, label: string): DraftZone {
  const zone = zones.get(label) ?? { label, networks: [], hosts: [] };
  zones.set(label, zone);
  return zone;
}

/** The networks that the inventory names; where it has only an address, the usual /24 or /64 around it. */
function networksOf({ addresses, networks }: InventoryHost): readonly AddressRange[] {
  return addresses.map(
    (address) => networks.find((network) => covers(network, address)) ?? usualNetwork(address),
  );
}

const isInside = (address: AddressRange, { networks }: DraftZone): boolean =>
  networks.some((network) => covers(network, address));

/** An asset lies in one zone: addresses that a host has in another one are asked about. */
const strayAddresses = (zones: readonly DraftZone[]): readonly string[] =>
  zones.flatMap((home) =>
    home.hosts.flatMap(({ name, addresses }) =>
      addresses
        .filter((address) => !isInside(address, home))
        .map(
          (address) =>
            `${name} has ${formatRange(address)} in another zone: does it join the two? It is left out`,
        ),
    ),
  );

function zoneLines(zone: DraftZone, id: string): readonly string[] {
  const { networks, hosts, label } = zone;
  const description = id === label || label.startsWith("net-") ? "" : plainText(label);
  return [
    `  ${id}:`,
    ...(description === "" ? [] : [`    description: ${JSON.stringify(description)}`]),
    "    level: 2 # a guess",
    "    sl-target: 1 # a guess",
    `    networks: [${networks.map(quoted).join(", ")}]`,
    "    assets:",
    ...assetLines(hosts, (address) => isInside(address, zone)),
  ];
}

/** The pairs of zones between which somebody was seen to talk, each once. */
function joinedZones(
  zones: readonly DraftZone[],
  ids: readonly string[],
  pairs: readonly ObservedPair[],
): readonly (readonly [string, string])[] {
  const zoneOf = (address: AddressRange): string | undefined =>
    ids[zones.findIndex((zone) => isInside(address, zone))];
  const joined = new Map<string, readonly [string, string]>();
  for (const [initiator, responder] of pairs) {
    const [from, to] = [zoneOf(initiator), zoneOf(responder)];
    if (from === undefined || to === undefined || from === to) continue;
    const key = [from, to].toSorted().join(" ");
    if (!joined.has(key)) joined.set(key, [from, to]);
  }
  return [...joined.values()];
}

function conduitLines(joined: readonly (readonly [string, string])[], target: string): readonly string[] {
  if (joined.length === 0) return [];
  const ids = uniqueIds(joined.map((pair) => pair.join("-")));
  return [
    "conduits:",
    ...joined.map(([from, to], index) => `  ${ids[index]}: {zones: [${from}, ${to}], firewalls: [fw1]}`),
    "firewalls:",
    "  fw1: # a guess: which firewall do these conduits cross?",
    `    target: ${target}`,
    "    address: 192.0.2.1",
    `    ssh: {user: root, host-keys: [${placeholderKey(3, "fw1")}]}`,
  ];
}
