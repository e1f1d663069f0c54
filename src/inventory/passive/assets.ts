import type { BaselineFlow, BaselineSource } from "../../baseline/flow.ts";
import { isSharedCard } from "../../baseline/links/own.ts";
import { isLinkLocal } from "../../baseline/routable.ts";
import { parseAddress } from "../../net/address.ts";
import { ownAddresses } from "../from-baseline.ts";
import type { PassiveAsset } from "./asset.ts";
import { behaviours, rolesByBehaviour, type Spoken } from "./behaviour.ts";
import { byRank, contradictions, evidenceOf, mergeFacts, mergeRoles, objectsOf, partsOf } from "./merge.ts";
import { isHost, ownership } from "./ownership.ts";
import type { Sighting, Sightings } from "./sightings.ts";
import { settleUnits } from "./units.ts";

export interface Inventory {
  readonly sources: readonly BaselineSource[];
  readonly assets: readonly PassiveAsset[];
  /** What a human should look at, in words. */
  readonly findings: readonly string[];
}

export interface Observed {
  readonly sources: readonly BaselineSource[];
  readonly flows: readonly BaselineFlow[];
  readonly sightings: Sightings;
  /** The maker of a network card (`00:0e:8c:01:02:03`), from the registry of IEEE. */
  readonly vendorOf: (mac: string) => string | undefined;
}

/** What is one device, before it is described. */
interface Group {
  readonly addresses: Set<string>;
  readonly mac: string | undefined;
  readonly ports: Set<string>;
  readonly sightings: Sighting[];
}

/**
 * Assets from what was seen: addresses and cards that sent anything, and devices that said who they are. Sorted by
 * address, then card.
 */
export function passiveInventory({ sources, flows, sightings, vendorOf }: Observed): Inventory {
  const owners = ownership(sightings);
  const doings = behaviours(flows, spokenBy(sightings));
  const { own, foreign } = hostsOf(flows, sightings);
  const groups = new Map<string, Group>();
  const homes = new Map<string, Group>();
  const groupOf = (card: string | undefined, addresses: readonly string[]): Group => {
    const key = card ?? addresses[0] ?? "";
    const group = groups.get(key) ?? { addresses: new Set(), mac: card, ports: new Set(), sightings: [] };
    groups.set(key, group);
    for (const address of addresses) {
      group.addresses.add(address);
      homes.set(address, group);
    }
    return group;
  };
  for (const card of sightings.cards.keys()) {
    if (isSharedCard(card)) continue;
    const device = owners.deviceOf(card);
    const { ports } = groupOf(device, []);
    if (device !== card) ports.add(card);
  }
  for (const address of own) groupOf(owners.cardOf(address), [address]);
  const outside = new Set(foreign);
  const isOutside = ({ announcement: { about } }: Sighting): boolean =>
    about.kind === "address" && (outside.has(about.address) || !isHost(about.address));
  const said = sightings.announcements.filter((sighting) => !isOutside(sighting));
  for (const sighting of said.filter(({ announcement }) => !announcement.hearsay))
    groupOf(
      owners.subjectOf(sighting.announcement),
      owners.addressesOf(sighting.announcement),
    ).sightings.push(sighting);
  for (const sighting of said.filter(({ announcement }) => announcement.hearsay)) {
    const { about } = sighting.announcement;
    const home = about.kind === "address" ? homes.get(about.address) : groups.get(owners.deviceOf(about.mac));
    home?.sightings.push(sighting);
  }
  const found: string[] = [];
  const assets = [...groups.values()].map(({ addresses, mac, ports, sightings: seen }): PassiveAsset => {
    const ordered = settleUnits(byRank(seen));
    const isGateway = ordered.some(({ announcement: { role } }) => role?.role === "gateway");
    const ofItself = ordered.filter(({ announcement }) => announcement.part === undefined);
    const macVendor = mac === undefined ? undefined : vendorOf(mac);
    const sorted = [...addresses].toSorted(byAddress);
    found.push(...contradictions(sorted[0] ?? mac ?? "", ofItself));
    return {
      addresses: sorted,
      ...(mac === undefined ? {} : { mac }),
      ...(ports.size === 0 ? {} : { ports: [...ports].toSorted() }),
      ...(macVendor === undefined ? {} : { macVendor }),
      ...mergeFacts(ofItself),
      ...objectsOf(ofItself),
      roles: mergeRoles(
        ordered,
        sorted.flatMap((address) => {
          const behaviour = doings.get(address);
          return behaviour === undefined ? [] : rolesByBehaviour(behaviour, isGateway);
        }),
      ),
      parts: partsOf(ordered),
      evidence: evidenceOf(ordered),
    };
  });
  return {
    sources,
    assets: assets.toSorted(
      (x, y) =>
        byAddress(x.addresses[0] ?? "~", y.addresses[0] ?? "~") || (x.mac ?? "").localeCompare(y.mac ?? ""),
    ),
    findings: [
      ...owners.findings,
      ...found,
      ...foreign.map(
        (address) => `${address} is a public address: does it belong to the plant? It is left out`,
      ),
      ...(sightings.full
        ? [
            "more was announced than a plant can have devices: the rest was left out. Is somebody making it up?",
          ]
        : []),
    ],
  };
}

