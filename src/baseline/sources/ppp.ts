import { type Cursor, u16 } from "./cursor.ts";
import { etherType } from "./ethertype.ts";

/** Protocols of PPP (IANA, PPP DLL protocol numbers) by the EtherType of the same. */
const protocols: ReadonlyMap<number, number> = new Map([
  [0x0021, etherType.ipv4],
  [0x0057, etherType.ipv6],
]);

/**
 * Moves the cursor over the protocol of PPP (RFC 1661), which may be cut to one byte, and its framing (RFC 1662) where
 * there is one. Returns the EtherType of what follows, that of PPP itself where it is no IP; undefined where it is cut.
 */
export function behindPpp(cursor: Cursor): number | undefined {
  const { bytes, end } = cursor;
  if (cursor.at + 4 > end) return undefined;
  if (u16(bytes, cursor.at) === addressAndControl) cursor.at += 2;
  const isShort = (bytes[cursor.at]! & 1) === 1;
  const protocol = isShort ? bytes[cursor.at]! : u16(bytes, cursor.at);
  cursor.at += isShort ? 1 : 2;
  return protocols.get(protocol) ?? etherType.ppp;
}
const addressAndControl = 0xff03;
