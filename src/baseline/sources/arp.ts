import { type Cursor, cardAt, i32, u16 } from "./cursor.ts";

/** Ethernet, IPv4, and the lengths of their addresses. */
const ethernetForIpv4 = 0x00010800;
const lengths = 0x0604;

/** A card, as 48 bits, and the address that it says it has. */
export interface ArpSender {
  readonly card: number;
  readonly address: string;
}

/**
 * Who sends an ARP message (RFC 826), which stands at the cursor; undefined for what is none of IPv4 over Ethernet, and
 * for a probe (RFC 5227), whose sender has no address yet.
 */
export function arpSender({ bytes, at, end }: Readonly<Cursor>): ArpSender | undefined {
  if (at + 28 > end || i32(bytes, at) !== ethernetForIpv4 || u16(bytes, at + 4) !== lengths) return undefined;
  const card = cardAt(bytes, at + 8);
  if (card < 0 || i32(bytes, at + 14) === 0) return undefined;
  return { card, address: bytes.subarray(at + 14, at + 18).join(".") };
}
