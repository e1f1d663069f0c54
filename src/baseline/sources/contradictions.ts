import { protocolNumbers } from "../../net/protocol.ts";
import { type Cursor, u16 } from "./cursor.ts";
import { type Drop, damage } from "./drop.ts";
import type { CapturedPacket } from "./packet.ts";

/** Least bytes of a transport header (RFC 9293, RFC 768, RFC 9260). */
const shortest = { tcp: 20, udp: 8, sctp: 12 } as const;

const malformedTcp = damage(
  "malformed TCP header",
  "a TCP header of at least 20 bytes, and a data offset of at least that, within the packet",
);
const malformedUdp = damage("malformed UDP header", "a UDP length of at least 8, within the packet");
const malformedSctp = damage("malformed SCTP header", "an SCTP header of 12 bytes within the packet");

/**
 * Why the transport header that the cursor stands at cannot be that of its packet: what the connection tracking of Linux
 * takes for truncated or malformed too. Checksums are no reason, since a network card may write them later, nor is a
 * fragment, which may end within the header.
 */
export function contradiction(
  { bytes, at, end, wireEnd }: Readonly<Cursor>,
  { protocol, fragment }: CapturedPacket,
): Drop | undefined {
  if (fragment >= 0) return undefined;
  const size = wireEnd - at;
  if (protocol === protocolNumbers.tcp) {
    if (size < shortest.tcp) return malformedTcp;
    if (at + 13 > end) return undefined;
    const header = (bytes[at + 12]! >> 4) * 4;
    return header < shortest.tcp || header > size ? malformedTcp : undefined;
  }
  if (protocol === protocolNumbers.udp) {
    if (size < shortest.udp) return malformedUdp;
    if (at + 6 > end) return undefined;
    const length = u16(bytes, at + 4);
    // RFC 2675: 0 is that of a jumbogram.
    return length > size || (length !== 0 && length < shortest.udp) ? malformedUdp : undefined;
  }
  return protocol === protocolNumbers.sctp && size < shortest.sctp ? malformedSctp : undefined;
}

const longerThanFrame = damage("IP packet longer than its frame", "an IP length that the frame holds");

/** A device that slices packets before they are recorded may do it before or behind a tag. */
const tags = 8;

/**
 * Tells IP packets whose frame holds less than their length says, although all of it was recorded. A switch or broker may slice
 * packets on the way to the recorder: then none of its frames is longer than those, and their headers are sound.
 */
export interface FrameLengths {
  /**
   * @param length of the frame on the wire.
   * @param missing bytes that the IP packet should have beyond the end of the frame.
   */
  check(length: number, missing: number): Drop | undefined;
}

export function frameLengths(): FrameLengths {
  let longest = 0;
  return {
    check(length, missing) {
      if (length > longest) longest = length;
      return missing > 0 && longest > length + tags ? longerThanFrame : undefined;
    },
  };
}
