import { bytes } from "../../baseline/support/packets.ts";

// Messages by which devices say who they are, as the standards lay them out.

const text = (value: string): Buffer => Buffer.from(value, "latin1");
const le16 = (value: number): Buffer => Buffer.from([value & 255, value >> 8]);
const be16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const join = (...parts: readonly (number | Uint8Array)[]): Buffer => Buffer.from(bytes(...parts));

/** EtherNet/IP encapsulation with List Identity's one item. */
export function listIdentity(vendor: number, type: number, name: string): Buffer {
  const identity = join(
    le16(1),
    Buffer.from("0002af12c0a80a780000000000000000", "hex"),
    le16(vendor),
    le16(type),
    le16(58),
    20,
    11,
    le16(0x30),
    Buffer.from("c3ae5100", "hex"),
    name.length,
    text(name),
    3,
  );
  const body = join(le16(1), le16(0x0c), le16(identity.length), identity);
  return join(le16(0x63), le16(body.length), new Uint8Array(20), body);
}
/** A CIP message in the encapsulation, without a connection. @param context by which an answer is told. */
export function cipMessage(context: number, message: Uint8Array): Buffer {
  const body = join(new Uint8Array(6), le16(2), le16(0), le16(0), le16(0xb2), le16(message.length), message);
  return join(le16(0x6f), le16(body.length), new Uint8Array(8), context, new Uint8Array(7 + 4), body);
}
/** All attributes of the identity object, asked for and answered; sent on to a slot where one is given. */
export function readIdentity(slot?: number): Buffer {
  const asked = Buffer.from("010220012401", "hex");
  if (slot === undefined) return asked;
  return join(Buffer.from("520220062401", "hex"), 5, 157, le16(asked.length), asked, 1, 0, 1, slot);
}
export const readName = Buffer.from("0e03200124013007", "hex");
export const identityAnswer = (vendor: number, type: number, name: string): Buffer =>
  join(
    Buffer.from("81000000", "hex"),
    ...[le16(vendor), le16(type), le16(58), 20, 11, le16(0x30), Buffer.from("c3ae5100", "hex")],
    ...[name.length, text(name)],
  );
export const nameAnswer = (name: string): Buffer =>
  join(Buffer.from("8e000000", "hex"), name.length, text(name));
export const pccc = (code: number): Buffer =>
  join(Buffer.from("4b0220672401", "hex"), 7, new Uint8Array(6), 0x0f, 0, le16(1), code);
export const listIdentityRequest = join(le16(0x63), new Uint8Array(22));

export function modbusIdentity(unit: number, objects: readonly (readonly [number, string])[]): Buffer {
  const list = join(...objects.flatMap(([id, value]) => [id, value.length, text(value)]));
  const body = join(unit, 0x2b, 0x0e, 1, 0x81, 0, 0, objects.length, list);
  return join(be16(7), be16(0), be16(body.length), body);
}
export const modbusServerId = (unit: number, id: Uint8Array): Buffer =>
  join(be16(7), be16(0), be16(3 + id.length), unit, 0x11, id.length, id);
export const modbusAnswer = (unit: number): Buffer => Buffer.from([0, 8, 0, 0, 0, 5, unit, 3, 2, 0, 1]);
export const modbusException = (unit: number, code: number): Buffer =>
  Buffer.from([0, 8, 0, 0, 0, 3, unit, 0x83, code]);
export const modbusIdentityRequest = Buffer.from("000700000005012b0e0100", "hex");
export const modbusRead = Buffer.from("000800000006010300000002", "hex");

const tpkt = (data: Uint8Array): Buffer => join(3, 0, be16(7 + data.length), 2, 0xf0, 0x80, data);
const padded = (value: string, length: number): Buffer => text(value.padEnd(length, "\0"));

