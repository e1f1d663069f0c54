import { type Announcement, type Facts, known, wireText } from "../announcement.ts";
import type { Message, MessageReader } from "./message.ts";
import { bacnetVendor } from "./vendors.ts";

/** BACnet/IP (ANSI/ASHRAE 135, annex J): type, function, length; a forwarded message names who sent it first. */
const virtualLink = { type: 0x81, forwarded: 0x04, unicast: 0x0a, broadcast: 0x0b } as const;
/** Kinds and services of the application layer (clause 20). */
const kind = { unconfirmed: 0x10, complexAck: 0x30 } as const;
const service = { iAm: 0, readProperty: 12, readPropertyMultiple: 14 } as const;
const deviceObject = 8;
/** Properties of the device object (clause 12.11) that say what it is. */
const properties: ReadonlyMap<number, keyof Facts> = new Map([
  [121, "vendor"],
  [70, "model"],
  [44, "firmware"],
  [77, "name"],
  [58, "location"],
  [372, "serial"],
]);

/** I-Am, and what devices answer when they are asked for properties of their device object. */
export const bacnet: MessageReader = (message) => {
  const packet = network(message);
  if (packet === undefined) return [];
  const { bytes } = packet;
  if (bytes[0] === kind.unconfirmed && bytes[1] === service.iAm) return iAm(packet);
  // A segmented answer would need its other parts: bits 3 and 2.
  if (bytes[0] !== kind.complexAck) return [];
  if (bytes[2] === service.readProperty) return properties1(packet, bytes.subarray(3));
  if (bytes[2] === service.readPropertyMultiple) return propertiesOf(packet, bytes.subarray(3));
  return [];
};

/** The application layer's part of a packet, who sent it, and of which network behind it. */
interface Packet {
  readonly bytes: Buffer;
  readonly address: string;
  readonly behind: string | undefined;
}

function network({ bytes, from }: Message): Packet | undefined {
  if (bytes.length < 6 || bytes[0] !== virtualLink.type || bytes.readUInt16BE(2) !== bytes.length)
    return undefined;
  const forwarded = bytes[1] === virtualLink.forwarded;
  if (!forwarded && bytes[1] !== virtualLink.unicast && bytes[1] !== virtualLink.broadcast) return undefined;
  const address = forwarded ? bytes.subarray(4, 8).join(".") : from.address;
  let at = forwarded ? 10 : 4;
  const control = bytes[at + 1];
  // Version 1; bit 7 is a message of the network layer itself.
  if (bytes[at] !== 1 || control === undefined || control & 0x80) return undefined;
  at += 2;
  if (control & 0x20) at += 3 + (bytes[at + 2] ?? 0);
  let behind: string | undefined;
  if (control & 0x08) {
    const length = bytes[at + 2] ?? 0;
    if (at + 3 + length > bytes.length) return undefined;
    behind = `BACnet network ${bytes.readUInt16BE(at)}, node ${bytes.toString("hex", at + 3, at + 3 + length)}`;
    at += 3 + length;
  }
  if (control & 0x20) at += 1;
  return at < bytes.length ? { bytes: bytes.subarray(at), address, behind } : undefined;
}

/** Object identifier, longest message, segmentation, vendor: four application-tagged values. */
function iAm(packet: Packet): readonly Announcement[] {
  const values = tags(packet.bytes.subarray(2));
  const [id, , , vendor] = values;
  if (id?.tag !== 12 || id.value.length !== 4 || vendor?.tag !== 2) return [];
  return announce(
    packet,
    instanceOf(id.value),
    "BACnet I-Am",
    known({ vendor: bacnetVendor(unsigned(vendor.value)) }),
  );
}

/** Object, property, perhaps an index, then the value between an opening and a closing tag 3. */
function properties1(packet: Packet, bytes: Buffer): readonly Announcement[] {
  const values = tags(bytes);
  const [object, property] = values;
  if (object?.context !== 0 || property?.context !== 1 || object.value.length !== 4) return [];
  const key = properties.get(unsigned(property.value));
  const text = characters(values.find(({ context }) => context === undefined));
  if (typeOf(object.value) !== deviceObject || key === undefined || text === undefined) return [];
  return announce(packet, instanceOf(object.value), "BACnet ReadProperty", { [key]: text });
}

/** For each object a list of properties with their values. */
function propertiesOf(packet: Packet, bytes: Buffer): readonly Announcement[] {
  const found = new Map<number, Partial<Record<keyof Facts, string>>>();
  let object: Buffer | undefined;
  let property: number | undefined;
  for (const one of tags(bytes)) {
    if (one.context === 0) object = one.value.length === 4 ? one.value : undefined;
    else if (one.context === 2) property = unsigned(one.value);
    else if (
      one.context === undefined &&
      object &&
      property !== undefined &&
      typeOf(object) === deviceObject
    ) {
      const key = properties.get(property);
      const text = characters(one);
      if (key !== undefined && text !== undefined) {
        const facts = found.get(instanceOf(object)) ?? {};
        facts[key] = text;
        found.set(instanceOf(object), facts);
      }
    }
  }
  return [...found].flatMap(([instance, facts]) =>
    announce(packet, instance, "BACnet ReadPropertyMultiple", facts),
  );
}

const announce = (packet: Packet, instance: number, by: string, facts: Facts): readonly Announcement[] => [
  {
    about: { kind: "address", address: packet.address },
    by,
    ...(packet.behind === undefined ? {} : { part: `${packet.behind} (device ${instance})` }),
    facts,
    role: { role: "building-controller", basis: "says", reason: `says that it is BACnet device ${instance}` },
  },
];

interface Tagged {
  /** Number of a context tag, or undefined for an application tag. */
  readonly context: number | undefined;
  readonly tag: number;
  readonly value: Buffer;
}

/** The primitive values of a piece of BACnet data (clause 20.2), opening and closing tags left out; up to where it is sound. */
function tags(bytes: Buffer): readonly Tagged[] {
  const found: Tagged[] = [];
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at++]!;
    const isContext = (first & 8) !== 0;
    const number = first >> 4 === 15 ? bytes[at++] : first >> 4;
    const marker = first & 7;
    if (isContext && marker >= 6) continue;
    if (number === undefined) break;
    let length = isContext || number !== 1 ? marker : 0;
    if (length === 5) {
      length = bytes[at++] ?? 0;
      if (length === 254) {
        if (at + 2 > bytes.length) break;
        length = bytes.readUInt16BE(at);
        at += 2;
      }
    }
    if (at + length > bytes.length) break;
    found.push({
      context: isContext ? number : undefined,
      tag: number,
      value: bytes.subarray(at, at + length),
    });
    at += length;
  }
  return found;
}

const unsigned = (value: Buffer): number => value.reduce((sum, byte) => sum * 256 + byte, 0);
const typeOf = (object: Buffer): number => object.readUInt32BE(0) >>> 22;
const instanceOf = (object: Buffer): number => object.readUInt32BE(0) & 0x3fffff;

/** A character string: its first byte is the character set, 0 for UTF-8. Others are not read. */
const characters = (value: Tagged | undefined): string | undefined =>
  value?.tag === 7 && value.value[0] === 0 ? wireText(value.value.subarray(1)) : undefined;
