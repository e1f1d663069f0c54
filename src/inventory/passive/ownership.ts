import { isSharedCard, mostOwn } from "../../baseline/links/own.ts";
import { parseAddress } from "../../net/address.ts";
import { unroutable } from "../../policy/resolve/addresses.ts";
import type { Announcement } from "./announcement.ts";
import type { Sightings } from "./sightings.ts";

/** Which card has which address. */
export interface Ownership {
  readonly cardOf: (address: string) => string | undefined;
  /** The card that an announcement speaks of: where a device is managed at another one's address, that one. */
  readonly subjectOf: (announcement: Announcement) => string | undefined;
  /** Of the addresses that an announcement names, those that are the device's own beyond doubt. */
  readonly addressesOf: (announcement: Announcement) => readonly string[];
  readonly findings: readonly string[];
}

/**
 * Owners by what cards say (ARP, DCP), then by where devices are managed (LLDP, CDP); where nothing is said, a card that sends from one address only has
 * it. A router's card sends from many, and has none of them. An address that two cards claim has no owner, and is a
 * finding: an exchanged device, an address given twice, or somebody in the middle.
 */
export function ownership({ announcements, cards }: Sightings): Ownership {
  const claims = new Map<string, Set<string>>();
  for (const { announcement } of announcements) {
    const { about, addresses = [] } = announcement;
    if (about.kind !== "mac" || isSharedCard(about.mac)) continue;
    for (const address of addresses.filter(isHost))
      claims.set(about.mac, (claims.get(about.mac) ?? new Set()).add(address));
  }
  const proxies = [...claims].filter(([, addresses]) => addresses.size > mostOwn);
  for (const [mac] of proxies) claims.delete(mac);

  const owners = new Map<string, Set<string>>();
  const claim = (mac: string, address: string): unknown =>
    owners.set(address, (owners.get(address) ?? new Set()).add(mac));
  for (const [mac, addresses] of claims) for (const address of addresses) claim(mac, address);
  const managed = announcements.flatMap(({ announcement: { about, managedAt = [] } }) =>
    about.kind === "mac" ? managedAt.filter(isHost).map((address) => [about.mac, address] as const) : [],
  );
  for (const [mac, address] of managed.filter(([, address]) => !owners.has(address))) claim(mac, address);
  for (const [mac, addresses] of cards) {
    if (addresses === "many" || isSharedCard(mac)) continue;
    for (const address of unclaimed(claims.get(mac), [...addresses].filter(isHost)))
      if (!owners.has(address)) claim(mac, address);
  }
  const cardOf = (address: string): string | undefined => {
    const macs = owners.get(address);
    return macs?.size === 1 ? [...macs][0] : undefined;
  };
  return {
    cardOf,
    subjectOf: ({ about, managedAt = [] }) =>
      about.kind === "address"
        ? cardOf(about.address)
        : (managedAt.map(cardOf).find((card) => card !== undefined) ?? about.mac),
    addressesOf: ({ about, addresses = [], managedAt = [] }) =>
      about.kind === "address"
        ? [about.address]
        : [
            ...addresses.filter((address) => cardOf(address) === about.mac),
            ...managedAt.filter((address) => cardOf(address) !== undefined),
          ],
    findings: [
      ...[...owners]
        .filter(([, macs]) => macs.size > 1)
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

/** Addresses that a card sends from and that nobody claimed, where it sends from those of one host only. */
function unclaimed(claimed: ReadonlySet<string> | undefined, sends: readonly string[]): readonly string[] {
  const own = sends.filter((address) => !address.includes(":"));
  const forwards = claimed === undefined ? own.length > 1 : own.some((address) => !claimed.has(address));
  return forwards || sends.length - own.length > mostOwn ? [] : sends;
}

const isHost = (address: string): boolean => unroutable(parseAddress(address)) === undefined;
