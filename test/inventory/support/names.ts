import { encode } from "dns-packet";
import { be16, bytes } from "../../baseline/support/packets.ts";
import { card } from "./devices.ts";

// Messages by which machines tell their names, as the standards lay them out.

const text = (value: string): Buffer => Buffer.from(value, "latin1");
const join = (...parts: readonly (number | Uint8Array)[]): Buffer => Buffer.from(bytes(...parts));
const address = (dotted: string): Uint8Array => bytes(...dotted.split(".").map(Number));

/** A DHCP message, each option with its number. @param operation 1 asks, 2 answers. */
export const dhcp = (
  operation: number,
  mac: string,
  given: string,
  options: readonly (readonly [number, Uint8Array])[],
): Buffer =>
  join(
    ...[operation, 1, 6, 0],
    new Uint8Array(12),
    address(given),
    new Uint8Array(8),
    card(mac),
    new Uint8Array(10 + 64 + 128),
    Buffer.from("63825363", "hex"),
    ...options.flatMap(([number, value]) => [number, value.length, value]),
    255,
  );
export const option = {
  kind: (value: number) => [53, bytes(value)] as const,
  hostName: (value: string) => [12, text(value)] as const,
  client: (value: string) => [60, text(value)] as const,
  fullName: (value: Uint8Array) => [81, value] as const,
};

/** A name of NetBIOS in letters from A to P. */
const netbiosName = (name: string, suffix: number): Buffer =>
  join(
    32,
    ...[...name.padEnd(15)].flatMap((one) => [
      0x41 + (one.charCodeAt(0) >> 4),
      0x41 + (one.charCodeAt(0) & 15),
    ]),
    ...[0x41 + (suffix >> 4), 0x41 + (suffix & 15)],
    0,
  );
const counts = (...all: readonly number[]): Buffer => join(...all.map(be16));
export const netbiosRegistration = (name: string, suffix: number, owner: string, flags = 0): Buffer =>
  join(
    counts(7, 0x2910, 1, 0, 0, 1),
    netbiosName(name, suffix),
    counts(0x20, 1, 0xc00c, 0x20, 1, 0, 0, 6, flags),
    address(owner),
  );
export const netbiosAnswer = (name: string, owner: string): Buffer =>
  join(counts(7, 0x8500, 0, 1, 0, 0), netbiosName(name, 0x20), counts(0x20, 1, 0, 0, 6, 0), address(owner));
export const netbiosStatus = (...names: readonly (readonly [string, number, number])[]): Buffer =>
  join(
    counts(7, 0x8400, 0, 1, 0, 0),
    netbiosName("*", 0),
    counts(0x21, 1, 0, 0, 1 + 18 * names.length + 46),
    names.length,
    ...names.flatMap(([name, suffix, flags]) => [text(name.padEnd(15)), suffix, be16(flags)]),
    new Uint8Array(46),
  );
export const netbiosDatagram = (name: string, owner: string): Buffer =>
  join(
    0x11,
    0x0a,
    be16(9),
    address(owner),
    be16(138),
    be16(70),
    be16(0),
    netbiosName(name, 0),
    netbiosName("G", 0x1d),
  );

export const addressRecord = (name: string, data: string): Buffer =>
  Buffer.from(encode({ type: "response", answers: [{ type: "A", name, ttl: 120, data }] }));
export const printerRecords = (target: string, data: string): Buffer =>
  Buffer.from(
    encode({
      type: "response",
      answers: [
        { type: "SRV", name: "Office._ipp._tcp.local", data: { port: 631, target } },
        { type: "A", name: target, data },
      ],
    }),
  );
export const ownNameQuestion = (name: string): Buffer =>
  join(counts(1, 0, 1, 0, 0, 0), name.length, text(name), 0, counts(255, 1));
