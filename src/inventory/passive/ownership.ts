import { isSharedCard, mostOwn } from "../../baseline/links/own.ts";
import { isGroup, isLinkLocal, isOnLink } from "../../baseline/routable.ts";
import type { Announcement } from "./announcement.ts";
import { type DeviceOf, devicesOfPorts } from "./ports.ts";
import type { Sightings } from "./sightings.ts";

/** Which card has which address. */
export interface Ownership {
  readonly cardOf: (address: string) => string | undefined;
  /** The card that the device goes by, for any card of its ports. */
  readonly deviceOf: DeviceOf;
  /** The card that an announcement speaks of: where a device is managed at another one's address, that one. */
  readonly subjectOf: (announcement: Announcement) => string | undefined;
  /** Of the addresses that an announcement names, those that are the device's own beyond doubt. */
  readonly addressesOf: (announcement: Announcement) => readonly string[];
  readonly findings: readonly string[];
}

/**
 * Owners by what cards say (ARP, DCP), then by where devices are managed (LLDP, CDP); where nothing is said, a card that
 * sends from one address only has it. Cards of one device's ports (LLDP, spanning tree) are one. A router's card sends from many, and has none of them. An address that two cards claim has no owner, and is a
 * finding: an exchanged device, an address given twice, or somebody in the middle.
 */
export function ownership({ announcements, cards }: Pick<Sightings, "announcements" | "cards">): Ownership {
  const deviceOf = devicesOfPorts(announcements);
  const claims = new Map<string, Set<string>>();
  for (const { announcement } of announcements) {
    const { about, addresses = [] } = announcement;
    if (about.kind !== "mac" || isSharedCard(about.mac)) continue;
    const mac = deviceOf(about.mac);
    for (const address of addresses.filter(isHost))
      claims.set(mac, (claims.get(mac) ?? new Set()).add(address));
  }
  const proxies = [...claims].filter(([, addresses]) => addresses.size > mostOwn);
  for (const [mac] of proxies) claims.delete(mac);

  const owners = new Map<string, Set<string>>();
  const claim = (mac: string, address: string): unknown =>
    owners.set(address, (owners.get(address) ?? new Set()).add(mac));
  for (const [mac, addresses] of claims) for (const address of addresses) claim(mac, address);
  const managed = announcements.flatMap(({ announcement: { about, managedAt = [] } }) =>
    about.kind === "mac"
      ? managedAt.filter(isHost).map((address) => [deviceOf(about.mac), address] as const)
      : [],
  );
  for (const [mac, address] of managed.filter(([, address]) => !owners.has(address))) claim(mac, address);
  for (const [card, addresses] of cards) {
    if (addresses === "many" || isSharedCard(card)) continue;
    const mac = deviceOf(card);
    for (const address of unclaimed(claims.get(mac), [...addresses].filter(isHost)))
      if (!owners.has(address)) claim(mac, address);
  }
  const cardOf = (address: string): string | undefined => {
    const macs = owners.get(address);
    return macs?.size === 1 ? [...macs][0] : undefined;
  };
  return {
    cardOf,
    deviceOf,
    subjectOf: ({ about, managedAt = [] }) =>
      about.kind === "address"
        ? cardOf(about.address)
        : (managedAt.map(cardOf).find((card) => card !== undefined) ?? deviceOf(about.mac)),
    addressesOf: ({ about, addresses = [], managedAt = [] }) =>
      about.kind === "address"
        ? [about.address]
        : [
            ...addresses.filter((address) => cardOf(address) === deviceOf(about.mac)),
            ...managedAt.filter((address) => cardOf(address) !== undefined),
          ],
    findings: [
      ...[...owners]
        // Every link has its own link-local addresses, and one of a kind may be on several.
        .filter(([address, macs]) => macs.size > 1 && !isLinkLocal(address))
        .map(
          ([address, macs]) =>
            `${address} was claimed by ${macs.size} network cards, ${[...macs].toSorted().join(" and ")}: an exchanged ` +
            "device, an address given twice, or somebody in the middle",
        ),
      ...proxies.map(
        ([mac, addresses]) =>
          `${mac} answers for ${addresses.size} addresses: a router that does so for others?`,
      ),
    ],
  };
}

/**
 * Addresses that a card sends from and that nobody claimed, where it sends from those of one host only. A router carries
 * no link-local one.
 */
function unclaimed(claimed: ReadonlySet<string> | undefined, sends: readonly string[]): readonly string[] {
  const routed = sends.filter((address) => !isLinkLocal(address));
  const own = routed.filter((address) => !address.includes(":"));
  const forwards = claimed === undefined ? own.length > 1 : own.some((address) => !claimed.has(address));
  return forwards || routed.length - own.length > mostOwn ? sends.filter(isLinkLocal) : sends;
}

/** Whether an address is one host's, if only on its link. Of ::/8 none is (RFC 4291), IPv4 inside IPv6 least of all. */
export const isHost = (address: string): boolean =>
  !address.startsWith("::") && !isGroup(address) && (!isOnLink(address) || isLinkLocal(address));