/** Addresses that answered or were answered, and those that sent anything in a capture: the plant's own, and public ones. */
function hostsOf(
  flows: readonly BaselineFlow[],
  { cards, announcements }: Sightings,
): { readonly own: readonly string[]; readonly foreign: readonly string[] } {
  const seen = new Set<string>();
  for (const { initiator, responder, answered, notRoutable } of flows)
    if (answered && notRoutable === undefined) seen.add(initiator).add(responder);
  for (const addresses of cards.values())
    if (addresses !== "many") for (const address of addresses) if (isHost(address)) seen.add(address);
  const all = [...seen].flatMap((address) =>
    isLinkLocal(address) ? [] : [{ address, range: parseAddress(address) }],
  );
  const isOwn = ownAddresses(all.map(({ range }) => range));
  const claimed = new Set(
    announcements.flatMap(({ announcement: { addresses = [], managedAt = [], hearsay } }) =>
      hearsay ? [] : [...addresses, ...managedAt],
    ),
  );
  const foreign = all
    .filter(({ address, range }) => !isOwn(range) && !claimed.has(address))
    .map(({ address }) => address);
  const outside = new Set(foreign);
  return { own: [...seen].filter((address) => !outside.has(address)), foreign };
}

/** What captures show on the port of ISO transport: nothing, where a machine was seen but no message of either kind. */
function spokenBy({ announcements, cards }: Sightings): Spoken {
  const seen = new Set(
    [...cards.values()].flatMap((addresses) => (addresses === "many" ? [] : [...addresses])),
  );
  const spoken = new Map<string, "s7comm" | "mms">();
  for (const { announcement } of announcements) {
    const { about, by, role } = announcement;
    if (about.kind !== "address" || role?.basis === "asks") continue;
    if (by.startsWith("S7comm")) spoken.set(about.address, "s7comm");
    else if (by === "MMS data" && !spoken.has(about.address)) spoken.set(about.address, "mms");
  }
  return (address) => spoken.get(address) ?? (seen.has(address) ? "unread" : undefined);
}

/** Routed addresses first, IPv4 by its numbers, before IPv6. */
function byAddress(x: string, y: string): number {
  const [a, b] = [x, y].map((text) =>
    text
      .split(".")
      .map((part) => part.padStart(3, "0"))
      .join("."),
  );
  const places = [x, y].map((text) => (isLinkLocal(text) ? 2 : 0) + (text.includes(":") ? 1 : 0));
  return places[0]! - places[1]! || a!.localeCompare(b!);
}
