import { bytes } from "./packets.ts";

/** A packet in a capture. */
export interface Recorded {
  readonly data: Uint8Array;
  /** Seconds and a fraction in the capture's own units. */
  readonly seconds?: number;
  readonly fraction?: number;
  /** Length on the wire, when the capture was taken with a snap length. */
  readonly wire?: number;
}

interface Layout {
  readonly linkType?: number;
  readonly little?: "little" | "big";
  readonly units?: "micro" | "nano";
}

const integer =
  (order: "little" | "big") =>
  (value: number, size: 2 | 4): Uint8Array => {
    const result = new Uint8Array(size);
    const view = new DataView(result.buffer);
    if (size === 2) view.setUint16(0, value, order === "little");
    else view.setUint32(0, value, order === "little");
    return result;
  };

export function pcap(packets: readonly Recorded[], layout: Layout = {}): Uint8Array {
  const { linkType = 1, little = "little", units = "micro" } = layout;
  const n = integer(little);
  const magic = units === "nano" ? 0xa1b23c4d : 0xa1b2c3d4;
  return Buffer.concat([
    n(magic, 4),
    n(2, 2),
    n(4, 2),
    n(0, 4),
    n(0, 4),
    n(262_144, 4),
    n(linkType, 4),
    ...packets.flatMap(({ data, seconds = 1_700_000_000, fraction = 0, wire = data.length }) => [
      n(seconds, 4),
      n(fraction, 4),
      n(data.length, 4),
      n(wire, 4),
      data,
    ]),
  ]);
}

/** Blocks of pcapng in one byte order. */
export function blocks(order: "little" | "big") {
  const n = integer(order);
  const padded = (data: Uint8Array): Uint8Array => bytes(data, new Uint8Array(-data.length & 3));
  const block = (type: number, ...body: readonly Uint8Array[]): Uint8Array => {
    const content = Buffer.concat(body);
    const length = n(content.length + 12, 4);
    return Buffer.concat([n(type, 4), length, content, length]);
  };
  const option = (code: number, value: Uint8Array): Uint8Array =>
    Buffer.concat([n(code, 2), n(value.length, 2), padded(value)]);
  const time = (ticks: bigint): Uint8Array =>
    Buffer.concat([n(Number(ticks >> 32n), 4), n(Number(ticks & 0xffff_ffffn), 4)]);
  return {
    section: () =>
      block(0x0a0d0d0a, n(0x1a2b3c4d, 4), n(1, 2), n(0, 2), n(0xffff_ffff, 4), n(0xffff_ffff, 4)),
    interface: (linkType: number, options: readonly (readonly [number, Uint8Array])[] = [], snap = 0) =>
      block(
        1,
        n(linkType, 2),
        n(0, 2),
        n(snap, 4),
        ...options.map(([code, value]) => option(code, value)),
        n(0, 4),
      ),
    enhanced: (
      index: number,
      ticks: bigint,
      data: Uint8Array,
      wire = data.length,
      options: readonly (readonly [number, Uint8Array])[] = [],
    ) =>
      block(
        6,
        n(index, 4),
        time(ticks),
        n(data.length, 4),
        n(wire, 4),
        padded(data),
        ...options.map(([code, value]) => option(code, value)),
      ),
    simple: (data: Uint8Array, wire = data.length) => block(3, n(wire, 4), padded(data)),
    obsolete: (index: number, ticks: bigint, data: Uint8Array) =>
      block(2, n(index, 2), n(0, 2), time(ticks), n(data.length, 4), n(data.length, 4), padded(data)),
    statistics: (index: number, options: readonly (readonly [number, Uint8Array])[]) =>
      block(5, n(index, 4), time(0n), ...options.map(([code, value]) => option(code, value)), n(0, 4)),
    other: (type: number, size: number) => block(type, new Uint8Array(size)),
    option64: (value: bigint): Uint8Array => {
      const result = new Uint8Array(8);
      new DataView(result.buffer).setBigInt64(0, value, order === "little");
      return result;
    },
  };
}
