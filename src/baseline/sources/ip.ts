import type { KeyTable } from "../key-table.ts";
import { type Cursor, i32, u16 } from "./cursor.ts";
import { cutIn, type Drop, damage, ignored } from "./drop.ts";
import { etherType } from "./ethertype.ts";
import type { CapturedPacket } from "./packet.ts";

const cut = cutIn("IP header");
const malformed = damage(
  "malformed IP header",
  "the version that the link header says, a header of at least 20 bytes and a total length that holds it",
);
/** RFC 4291, 2.5.5.2: inside one host it stands for an IPv4 address. On a wire somebody made it up. */
const mapped = ignored("IPv4-mapped IPv6 address");

/** Whether a fragment is the first of its packet, and so carries the transport header. */
export type FragmentPlace = "first" | "later";

/** Moves the cursor over the IP headers and fills in the packet. Returns why not, when it cannot be read. */
export function readIp(cursor: Cursor, packet: CapturedPacket, addresses: KeyTable): Drop | FragmentPlace {
  if (cursor.at + 20 > cursor.end) return cut;
  const version = cursor.bytes[cursor.at]! >> 4;
  const { type } = cursor;
  if (version === 4) return type === etherType.ipv6 ? malformed : readIpv4(cursor, packet);
  if (version !== 6 || type === etherType.ipv4) return malformed;
  return readIpv6(cursor, packet, addresses);
}

/** RFC 791. A total length of 0 is a packet that the network card was to cut (segmentation offload). */
function readIpv4(cursor: Cursor, packet: CapturedPacket): Drop | FragmentPlace {
  const { bytes, at } = cursor;
  const header = (bytes[at]! & 15) * 4;
  const total = u16(bytes, at + 2) || cursor.wireEnd - at;
  if (header < 20 || total < header) return malformed;
  if (at + header > cursor.end) return cut;
  packet.family = 4;
  packet.source = i32(bytes, at + 12);
  packet.destination = i32(bytes, at + 16);
  packet.protocol = bytes[at + 9]!;
  packet.length = total;
  const fragmentation = u16(bytes, at + 6);
  const offset = fragmentation & 0x1fff;
  packet.fragmentOffset = fragmentation & 0x3fff;
  packet.identification = u16(bytes, at + 4);
  packet.hopLimit = bytes[at + 8]!;
  packet.fragment = packet.fragmentOffset === 0 ? -1 : packet.identification;
  trim(cursor, at + total);
  cursor.at = at + header;
  return offset === 0 ? "first" : "later";
}

/** RFC 8200. A payload length of 0 is a jumbogram (RFC 2675) or segmentation offload. */
function readIpv6(cursor: Cursor, packet: CapturedPacket, addresses: KeyTable): Drop | FragmentPlace {
  const { bytes, at } = cursor;
  if (at + 40 > cursor.end) return cut;
  if (isMapped(bytes, at + 8) || isMapped(bytes, at + 24)) return mapped;
  const payload = u16(bytes, at + 4) || cursor.wireEnd - at - 40;
  packet.family = 6;
  packet.source = addressAt(bytes, at + 8, addresses);
  packet.destination = addressAt(bytes, at + 24, addresses);
  packet.length = 40 + payload;
  packet.fragment = -1;
  packet.fragmentOffset = 0;
  packet.identification = i32(bytes, at) & 0xfffff;
  packet.hopLimit = bytes[at + 7]!;
  trim(cursor, at + 40 + payload);
  cursor.at = at + 40;
  return skipExtensions(cursor, packet, bytes[at + 6]!);
}

const extension = {
  hopByHop: 0,
  routing: 43,
  fragment: 44,
  authentication: 51,
  destination: 60,
  mobility: 135,
} as const;
const noNextHeader = 59;

/** The protocol is what follows the last extension header, as netfilter's `l4proto` has it. */
function skipExtensions(cursor: Cursor, packet: CapturedPacket, first: number): Drop | FragmentPlace {
  const { bytes } = cursor;
  let type = first;
  for (;;) {
    const { at, end } = cursor;
    if (type === extension.fragment) {
      if (at + 8 > end) return cut;
      const offset = u16(bytes, at + 2) & 0xfff8;
      // A fragment header on a whole packet ("atomic", RFC 6946) is no fragmentation.
      packet.fragmentOffset = u16(bytes, at + 2) & 0xfff9;
      if (packet.fragmentOffset !== 0) packet.fragment = packet.identification = i32(bytes, at + 4) >>> 0;
      type = bytes[at]!;
      cursor.at = at + 8;
      if (offset === 0) continue;
      packet.protocol = type;
      return "later";
    }
    if (!isSkipped(type)) break;
    if (at + 2 > end) return cut;
    const next = bytes[at]!;
    // A Mobility Header (RFC 6275) normally ends the chain: then it is the protocol itself.
    if (type === extension.mobility && next === noNextHeader) break;
    cursor.at =
      at + (type === extension.authentication ? (bytes[at + 1]! + 2) * 4 : (bytes[at + 1]! + 1) * 8);
    type = next;
  }
  packet.protocol = type;
  return "first";
}

const isSkipped = (type: number): boolean =>
  type === extension.hopByHop ||
  type === extension.routing ||
  type === extension.destination ||
  type === extension.authentication ||
  type === extension.mobility;

/** Whether a number of IPv6 is no protocol, but a header in front of one. */
export const isExtension = (type: number): boolean => type === extension.fragment || isSkipped(type);

const isMapped = (bytes: Uint8Array, at: number): boolean =>
  i32(bytes, at + 8) === 0xffff && i32(bytes, at) === 0 && i32(bytes, at + 4) === 0;

const addressAt = (bytes: Uint8Array, at: number, addresses: KeyTable): number =>
  addresses.find(i32(bytes, at), i32(bytes, at + 4), i32(bytes, at + 8), i32(bytes, at + 12));

/** Cuts off what follows the IP packet: Ethernet pads short frames. */
function trim(cursor: Cursor, ipEnd: number): void {
  if (ipEnd < cursor.end) cursor.end = ipEnd;
  cursor.wireEnd = ipEnd;
}
