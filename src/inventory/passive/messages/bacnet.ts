import { type Announcement, type DeviceObject, type Facts, known, wireText } from "../announcement.ts";
import { deviceObject, instanceOf, isObject, objectText, typeOf } from "./bacnet-objects.ts";
import type { Message, MessageReader } from "./message.ts";
import { bacnetVendor } from "./vendors.ts";

/** BACnet/IP (ANSI/ASHRAE 135, annex J): type, function, length; a forwarded message names who sent it first. */
const virtualLink = { type: 0x81, forwarded: 0x04, unicast: 0x0a, broadcast: 0x0b } as const;
/** Kinds and services of the application layer (clause 20). */
const kind = { confirmed: 0x00, unconfirmed: 0x10, complexAck: 0x30 } as const;
const unconfirmed = { iAm: 0, iHave: 1, change: 2 } as const;
const confirmed = { change: 1, readProperty: 12, readPropertyMultiple: 14 } as const;
/** Bits of an answer's first byte: it is in segments, and more of them follow. */
const segmented = 0x08;
const flags = 0x0c;
/** Properties of every object: its name; of the device: all its objects. */
const objectName = 77;
const objectList = 76;
/** Where an answer has a value: behind the opening tag of ReadProperty, or of each result of ReadPropertyMultiple. */
const valueIn = { one: 3, several: 4 } as const;
/** Properties of the device object (clause 12.11) that say what it is. */
const factOf: ReadonlyMap<number, keyof Facts> = new Map([
  [121, "vendor"],
  [70, "model"],
  [44, "firmware"],
  [77, "name"],
  [58, "location"],
  [372, "serial"],
]);

/**
 * I-Am and I-Have, what devices answer when they are asked for properties, and the changes that they report: who they
 * are, and which objects they have. Of an answer in segments the first one is read.
 */