/** The answer to reading a partial list of the system status list. */
export function systemStatus(id: number, size: number, records: readonly Buffer[]): Buffer {
  const list = join(be16(id), be16(0), be16(size), be16(records.length), ...records);
  const data = join(0xff, 9, be16(list.length), list);
  const parameters = Buffer.from("000112081284010100000000", "hex");
  return tpkt(join(0x32, 7, 0, 0, 0, 1, be16(parameters.length), be16(data.length), parameters, data));
}
export const systemStatusRequest = tpkt(
  Buffer.from("3207000000010008000800011204114401" + "00" + "ff09000400110000", "hex"),
);
export const moduleRecords = [
  join(be16(1), padded("6ES7 315-2EH14-0AB0 ", 20), be16(0x00c0), be16(4), be16(1)),
  join(be16(7), padded("", 20), be16(0), 0x56, 3, 2, 8),
];
export const componentRecords = [
  join(be16(1), padded("FILLER-3", 32)),
  join(be16(7), padded("CPU 315-2 PN/DP", 32)),
  join(be16(5), padded("S C-A1B2C3D42010", 32)),
];
/** A piece of a list: the answer's number, and whether more of it follows. */
export function systemStatusPiece(list: Uint8Array, reference: number, more: boolean): Buffer {
  const data = join(0xff, 9, be16(list.length), list);
  const parameters = join(Buffer.from("0001120812840100", "hex"), reference, more ? 1 : 0, 0, 0);
  return tpkt(join(0x32, 7, 0, 0, 0, 1, be16(parameters.length), be16(data.length), parameters, data));
}
export const statusList = (id: number, size: number, records: readonly Buffer[]): Buffer =>
  join(be16(id), be16(0), be16(size), be16(records.length), ...records);
/** The same message in packets of so many bytes of data; the last one has the end bit. */
export function inPackets(message: Buffer, length: number): Buffer {
  const data = message.subarray(7);
  const parts = Array.from({ length: Math.ceil(data.length / length) }, (_, index) =>
    data.subarray(index * length, (index + 1) * length),
  );
  return join(
    ...parts.map((part, index) =>
      join(3, 0, be16(7 + part.length), 2, 0xf0, index === parts.length - 1 ? 0x80 : 0, part),
    ),
  );
}
export const s7Answer = tpkt(Buffer.from([0x32, 3, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 4, 1]));
export const plusConnect = (selector: string): Buffer => {
  const body = join(0xe0, 0, 0, 0, 1, 0, 0xc0, 1, 0x0a, 0xc2, selector.length, text(selector));
  return join(3, 0, be16(5 + body.length), body.length, body);
};
export const s7Job = (job: number): Buffer => tpkt(Buffer.from([0x32, 1, 0, 0, 0, 1, 0, 2, 0, 0, job, 0]));
export const s7PlusSession = tpkt(
  join(0x72, 1, 0, 60, text("\0\x15\x1e1;6ES7 214-1AG40-0XB0 ;V4.2\0\0 more")),
);
export const mmsData = tpkt(Buffer.from("0100010061", "hex"));

const bvlc = (kind: number, body: Uint8Array): Buffer => join(0x81, kind, be16(4 + body.length), body);
/** The network layer's part of a message, and the same sent on by a broadcast manager, or over IPv6. */
export const npdu = (message: Buffer): Buffer => message.subarray(4);
export const distributed = (message: Buffer): Buffer => bvlc(0x09, npdu(message));
export const forwarded = (message: Buffer, from: readonly number[]): Buffer =>
  bvlc(0x04, join(...from, be16(47_808), npdu(message)));
export const overIpv6 = (message: Buffer): Buffer =>
  join(0x82, 2, be16(7 + npdu(message).length), 0, 0, 7, npdu(message));
export const iAm = (instance: number, vendor: number, npdu: Uint8Array = bytes(1, 0)): Buffer =>
  bvlc(
    0x0b,
    join(
      npdu,
      0x10,
      0,
      0xc4,
      2,
      instance >> 16,
      (instance >> 8) & 255,
      instance & 255,
      0x22,
      5,
      0xc4,
      0x91,
      0,
      0x21,
      vendor,
    ),
  );
/** ReadProperty-ACK of the device object. @param charset of the value's bytes, 0 for UTF-8. */
export const deviceProperty = (
  instance: number,
  property: number,
  value: string | Uint8Array,
  charset = 0,
): Buffer =>
  bvlc(
    0x0a,
    join(
      1,
      0,
      Buffer.from([0x30, 1, 12, 0x0c, 2, instance >> 16, (instance >> 8) & 255, instance & 255]),
      property < 256 ? join(0x19, property) : join(0x1a, be16(property)),
      0x3e,
      0x75,
      value.length + 1,
      charset,
      typeof value === "string" ? text(value) : value,
      0x3f,
    ),
  );

