import { type AnnouncedRole, type Facts, type Role, roles } from "./announcement.ts";
import type { Evidence, PassiveAsset } from "./asset.ts";
import type { RoleGuess } from "./behaviour.ts";
import type { Sighting } from "./sightings.ts";

/** The messages by how well they know the device that they speak of, best first. */
const sayers = [
  "EtherNet/IP List Identity",
  "CIP identity object",
  "S7comm-plus session",
  "S7comm SZL 0x0011",
  "S7comm SZL 0x001c",
  "Modbus device identification",
  "Modbus device identification (regular)",
  "Modbus device identification (basic)",
  "Modbus Report Server ID",
  "BACnet ReadProperty",
  "BACnet ReadPropertyMultiple",
  "BACnet I-Am",
  "BACnet I-Have",
  "BACnet change of value",
  "PROFINET DCP",
  "LLDP",
  "CDP",
  "SNMP system group",
  "DHCP",
  "NetBIOS registration",
  "NetBIOS status",
  "NetBIOS name",
  "NetBIOS datagram",
  "mDNS",
  "LLMNR",
  "LLMNR question about itself",
  "DHCP answer to it",
  "DNS",
];
const rank = ({ announcement }: Sighting): number => {
  const place = sayers.indexOf(announcement.by);
  return place < 0 ? sayers.length : place;
};

/** Sightings of one device, those that know it best first. */
export const byRank = (seen: readonly Sighting[]): readonly Sighting[] =>
  seen.toSorted((x, y) => rank(x) - rank(y));

/** Each fact from who knows it best. */
export function mergeFacts(ordered: readonly Sighting[]): Facts {
  const facts: Partial<Record<keyof Facts, string>> = {};
  for (const { announcement } of ordered)
    for (const [key, value] of Object.entries(announcement.facts)) facts[key as keyof Facts] ??= value;
  return facts;
}

/** Facts that one message tells once of a device. */
const single = ["vendor", "model", "firmware", "serial"] as const;

/** Where a device said two different things by the same message, in words. @param who the device. */
export function contradictions(who: string, own: readonly Sighting[]): readonly string[] {
  const said = new Map<string, Set<string>>();
  for (const { announcement } of own)
    for (const key of single) {
      const value = announcement.facts[key];
      const what = `${announcement.by}.${key}`;
      if (value !== undefined) said.set(what, (said.get(what) ?? new Set()).add(value));
    }
  return [...said]
    .filter(([, values]) => values.size > 1)
    .map(([what, values]) => {
      const [by, key] = what.split(".");
      return (
        `${who} said ${values.size} values of ${key} over ${by}, ${listed(values)}: an exchanged or updated device, ` +
        "or one that answers for several"
      );
    });
}

/** The first few of many. */
const listed = (values: ReadonlySet<string>): string => {
  const first = [...values].slice(0, mostListed);
  return first.join("; ") + (values.size > first.length ? `; and ${values.size - first.length} more` : "");
};
const mostListed = 4;

/** What any machine may be besides. */
const besides: ReadonlySet<Role> = new Set(["name-server", "dhcp-server", "time-server"]);

/**
 * Each role once: what a device says that it is, then what it shows and does, then what it only asks for; at last what
 * any machine may be besides.
 */
export function mergeRoles(ordered: readonly Sighting[], done: readonly RoleGuess[]): readonly RoleGuess[] {
  const announced = (basis: AnnouncedRole["basis"]): readonly RoleGuess[] =>
    ordered
      .flatMap(({ announcement: { role } }) =>
        role?.basis === basis ? { role: role.role, reason: role.reason } : [],
      )
      .toSorted((x, y) => roles.indexOf(x.role) - roles.indexOf(y.role));
  const reasons = new Map<Role, Set<string>>();
  for (const { role, reason } of [...announced("says"), ...announced("shows"), ...done, ...announced("asks")])
    reasons.set(role, (reasons.get(role) ?? new Set()).add(reason));
  const merged = [...reasons].map(([role, all]) => ({ role, reason: listed(all) }));
  return merged.toSorted((x, y) => Number(besides.has(x.role)) - Number(besides.has(y.role)));
}

const numeric = new Intl.Collator("en", { numeric: true });

/** Each object once, with its name where somebody told it. */
export function objectsOf(seen: readonly Sighting[]): Pick<PassiveAsset, "objects"> {
  const names = new Map<string, string | undefined>();
  for (const { object, name } of seen.flatMap(({ announcement }) => announcement.objects ?? []))
    names.set(object, names.get(object) ?? name);
  if (names.size === 0) return {};
  return {
    objects: [...names]
      .toSorted(([x], [y]) => numeric.compare(x, y))
      .map(([object, name]) => (name === undefined ? { object } : { object, name })),
  };
}

export function partsOf(ordered: readonly Sighting[]): PassiveAsset["parts"] {
  const parts = new Map<string, Sighting[]>();
  for (const sighting of ordered) {
    const { part } = sighting.announcement;
    if (part === undefined) continue;
    const same = parts.get(part) ?? [];
    same.push(sighting);
    parts.set(part, same);
  }
  return [...parts]
    .map(([part, seen]) => ({ part, ...mergeFacts(seen), ...objectsOf(seen) }))
    .toSorted((x, y) => numeric.compare(x.part, y.part));
}

export function evidenceOf(ordered: readonly Sighting[]): readonly Evidence[] {
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
