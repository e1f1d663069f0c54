import { ipv4Text, ipv6Text, type Subject } from "../announcement.ts";
import type { Message } from "./message.ts";

/** BACnet/IP (ANSI/ASHRAE 135, annex J): type, function, length; a forwarded message names who sent it first. */
const virtualLink = {
  type: 0x81,
  forwarded: 0x04,
  distribute: 0x09,
  unicast: 0x0a,
  broadcast: 0x0b,
} as const;
/** BACnet/IPv6 (annex U): the same, then the virtual address of who sent it, and of who should have it. */
const virtualLink6 = { type: 0x82, unicast: 0x01, broadcast: 0x02, forwarded: 0x08 } as const;
const head = 4;

/** The application layer's part of a packet, who sent it, and of which network behind it. */
export interface Packet {
  readonly bytes: Buffer;
  readonly about: Subject;
  /** Network number and address of the node there; undefined where the sender speaks for itself. */
  readonly behind?: { readonly network: number; readonly node: string };
}

/** What a datagram carries; undefined where it is no BACnet message. */
export function packetOf({ bytes, from }: Message): Packet | undefined {
  if (bytes.length < head + 2 || bytes.readUInt16BE(2) !== bytes.length) return undefined;
  const [type, code] = bytes;
  const own: Subject = { kind: "address", address: from.address };
  if (type === virtualLink.type) {
    if (code === virtualLink.forwarded && bytes.length > head + 6)
      return networkOf(bytes.subarray(head + 6), { kind: "address", address: ipv4Text(bytes, head) });
    const isPlain =
      code === virtualLink.unicast || code === virtualLink.broadcast || code === virtualLink.distribute;
    return isPlain ? networkOf(bytes.subarray(head), own) : undefined;
  }
  if (type !== virtualLink6.type) return undefined;
  if (code === virtualLink6.unicast) return networkOf(bytes.subarray(head + 6), own);
  if (code === virtualLink6.broadcast) return networkOf(bytes.subarray(head + 3), own);
  return code === virtualLink6.forwarded && bytes.length > head + 21
    ? networkOf(bytes.subarray(head + 21), { kind: "address", address: ipv6Text(bytes, head + 3) })
    : undefined;
}

/** The network layer (clause 6): version 1, control, to whom and from whom behind a router. */
export function networkOf(bytes: Buffer, about: Subject): Packet | undefined {
  const control = bytes[1];
  // Bit 7 is a message of the network layer itself.
  if (bytes[0] !== 1 || control === undefined || control & 0x80) return undefined;
  let at = 2;
  if (control & 0x20) at += 3 + (bytes[at + 2] ?? 0);
  let behind: Packet["behind"];
  if (control & 0x08) {
    const length = bytes[at + 2] ?? 0;
    if (at + 3 + length > bytes.length) return undefined;
    behind = {
      network: bytes.readUInt16BE(at),
      node: bytes.toString("hex", at + 3, at + 3 + length),
    };
    at += 3 + length;
  }
  if (control & 0x20) at += 1;
  return at < bytes.length
    ? { bytes: bytes.subarray(at), about, ...(behind === undefined ? {} : { behind }) }
    : undefined;
}