export const bacnet: MessageReader = (message) => {
  const packet = network(message);
  if (packet === undefined) return [];
  const { bytes } = packet;
  const [first = 0, second, third] = bytes;
  if (first === kind.unconfirmed) {
    if (second === unconfirmed.iAm) return iAm(packet);
    if (second === unconfirmed.iHave) return iHave(packet);
    return second === unconfirmed.change ? change(packet, bytes.subarray(2)) : [];
  }
  if ((first & ~flags) === kind.complexAck) {
    const isPart = (first & segmented) !== 0;
    if (isPart && third !== 0) return [];
    const [asked, values] = isPart ? [bytes[4], bytes.subarray(5)] : [third, bytes.subarray(3)];
    if (asked === confirmed.readProperty) return property(packet, values);
    return asked === confirmed.readPropertyMultiple ? properties(packet, values) : [];
  }
  // A request that is not in segments: flags, what is accepted, number, service.
  return (first & 0xf8) === kind.confirmed && bytes[3] === confirmed.change
    ? change(packet, bytes.subarray(4))
    : [];
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

/** Device, object and the object's name. */
function iHave(packet: Packet): readonly Announcement[] {
  const [device, object, name] = tags(packet.bytes.subarray(2));
  if (device?.tag !== 12 || object?.tag !== 12 || !isObject(device.value) || !isObject(object.value))
    return [];
  return announce(packet, instanceOf(device.value), "BACnet I-Have", {}, [
    objectOf(object.value, characters(name)),
  ]);
}

/** A change of value: process, device, object, and more. */
function change(packet: Packet, bytes: Buffer): readonly Announcement[] {
  const values = tags(bytes);
  const [device, object] = [1, 2].map((context) => values.find((one) => one.context === context)?.value);
  if (device === undefined || object === undefined || !isObject(device) || !isObject(object)) return [];
  return typeOf(device) === deviceObject
    ? announce(packet, instanceOf(device), "BACnet change of value", {}, [objectOf(object)])
    : [];
}

/** Object, property, perhaps an index, then the value between an opening and a closing tag 3. */
function property(packet: Packet, bytes: Buffer): readonly Announcement[] {
  const values = tags(bytes);
  const [object, asked] = values;
  if (object?.context !== 0 || asked?.context !== 1 || !isObject(object.value)) return [];
  const value = values.filter(({ within, context }) => within === valueIn.one && context === undefined);
  return answers(packet, "BACnet ReadProperty", [
    { object: object.value, property: unsigned(asked.value), value },
  ]);
}

/** For each object a list of properties with their values, or with the error that stands in for one. */
function properties(packet: Packet, bytes: Buffer): readonly Announcement[] {
  const found: Answer[] = [];
  let object: Buffer | undefined;
  for (const one of tags(bytes)) {
    if (one.context === 0 && one.within === undefined) object = isObject(one.value) ? one.value : undefined;
    else if (object !== undefined && one.context === 2 && one.within === 1)
      found.push({ object, property: unsigned(one.value), value: [] });
    else if (one.within === valueIn.several && one.context === undefined) found.at(-1)?.value.push(one);
  }
  return answers(packet, "BACnet ReadPropertyMultiple", found);
}

/** A property of an object as it was answered; without a value where there was an error. */
interface Answer {
  readonly object: Buffer;
  readonly property: number;
  readonly value: Tagged[];
}

/** What answers say of the device itself, and of the objects that it has. */
function answers(packet: Packet, by: string, all: readonly Answer[]): readonly Announcement[] {
  const sound = all.filter(({ value }) => value.length > 0);
  const devices = new Map<number, Partial<Record<keyof Facts, string>>>();
  const objects: DeviceObject[] = [];
  for (const { object, property: id, value } of sound) {
    const text = characters(value[0]);
    if (typeOf(object) !== deviceObject) {
      objects.push(objectOf(object, id === objectName ? text : undefined));
      continue;
    }
    const facts = devices.get(instanceOf(object)) ?? {};
    const key = factOf.get(id);
    if (key !== undefined && text !== undefined) facts[key] = text;
    if (id === objectList) {
      const listed = value.filter(({ tag, value: one }) => tag === 12 && isObject(one));
      objects.push(...listed.map((one) => objectOf(one.value)).filter(({ object: name }) => !isDevice(name)));
    }
    if (key !== undefined || id === objectList) devices.set(instanceOf(object), facts);
  }
  const [device] = devices;
  if (device !== undefined) return announce(packet, device[0], by, device[1], objects);
  // Behind a router nobody knows here which device an object is of.
  return objects.length === 0 || packet.behind !== undefined
    ? []
    : [{ about: { kind: "address", address: packet.address }, by, facts: {}, objects }];
}

const isDevice = (object: string): boolean => object.startsWith("device ");
const objectOf = (object: Buffer, name?: string): DeviceObject => ({
  object: objectText(object),
  ...(name === undefined ? {} : { name }),
});

const announce = (
  packet: Packet,
  instance: number,
  by: string,
  facts: Facts,
  objects: readonly DeviceObject[] = [],
): readonly Announcement[] => [
  {
    about: { kind: "address", address: packet.address },
    by,
    ...(packet.behind === undefined ? {} : { part: `${packet.behind} (device ${instance})` }),
    facts,
    role: { role: "building-controller", basis: "says", reason: `says that it is BACnet device ${instance}` },
    ...(objects.length === 0 ? {} : { objects }),
  },
];

interface Tagged {
  /** Number of a context tag, or undefined for an application tag. */
  readonly context: number | undefined;
  readonly tag: number;
  readonly value: Buffer;
  /** Number of the opening tag around it. */
  readonly within: number | undefined;
}

/** The primitive values of a piece of BACnet data (clause 20.2), each with the opening tag around it; up to where it is sound. */
function tags(bytes: Buffer): readonly Tagged[] {
  const found: Tagged[] = [];
  const around: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at++]!;
    const isContext = (first & 8) !== 0;
    const number = first >> 4 === 15 ? bytes[at++] : first >> 4;
    const marker = first & 7;
    if (number === undefined) break;
    if (isContext && marker === opening) around.push(number);
    if (isContext && marker === closing) around.pop();
    if (isContext && marker >= opening) continue;
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
      within: around.at(-1),
    });
    at += length;
  }
  return found;
}

const opening = 6;
const closing = 7;

const unsigned = (value: Buffer): number => value.reduce((sum, byte) => sum * 256 + byte, 0);

/** A character string (clause 20.2.9): its first byte is the character set. Code pages and JIS are not read. */
const characters = (value: Tagged | undefined): string | undefined => {
  const charset = value?.tag === 7 ? charsets.get(value.value[0] ?? -1) : undefined;
  return charset === undefined ? undefined : wireText(value!.value.subarray(1), charset);
};
/** ISO 10646 in UTF-8 (once called ANSI X3.4) and in UCS-2, and ISO 8859-1. */
const charsets: ReadonlyMap<number, string> = new Map([
  [0, "utf-8"],
  [4, "utf-16be"],
  [5, "latin1"],
]);
