import {
  type Announcement,
  type Facts,
  ipv4Text,
  ipv6Text,
  known,
  macText,
  type Role,
  wireText,
} from "../announcement.ts";

/** Types of the values of LLDP (IEEE 802.1AB, clause 8). */
const types = {
  end: 0,
  chassis: 1,
  name: 5,
  description: 6,
  capabilities: 7,
  management: 8,
  organisation: 127,
} as const;
/** Subtypes of the chassis: an address of the card, one of the network, or a name of its own (PROFINET stations give theirs). */
const chassisIs = { mac: 4, network: 5, name: 7 } as const;
/** PROFIBUS & PROFINET International, subtype chassis MAC (IEC 61158-6-10). */
const profinetChassis = Buffer.from("000ecf05", "hex");

/** What the neighbour at the next plug says of itself. `mac` is the sender's port; the chassis may name its own. */
export function lldp(bytes: Buffer, mac: string): readonly Announcement[] {
  const values = valuesOf(bytes);
  const chassis = values.get(types.chassis)?.[0];
  if (chassis === undefined) return [];
  const text = (type: number): string | undefined => {
    const value = values.get(type)?.[0];
    return value && wireText(value);
  };
  const addresses = [
    ...(values.get(types.management) ?? []).flatMap(managementAddress),
    ...(chassis[0] === chassisIs.network ? networkAddress(chassis.subarray(1)) : []),
  ];
  const capabilities = values.get(types.capabilities)?.[0];
  const role =
    capabilities && capabilities.length >= 4 ? neighbourRole(capabilities.readUInt16BE(2)) : undefined;
  const own = chassisCard(values) ?? mac;
  return [
    {
      about: { kind: "mac", mac: own },
      by: "LLDP",
      facts: {
        ...known({
          name:
            text(types.name) ?? (chassis[0] === chassisIs.name ? wireText(chassis.subarray(1)) : undefined),
          model: text(types.description),
        }),
        ...mediaFacts(values.get(types.organisation) ?? []),
      },
      ...(own === mac ? {} : { ports: [mac] }),
      ...(role === undefined
        ? {}
        : { role: { role, basis: "says", reason: "says over LLDP what it is enabled as" } }),
      ...(addresses.length === 0 ? {} : { managedAt: addresses }),
    },
  ];
}

/** The card that the device goes by: the sender's is that of one of its ports. */
function chassisCard(values: ReadonlyMap<number, readonly Buffer[]>): string | undefined {
  const station = values
    .get(types.organisation)
    ?.find((value) => value.length === 10 && value.subarray(0, 4).equals(profinetChassis));
  if (station !== undefined) return macText(station, 4);
  const chassis = values.get(types.chassis)?.[0];
  return chassis?.length === 7 && chassis[0] === chassisIs.mac ? macText(chassis, 1) : undefined;
}

/** Seven bits of type, nine of length; up to the end, or to where it is sound. */
function valuesOf(bytes: Buffer): ReadonlyMap<number, readonly Buffer[]> {
  const found = new Map<number, Buffer[]>();
  let at = 0;
  while (at + 2 <= bytes.length) {
    const head = bytes.readUInt16BE(at);
    const [type, length] = [head >> 9, head & 0x1ff];
    if (type === types.end || at + 2 + length > bytes.length) break;
    const same = found.get(type) ?? [];
    same.push(bytes.subarray(at + 2, at + 2 + length));
    found.set(type, same);
    at += 2 + length;
  }
  return found;
}

/** Length of the address with its family, then both; and more. */
const managementAddress = (value: Buffer): readonly string[] =>
  networkAddress(value.subarray(1, 1 + (value[0] ?? 0)));

/** A family (IANA address family numbers: 1 is IPv4, 2 is IPv6), then the address. */
function networkAddress(value: Buffer): readonly string[] {
  if (value[0] === 1 && value.length === 5) return [ipv4Text(value, 1)];
  return value[0] === 2 && value.length === 17 ? [ipv6Text(value, 1)] : [];
}

/** What the device's own inventory says (LLDP-MED, ANSI/TIA-1057, clause 10.2.6), which knows more than a description. */
function mediaFacts(values: readonly Buffer[]): Facts {
  const told = (subtype: number): string | undefined => {
    const value = values.find((one) => one[3] === subtype && one.subarray(0, 3).equals(tia));
    return value && wireText(value.subarray(4));
  };
  return known({
    vendor: told(media.manufacturer),
    model: told(media.model),
    firmware: told(media.firmware) ?? told(media.software),
    serial: told(media.serial),
  });
}
const tia = Buffer.from("0012bb", "hex");
const media = { firmware: 6, software: 7, serial: 8, manufacturer: 9, model: 10 } as const;

/** Enabled capabilities: the one that says most. */
function neighbourRole(bits: number): Role | undefined {
  if (bits & 0x10) return "router";
  if (bits & 0x08) return "access-point";
  if (bits & 0x20) return "phone";
  return bits & 0x04 ? "switch" : undefined;
}
