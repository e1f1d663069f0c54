/** Builds packets byte by byte, innermost header last, for captures that no recorder would make on demand. */

export const bytes = (...parts: readonly (number | Uint8Array)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? [part] : [...part])));

export const be16 = (value: number): Uint8Array => bytes((value >> 8) & 255, value & 255);
export const be32 = (value: number): Uint8Array => bytes(be16(value >>> 16), be16(value & 0xffff));
const zeros = (length: number): Uint8Array => new Uint8Array(length);

const address4 = (text: string): Uint8Array => bytes(...text.split(".").map(Number));

/** Full form only: eight groups, or `::` once. */
export function address6(text: string): Uint8Array {
  const [head = "", tail] = text.split("::");
  const groups = (part: string): readonly number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const [front, back] = [groups(head), groups(tail ?? "")];
  const middle = tail === undefined ? [] : new Array<number>(8 - front.length - back.length).fill(0);
  return bytes(...[...front, ...middle, ...back].map(be16));
}

export const tcpFlags = { fin: 1, syn: 2, rst: 4, ack: 16, synAck: 18, finAck: 17 } as const;

export const tcp = (from: number, to: number, flags: number, payload = 0, sequence = 0): Uint8Array =>
  bytes(be16(from), be16(to), be32(sequence), zeros(4), 0x50, flags, zeros(6), zeros(payload));

export const udp = (from: number, to: number, payload = 8): Uint8Array =>
  bytes(be16(from), be16(to), be16(8 + payload), be16(0), zeros(payload));

export const sctp = (from: number, to: number, chunk: number): Uint8Array =>
  bytes(be16(from), be16(to), zeros(8), chunk, 0, be16(4));

export const icmp = (type: number): Uint8Array => bytes(type, 0, zeros(6));

interface Ipv4Options {
  /** Bytes of options; a multiple of four. */
  readonly options?: number;
  readonly id?: number;
  /** The field with flags and offset. */
  readonly fragment?: number;
  readonly ttl?: number;
}

export function ipv4(
  source: string,
  destination: string,
  protocol: number,
  payload: Uint8Array,
  { options = 0, id = 0, fragment = 0, ttl = 64 }: Ipv4Options = {},
): Uint8Array {
  const header = 20 + options;
  return bytes(
    0x40 | (header / 4),
    0,
    be16(header + payload.length),
    be16(id),
    be16(fragment),
    ttl,
    protocol,
    be16(0),
    address4(source),
    address4(destination),
    zeros(options),
    payload,
  );
}

export const ipv6 = (
  source: string,
  destination: string,
  next: number,
  payload: Uint8Array,
  hopLimit = 64,
): Uint8Array =>
  bytes(
    0x60,
    0,
    0,
    0,
    be16(payload.length),
    next,
    hopLimit,
    address6(source),
    address6(destination),
    payload,
  );

/** A hop-by-hop, routing, destination or mobility header of eight bytes times `units`. */
export const extension = (next: number, payload: Uint8Array, units = 1): Uint8Array =>
  bytes(next, units - 1, zeros(units * 8 - 2), payload);

export const authentication = (next: number, payload: Uint8Array): Uint8Array =>
  bytes(next, 4, zeros(22), payload);

export const fragment6 = (
  next: number,
  offset: number,
  more: 0 | 1,
  id: number,
  payload: Uint8Array,
): Uint8Array => bytes(next, 0, be16((offset << 3) | more), be32(id), payload);

const macs = bytes(2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1);

/** @param tags EtherTypes of the VLAN tags in front, as 0x8100. */
export const ethernet = (type: number, payload: Uint8Array, tags: readonly number[] = []): Uint8Array =>
  bytes(macs, ...tags.map((tag) => bytes(be16(tag), be16(7))), be16(type), payload);

export const broadcastEthernet = (type: number, payload: Uint8Array): Uint8Array =>
  bytes(255, 255, 255, 255, 255, 255, macs.subarray(6), be16(type), payload);

export const cooked = (type: number, payload: Uint8Array, packetType = 0): Uint8Array =>
  bytes(be16(packetType), be16(1), be16(6), zeros(8), be16(type), payload);

export const cooked2 = (type: number, payload: Uint8Array, packetType = 0): Uint8Array =>
  bytes(be16(type), be16(0), be32(2), be16(1), packetType, 6, zeros(8), payload);
