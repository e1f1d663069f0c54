import type { BaselineFlow, BaselineSource } from "../../baseline/flow.ts";
import { formatRange } from "../../net/address.ts";
import { observedPlant } from "../from-baseline.ts";
import { type AnnouncedRole, type DeviceObject, type Facts, type Role, roles } from "./announcement.ts";
import { behaviours, type RoleGuess, rolesByBehaviour } from "./behaviour.ts";
import { ownership } from "./ownership.ts";
import type { Sighting, Sightings } from "./sightings.ts";

/** A device as the wire shows it. What nobody said is absent. */
export interface PassiveAsset extends Facts {
  /** Canonical text; empty for a device that was seen on its link only. */
  readonly addresses: readonly string[];
  readonly mac?: string;
  /** Who made the network card, by its first digits: often, not always, who made the device. */
  readonly macVendor?: string;
  /** What it may be, each with the reason; the first is the most telling. */
  readonly roles: readonly RoleGuess[];
  /** Devices behind it: units of a gateway, nodes of a field network, services of the host. */
  readonly parts: readonly ({ readonly part: string; readonly objects?: readonly DeviceObject[] } & Facts)[];
  /** What it has to read and to set (BACnet); absent where nothing of it was seen. */
  readonly objects?: readonly DeviceObject[];
  readonly evidence: readonly Evidence[];
}

export interface Evidence {
  /** The message, in the words of its standard. */
  readonly by: string;
  readonly seen: number;
  readonly firstSeen?: string;
  readonly lastSeen?: string;
}

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

/** The messages by how well they know the device that they speak of, best first. */
const sayers = [
  "EtherNet/IP List Identity",
  "S7comm-plus session",
  "S7comm SZL 0x0011",
  "S7comm SZL 0x001c",
  "Modbus device identification",
  "BACnet ReadProperty",
  "BACnet ReadPropertyMultiple",
  "BACnet I-Am",
  "BACnet I-Have",
  "BACnet change of value",
  "PROFINET DCP",
  "LLDP",
  "CDP",
  "SNMP system group",
];
const rank = ({ announcement }: Sighting): number => {
  const place = sayers.indexOf(announcement.by);
  return place < 0 ? sayers.length : place;
};

/** Assets from what was seen: those that flows show, and those that said who they are. Sorted by address, then card. */
export function passiveInventory({ sources, flows, sightings, vendorOf }: Observed): Inventory {
  const { hosts, foreign } = observedPlant(flows);
  const owners = ownership(sightings);
  const doings = behaviours(flows);
  const groups = new Map<
    string,
    { readonly addresses: Set<string>; mac: string | undefined; sightings: Sighting[] }
  >();
  const groupOf = (card: string | undefined, addresses: readonly string[]) => {
    const key = card ?? addresses[0] ?? "";
    const group = groups.get(key) ?? { addresses: new Set(), mac: card, sightings: [] };
    groups.set(key, group);
    for (const address of addresses) group.addresses.add(address);
    return group;
  };
  for (const { addresses } of hosts)
    for (const address of addresses.map(formatRange)) groupOf(owners.cardOf(address), [address]);
  const outside = new Set(foreign);
  for (const sighting of sightings.announcements) {
    const { announcement } = sighting;
    if (announcement.about.kind === "address" && outside.has(announcement.about.address)) continue;
    groupOf(owners.subjectOf(announcement), owners.addressesOf(announcement)).sightings.push(sighting);
  }
  const assets = [...groups.values()].map(({ addresses, mac, sightings: seen }): PassiveAsset => {
    const ordered = seen.toSorted((x, y) => rank(x) - rank(y));
    const own = ordered.filter(({ announcement }) => announcement.part === undefined);
    const macVendor = mac === undefined ? undefined : vendorOf(mac);
    return {
      addresses: [...addresses].toSorted(byAddress),
      ...(mac === undefined ? {} : { mac }),
      ...(macVendor === undefined ? {} : { macVendor }),
      ...merge(own),
      ...objectsOf(own),
      roles: mergeRoles(
        ordered,
        [...addresses].flatMap((address) => {
          const behaviour = doings.get(address);
          return behaviour === undefined ? [] : rolesByBehaviour(behaviour);
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

/** IPv4 by its numbers, before IPv6. */
function byAddress(x: string, y: string): number {
  const [a, b] = [x, y].map((text) =>
    text
      .split(".")
      .map((part) => part.padStart(3, "0"))
      .join("."),
  );
  return x.includes(":") === y.includes(":") ? a!.localeCompare(b!) : x.includes(":") ? 1 : -1;
}

/** Each fact from who knows it best. */
const merge = (ordered: readonly Sighting[]): Facts =>
  Object.assign({}, ...ordered.toReversed().map(({ announcement }) => announcement.facts));

/** Each role once: what a device says that it is, then what it shows and does, then what it only asks for. */
function mergeRoles(ordered: readonly Sighting[], done: readonly RoleGuess[]): readonly RoleGuess[] {
  const announced = (basis: AnnouncedRole["basis"]): readonly RoleGuess[] =>
    ordered
      .flatMap(({ announcement: { role } }) =>
        role?.basis === basis ? { role: role.role, reason: role.reason } : [],
      )
      .toSorted((x, y) => roles.indexOf(x.role) - roles.indexOf(y.role));
  const reasons = new Map<Role, Set<string>>();
  for (const { role, reason } of [...announced("says"), ...announced("shows"), ...done, ...announced("asks")])
    reasons.set(role, (reasons.get(role) ?? new Set()).add(reason));
  return [...reasons].map(([role, all]) => ({ role, reason: [...all].join("; ") }));
}

/** Each object once, with its name where somebody told it. */
function objectsOf(seen: readonly Sighting[]): Pick<PassiveAsset, "objects"> {
  const names = new Map<string, string | undefined>();
  for (const { object, name } of seen.flatMap(({ announcement }) => announcement.objects ?? []))
    names.set(object, names.get(object) ?? name);
  if (names.size === 0) return {};
  const numeric = new Intl.Collator("en", { numeric: true });
  return {
    objects: [...names]
      .toSorted(([x], [y]) => numeric.compare(x, y))
      .map(([object, name]) => (name === undefined ? { object } : { object, name })),
  };
}

function partsOf(ordered: readonly Sighting[]): PassiveAsset["parts"] {
  const parts = new Map<string, Sighting[]>();
  for (const sighting of ordered) {
    const { part } = sighting.announcement;
    if (part !== undefined) parts.set(part, [...(parts.get(part) ?? []), sighting]);
  }
  return [...parts]
    .map(([part, seen]) => ({ part, ...merge(seen), ...objectsOf(seen) }))
    .toSorted((x, y) => x.part.localeCompare(y.part));
}

function evidenceOf(ordered: readonly Sighting[]): readonly Evidence[] {
  const found = new Map<string, Evidence>();
  for (const { announcement, seen, firstSeen, lastSeen } of ordered) {
    const before = found.get(announcement.by);
    const times = [before?.firstSeen, firstSeen, before?.lastSeen, lastSeen]
      .filter((time) => time !== undefined)
      .toSorted();
    const [first, last] = [times[0], times.at(-1)];
    found.set(announcement.by, {
      by: announcement.by,
      seen: (before?.seen ?? 0) + seen,
      ...(first === undefined || last === undefined ? {} : { firstSeen: first, lastSeen: last }),
    });
  }
  return [...found.values()];
}