const objectId = (type: number, instance: number): Buffer => {
  const id = Buffer.alloc(4);
  id.writeUInt32BE(type * 2 ** 22 + instance);
  return id;
};
const characterString = (value: string): Buffer => join(0x75, value.length + 1, 0, text(value));
export type BacnetObject = readonly [type: number, instance: number];
/** ReadProperty-ACK of any property of any object, with application-tagged values. @param segment its number, in segments. */
export const objectProperty = (
  [type, instance]: BacnetObject,
  property: number,
  values: Uint8Array,
  segment?: number,
): Buffer =>
  bvlc(
    0x0a,
    join(
      ...[1, 0],
      ...(segment === undefined ? [0x30, 1] : [0x3c, 1, segment, 8]),
      ...[12, 0x0c],
      objectId(type, instance),
      ...[0x19, property, 0x3e],
      values,
      ...(segment === undefined ? [0x3f] : []),
    ),
  );
/** A later segment of such an answer. */
export const laterSegment = (values: Uint8Array, segment: number, more: boolean): Buffer =>
  bvlc(0x0a, join(1, 0, more ? 0x3c : 0x38, 1, segment, 8, 12, values, ...(more ? [] : [0x3f])));
export const objectIds = (...objects: readonly BacnetObject[]): Buffer =>
  join(...objects.map(([type, instance]) => join(0xc4, objectId(type, instance))));
export const objectName = characterString;
/** ReadPropertyMultiple-ACK; a property without a value was answered with the error "unknown object". */
export const severalProperties = (
  ...results: readonly (readonly [BacnetObject, property: number, value?: Uint8Array])[]
): Buffer =>
  bvlc(
    0x0a,
    join(
      ...[1, 0, 0x30, 1, 14],
      ...results.map(([[type, instance], property, value]) =>
        join(
          0x0c,
          objectId(type, instance),
          ...[0x1e, 0x29, property],
          ...(value === undefined ? [0x5e, 0x91, 1, 0x91, 31, 0x5f] : [0x4e, value, 0x4f]),
          0x1f,
        ),
      ),
    ),
  );
export const iHave = (device: number, object: BacnetObject, name: string): Buffer =>
  bvlc(0x0b, join(1, 0, 0x10, 1, objectIds([8, device], object), characterString(name)));
export const changeOfValue = (device: number, [type, instance]: BacnetObject): Buffer =>
  bvlc(
    0x0a,
    join(
      ...[1, 0, 0x10, 2, 0x09, 1, 0x1c],
      objectId(8, device),
      0x2c,
      objectId(type, instance),
      ...[0x39, 60, 0x4e, 0x09, 85, 0x2e, 0x44, 0x42, 0x28, 0, 0, 0x2f, 0x4f],
    ),
  );

/** BER, every length of one byte. */
const ber = (tag: number, ...parts: readonly (number | Uint8Array)[]): Buffer => {
  const body = join(...parts);
  return join(tag, body.length, body);
};
export const systemGroup = (description: string, name: string): Buffer =>
  ber(
    0x30,
    ber(2, 1),
    ber(4, text("public")),
    ber(
      0xa2,
      ber(2, 0x12, 0x34),
      ber(2, 0),
      ber(2, 0),
      ber(
        0x30,
        ber(0x30, ber(6, Buffer.from("2b06010201010100", "hex")), ber(4, text(description))),
        ber(0x30, ber(6, Buffer.from("2b06010201010300", "hex")), ber(0x43, 1, 2)),
        ber(0x30, ber(6, Buffer.from("2b06010201010500", "hex")), ber(4, text(name))),
      ),
    ),
  );

/** A report of version 3, which names its engine: net-snmp's own format, under an enterprise number. */
export function secureReport(enterprise: number): Buffer {
  const engine = join(0x80, 0, be16(enterprise), 4, text("agent"));
  const security = ber(0x30, ber(4, engine), ber(2, 0), ber(2, 0), ber(4), ber(4), ber(4));
  const global = ber(0x30, ber(2, 1), ber(2, 5, 220), ber(4, 4), ber(2, 3));
  return ber(0x30, ber(2, 3), global, ber(4, security), ber(4, text("encrypted")));
}
export const kindOfAgent = (oid: string): Buffer =>
  ber(
    0x30,
    ...[ber(2, 0), ber(4, text("public"))],
    ber(
      0xa2,
      ...[ber(2, 1), ber(2, 0), ber(2, 0)],
      ber(0x30, ber(0x30, ber(6, Buffer.from("2b06010201010200", "hex")), ber(6, Buffer.from(oid, "hex")))),
    ),
  );

