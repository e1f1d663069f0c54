import { packVlan } from "../links/sightings.ts";
import { type Cursor, i32, u16 } from "./cursor.ts";
import { cutIn, type Drop, ignored, rejected } from "./drop.ts";
import { etherType, notIp } from "./ethertype.ts";
import { behindPpp } from "./ppp.ts";

/** Moves the cursor from the link header to the IP header. Returns why not, when the frame carries no IP. */
export type LinkLayer = (cursor: Cursor, littleEndian: boolean) => Drop | undefined;

export const cutInLink: Drop = cutIn("link header");

/** LINKTYPE_ETHERNET (IEEE 802.3): destination, source, EtherType. */
export const ethernet: LinkLayer = (cursor) => {
  const { bytes, at, end } = cursor;
  if (at + 14 > end) return cutInLink;
  cursor.broadcast = i32(bytes, at) === -1 && u16(bytes, at + 4) === 0xffff;
  cursor.card = at + 6;
  cursor.at = at + 14;
  return payload(cursor, u16(bytes, at + 12));
};

/** LINKTYPE_LINUX_SLL: what `any` records; packet type, hardware type, address length, address, protocol. */
export const cooked: LinkLayer = (cursor) => {
  const { bytes, at, end } = cursor;
  if (at + 16 > end) return cutInLink;
  cursor.broadcast = u16(bytes, at) === cookedBroadcast;
  if (u16(bytes, at + 4) === cardLength) cursor.card = at + 6;
  cursor.at = at + 16;
  return payload(cursor, u16(bytes, at + 14));
};

/** LINKTYPE_LINUX_SLL2: protocol, reserved, interface index, hardware type, packet type, address length, address. */
export const cooked2: LinkLayer = (cursor) => {
  const { bytes, at, end } = cursor;
  if (at + 20 > end) return cutInLink;
  cursor.broadcast = bytes[at + 10] === cookedBroadcast;
  if (bytes[at + 11] === cardLength) cursor.card = at + 12;
  cursor.at = at + 20;
  return payload(cursor, u16(bytes, at));
};
const cookedBroadcast = 1;
const cardLength = 6;

/** LINKTYPE_RAW, LINKTYPE_IPV4, LINKTYPE_IPV6: the frame is an IP packet. */
export const rawIp: LinkLayer = () => undefined;

/** LINKTYPE_NULL and LINKTYPE_LOOP: an address family in somebody's byte order; the IP header tells its version. */
export const loopback: LinkLayer = (cursor) => {
  const { bytes, at } = cursor;
  if (at + 4 > cursor.end) return cutInLink;
  // One of the two is zero, whatever the byte order.
  const family = bytes[at]! | bytes[at + 3]!;
  cursor.at = at + 4;
  return ipFamilies.has(family) ? undefined : otherFamily;
};
/** AF_INET everywhere, AF_INET6 on Linux, Windows, NetBSD and OpenBSD, FreeBSD, macOS. */
const ipFamilies: ReadonlySet<number> = new Set([2, 10, 23, 24, 28, 30]);
const otherFamily = ignored("not IP: another address family");

/** LINKTYPE_NFLOG: family, version, resource id, then attributes in the host's byte order; one is the packet. */
export const nflog: LinkLayer = (cursor, littleEndian) => {
  const { bytes, at, end } = cursor;
  if (at + 4 > end) return cutInLink;
  if (!ipFamilies.has(bytes[at]!)) return otherFamily;
  for (let next = at + 4; next + 4 <= end; ) {
    const length = littleEndian ? bytes[next]! | (bytes[next + 1]! << 8) : u16(bytes, next);
    const type = littleEndian ? bytes[next + 2]! | (bytes[next + 3]! << 8) : u16(bytes, next + 2);
    if (length < 4) break;
    if ((type & 0x7fff) === nflogPayload) {
      cursor.at = next + 4;
      cursor.end = Math.min(end, next + length);
      cursor.wireEnd = Math.max(cursor.end, next + length);
      return undefined;
    }
    next += (length + 3) & ~3;
  }
  return noPayload;
};
const nflogPayload = 9;
/** A group may be told to copy nothing of a packet. */
const noPayload = rejected("cut short in the NFLOG record: it holds nothing of the packet");

/** Whether what follows an EtherType is IP; otherwise why not. */
export function payload(cursor: Cursor, first: number): Drop | undefined {
  const type = innerType(cursor, first);
  if (type === undefined) return cutInLink;
  cursor.type = type;
  return type === etherType.ipv4 || type === etherType.ipv6 ? undefined : notIp(type);
}

/**
 * Moves the cursor over what may stand between a link header and its payload: VLAN tags (802.1Q, 802.1ad, QinQ before
 * it), the tags of redundant rings and paths (HSR of IEC 62439-3, 802.1CB), Cisco TrustSec, MPLS, PPPoE and SNAP. Returns
 * the EtherType of what follows, below 0x0600 a length (IEEE 802.3 with LLC), or undefined when the frame was cut short.
 */
function innerType(cursor: Cursor, first: number): number | undefined {
  const { bytes, end } = cursor;
  let type = first;
  for (;;) {
    switch (type) {
      case etherType.ipv4:
        return type;
      case etherType.vlan:
      case etherType.serviceVlan:
      case etherType.oldServiceVlan:
        if (cursor.at + 4 > end) return undefined;
        cursor.vlan = packVlan(cursor.vlan, u16(bytes, cursor.at));
        type = u16(bytes, cursor.at + 2);
        cursor.at += 4;
        continue;
      case etherType.hsr:
      case etherType.redundancyTag:
        if (cursor.at + 6 > end) return undefined;
        type = u16(bytes, cursor.at + 4);
        cursor.at += 6;
        continue;
      case etherType.trustSec:
        if (cursor.at + 8 > end) return undefined;
        type = u16(bytes, cursor.at + 6);
        cursor.at += 8;
        continue;
      case etherType.mpls:
        return behindLabels(cursor);
      case etherType.pppoe:
        return behindPppoe(cursor);
      default:
        if (type >= 0x0600 || !isSnap(cursor)) return type;
        type = u16(bytes, cursor.at + 6);
        cursor.at += 8;
    }
  }
}

/** RFC 3032: labels of four bytes, the last one marked; what follows tells by itself whether it is IP. */
function behindLabels(cursor: Cursor): number | undefined {
  const { bytes, end } = cursor;
  let { at } = cursor;
  do at += 4;
  while (at <= end && (bytes[at - 2]! & 1) === 0);
  if (at >= end) return undefined;
  const version = bytes[at]! >> 4;
  if (version !== 4 && version !== 6) return etherType.mpls;
  cursor.at = at;
  return version === 4 ? etherType.ipv4 : etherType.ipv6;
}

/** RFC 2516: version and type, code, session, length; then PPP. */
function behindPppoe(cursor: Cursor): number | undefined {
  cursor.at += 6;
  return behindPpp(cursor);
}

/** RFC 1042: an LLC header of AA AA 03 and organisation 0 carries an EtherType. */
const isSnap = ({ bytes, at, end }: Cursor): boolean =>
  at + 8 <= end && i32(bytes, at) === (0xaaaa0300 | 0) && u16(bytes, at + 4) === 0;
