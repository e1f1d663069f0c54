import { type Cursor, u16 } from "./cursor.ts";

/** Protocols of GRE by which switches send what they mirror (ERSPAN, draft-foschiano-erspan): types I and II, and III. */
const erspan = { second: 0x88be, third: 0x22eb } as const;
/** Bits of GRE's first two bytes (RFC 2784, RFC 2890): each brings four more bytes. */
const optional = { checksum: 0x8000, key: 0x2000, sequence: 0x1000 } as const;

/**
 * Moves the cursor from a header of GRE to the Ethernet frame that a switch mirrored; false where it carries none. Such
 * a packet is how a frame came to the recorder, as over a mirror port, and no flow of the plant.
 */
export function entersMirrored(cursor: Cursor): boolean {
  const { bytes, at, end } = cursor;
  if (at + 4 > end) return false;
  const [flags, protocol] = [u16(bytes, at), u16(bytes, at + 2)];
  if (protocol !== erspan.second && protocol !== erspan.third) return false;
  const header = at + 4 + 4 * Object.values(optional).filter((bit) => (flags & bit) !== 0).length;
  const frame = header + erspanLength(cursor, header, protocol, (flags & optional.sequence) !== 0);
  if (frame > end) return false;
  cursor.at = frame;
  cursor.link = frame;
  cursor.broadcast = false;
  cursor.card = -1;
  cursor.vlan = 0;
  return true;
}

/** Type I, which alone has no sequence number, has no header; III has eight more bytes where its last bit says so. */
function erspanLength({ bytes }: Cursor, at: number, protocol: number, isNumbered: boolean): number {
  if (protocol === erspan.second) return isNumbered ? 8 : 0;
  return 12 + ((bytes[at + 11] ?? 0) & 1) * 8;
}
