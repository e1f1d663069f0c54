import { type Announcement, ipv4Text, macText } from "../announcement.ts";

/** ARP over Ethernet for IPv4 (RFC 826): whoever sends one says which card has which address. */
export function arp(bytes: Buffer): readonly Announcement[] {
  if (bytes.length < 28 || bytes.readUInt32BE(0) !== 0x00010800 || bytes.readUInt16BE(4) !== 0x0604)
    return [];
  // A probe (RFC 5227) has no address yet.
  if (bytes.readUInt32BE(14) === 0) return [];
  return [
    {
      about: { kind: "mac", mac: macText(bytes, 8) },
      by: "ARP",
      facts: {},
      addresses: [ipv4Text(bytes, 14)],
    },
  ];
}