export const arpReply = (mac: string, address: string): Buffer =>
  join(
    Buffer.from("0001080006040002", "hex"),
    card(mac),
    bytes(...address.split(".").map(Number)),
    new Uint8Array(10),
  );
export const card = (mac: string): Buffer => Buffer.from(mac.replaceAll(":", ""), "hex");

const dcpBlock = (option: number, value: Uint8Array): Buffer =>
  join(be16(option), be16(value.length + 2), be16(0), value, ...(value.length % 2 ? [0] : []));
export function dcpIdentity(name: string, station: string, address: readonly number[]): Buffer {
  const blocks = join(
    dcpBlock(0x0202, text(name)),
    dcpBlock(0x0201, text(station)),
    dcpBlock(0x0203, bytes(0, 0x2a, 3, 0x13)),
    dcpBlock(0x0204, bytes(1, 0)),
    dcpBlock(0x0102, bytes(...address, 255, 255, 255, 0, 0, 0, 0, 0)),
  );
  return join(be16(0xfeff), 5, 1, 0, 0, 0, 1, 0, 0, be16(blocks.length), blocks);
}
/** A station that tells an alias and numbers only, and its address with its name servers. */
export function dcpNumbers(alias: string, address: readonly number[]): Buffer {
  const blocks = join(
    dcpBlock(0x0206, text(alias)),
    dcpBlock(0x0203, bytes(0, 0x2a, 3, 0x13)),
    dcpBlock(0x0103, bytes(...address, 255, 255, 255, 0, new Uint8Array(20))),
  );
  return join(be16(0xfeff), 5, 1, 0, 0, 0, 1, 0, 0, be16(blocks.length), blocks);
}
export const dcpBrowse = join(be16(0xfefe), 5, 0, 0, 0, 0, 1, 0, 1, be16(4), be16(0xffff), be16(0));

const tlv = (type: number, value: Uint8Array): Buffer => join(be16((type << 9) | value.length), value);
export const lldpFrame = (chassis: Uint8Array, ...more: readonly Buffer[]): Buffer =>
  join(tlv(1, chassis), tlv(2, bytes(3, 1)), tlv(3, bytes(0, 20)), ...more, tlv(0, new Uint8Array(0)));
export const lldp = {
  name: (value: string): Buffer => tlv(5, text(value)),
  description: (value: string): Buffer => tlv(6, text(value)),
  enabled: (bits: number): Buffer => tlv(7, join(be16(bits), be16(bits))),
  managedAt: (address: string): Buffer =>
    tlv(8, bytes(5, 1, ...address.split(".").map(Number), 2, 0, 0, 0, 1, 0)),
  managedAt6: (address: Uint8Array): Buffer => tlv(8, join(17, 2, address, 2, 0, 0, 0, 1, 0)),
  media: (subtype: number, value: string): Buffer =>
    tlv(127, join(Buffer.from("0012bb", "hex"), subtype, text(value))),
  stationCard: (mac: string): Buffer => tlv(127, join(Buffer.from("000ecf05", "hex"), card(mac))),
};

const cdpValue = (type: number, value: Uint8Array): Buffer => join(be16(type), be16(value.length + 4), value);
/** With its logical link control. */
export const cdpFrame = (name: string, platform: string, address: string, address6 = ""): Buffer =>
  join(
    Buffer.from("aaaa0300000c2000", "hex"),
    2,
    180,
    be16(0),
    cdpValue(1, text(name)),
    cdpValue(6, text(platform)),
    cdpValue(4, bytes(0, 0, 0, 8)),
    cdpValue(
      2,
      join(
        ...[0, 0, 0, address6 === "" ? 1 : 2],
        Buffer.from("0101cc0004", "hex"),
        bytes(...address.split(".").map(Number)),
        Buffer.from(address6 === "" ? "" : `0208aaaa0300000086dd0010${address6}`, "hex"),
      ),
    ),
  );
