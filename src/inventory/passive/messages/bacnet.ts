import { type Announcement, type DeviceObject, type Facts, known } from "../announcement.ts";
import { networkOf, type Packet, packetOf } from "./bacnet-network.ts";
import { deviceObject, instanceOf, isObject, objectText, typeOf } from "./bacnet-objects.ts";
import { characters, type Tagged, tags, unsigned } from "./bacnet-tags.ts";
import type { MessageReader } from "./message.ts";
import { type Pieces, pieces } from "./pieces.ts";
import { bacnetVendor } from "./vendors.ts";

/** Kinds and services of the application layer (clause 20). */
const kind = { confirmed: 0x00, unconfirmed: 0x10, complexAck: 0x30 } as const;
const unconfirmed = { iAm: 0, iHave: 1, change: 2 } as const;
const confirmed = { change: 1, readProperty: 12, readPropertyMultiple: 14 } as const;
/** Bits of an answer's first byte: it is in segments, and more of them follow. */
const segmented = 0x08;
const moreFollows = 0x04;
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

/** Reads BACnet: over IP, and behind the logical link control of Ethernet. */
export interface BacnetReader {
  readonly datagram: MessageReader;
  frame(bytes: Buffer, mac: string): readonly Announcement[];
}

/**
 * I-Am and I-Have, what devices answer when they are asked for properties, and the changes that they report: who they
 * are, and which objects they have.
 */
export function bacnet(): BacnetReader {
  const segments = pieces();
  return {
    datagram(message) {
      const packet = packetOf(message);
      return packet === undefined ? [] : read(packet, segments, `${message.to.address} ${message.to.port}`);
    },
    frame(bytes, mac) {
      const packet = networkOf(bytes, { kind: "mac", mac });
      return packet === undefined ? [] : read(packet, segments, "");
    },
  };
}

function read(packet: Packet, segments: Pieces, to: string): readonly Announcement[] {
  const { bytes } = packet;
  const [first = 0, second, third] = bytes;
  if (first === kind.unconfirmed) {
    if (second === unconfirmed.iAm) return iAm(packet);
    if (second === unconfirmed.iHave) return iHave(packet);
    return second === unconfirmed.change ? change(packet, bytes.subarray(2)) : [];
  }
  if ((first & ~flags) === kind.complexAck) {
    const isPart = (first & segmented) !== 0;
    // In segments: number of the question, of the segment, window, service.
    const [asked, part] = isPart ? [bytes[4], bytes.subarray(5)] : [third, bytes.subarray(3)];
    if (!isPart) return answered(packet, asked, part);
    const { about, behind } = packet;
    const key = JSON.stringify([about, behind, to, second, asked]);
    const place = { isFirst: third === 0, isLast: (first & moreFollows) === 0 };
    const whole = segments.add(key, part, place);
    // The first segment says something by itself, should another one be lost.
    return answered(packet, asked, whole ?? (place.isFirst ? part : undefined));
  }
  // A request that is not in segments: flags, what is accepted, number, service.
  return (first & 0xf8) === kind.confirmed && bytes[3] === confirmed.change
    ? change(packet, bytes.subarray(4))
    : [];
}

function answered(
  packet: Packet,
  asked: number | undefined,
  values: Buffer | undefined,
): readonly Announcement[] {
  if (values === undefined) return [];
  if (asked === confirmed.readProperty) return property(packet, values);
  return asked === confirmed.readPropertyMultiple ? properties(packet, values) : [];
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
    : [{ about: packet.about, by, facts: {}, objects }];
}

const isDevice = (object: string): boolean => object.startsWith("device ");
const objectOf = (object: Buffer, name?: string): DeviceObject => ({
  object: objectText(object),
  ...(name === undefined ? {} : { name }),
});

const announce = (
  { about, behind }: Packet,
  instance: number,
  by: string,
  facts: Facts,
  objects: readonly DeviceObject[] = [],
): readonly Announcement[] => [
  {
    about,
    by,
    ...(behind === undefined
      ? {}
      : { part: `BACnet network ${behind.network}, node ${behind.node} (device ${instance})` }),
    facts,
    role:
      behind === undefined
        ? { role: "building-controller", basis: "says", reason: `says that it is BACnet device ${instance}` }
        : {
            role: "gateway",
            basis: "shows",
            reason: `passes on messages of BACnet network ${behind.network}`,
          },
    ...(objects.length === 0 ? {} : { objects }),
  },
];
