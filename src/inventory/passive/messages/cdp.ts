import { type Announcement, ipv4Text, ipv6Text, known, type Role, wireText } from "../announcement.ts";

/** Types of the values of the Cisco Discovery Protocol, version 1 and 2. */
const types = {
  device: 1,
  addresses: 2,
  capabilities: 4,
  software: 5,
  platform: 6,
  management: 0x16,
} as const;
/** Protocols of an address: by NLPID, of one byte, IP; by SNAP, of eight, IPv6. */
const ipv4 = Buffer.from("0101cc", "hex");
const ipv6 = Buffer.from("0208aaaa0300000086dd", "hex");

/** What a Cisco neighbour says of itself. `bytes` starts behind the SNAP header, `mac` is the sender's port. */
export function cdp(bytes: Buffer, mac: string): readonly Announcement[] {
  const values = valuesOf(bytes);
  if (values.size === 0) return [];
  const text = (type: number): string | undefined => {
    const value = values.get(type);
    return value && wireText(value);
  };
  const capabilities = values.get(types.capabilities);
  const role = capabilities?.length === 4 ? roleOf(capabilities.readUInt32BE(0)) : undefined;
  const addresses = [types.management, types.addresses].flatMap((type) => addressesOf(values.get(type)));
  return [
    {
      about: { kind: "mac", mac },
      by: "CDP",
      facts: known({ name: text(types.device), model: text(types.platform), firmware: text(types.software) }),
      ...(role === undefined ? {} : { role: { role, basis: "says", reason: "says over CDP what it is" } }),
      ...(addresses.length === 0 ? {} : { managedAt: [...new Set(addresses)] }),
    },
  ];
}

/** Version, time to live, checksum; then type and length, which counts its own head. */
function valuesOf(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>();
  if (bytes[0] !== 1 && bytes[0] !== 2) return found;
  let at = 4;
  while (at + 4 <= bytes.length) {
    const length = bytes.readUInt16BE(at + 2);
    if (length < 4 || at + length > bytes.length) break;
    found.set(bytes.readUInt16BE(at), bytes.subarray(at + 4, at + length));
    at += length;
  }
  return found;
}

function addressesOf(value: Buffer | undefined): readonly string[] {
  if (value === undefined || value.length < 4) return [];
  const found: string[] = [];
  let at = 4;
  for (let left = value.readUInt32BE(0); left > 0 && at + 2 <= value.length; left--) {
    const protocolLength = value[at + 1]!;
    const lengthAt = at + 2 + protocolLength;
    if (lengthAt + 2 > value.length) break;
    const length = value.readUInt16BE(lengthAt);
    if (lengthAt + 2 + length > value.length) break;
    const protocol = value.subarray(at, lengthAt);
    if (length === 4 && protocol.equals(ipv4)) found.push(ipv4Text(value, lengthAt + 2));
    if (length === 16 && protocol.equals(ipv6)) found.push(ipv6Text(value, lengthAt + 2));
    at = lengthAt + 2 + length;
  }
  return found;
}

function roleOf(bits: number): Role | undefined {
  if (bits & 0x01) return "router";
  if (bits & 0x0a) return "switch";
  return bits & 0x80 ? "phone" : undefined;
}
