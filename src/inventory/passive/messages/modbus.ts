import { type Announcement, known, wireText } from "../announcement.ts";
import type { Message, StreamProtocol } from "./message.ts";

const header = 7;
/** Encapsulated Interface Transport, MEI type Read Device Identification (Modbus Application Protocol V1.1b3, 6.21). */
const identification = [0x2b, 0x0e] as const;

/** Objects of the device identification by their number. */
const objects = {
  vendor: 0,
  productCode: 1,
  revision: 2,
  productName: 4,
  modelName: 5,
  application: 6,
} as const;

/** Modbus/TCP: transaction, protocol 0, length, unit, function. Only device identification is read. */
export const modbus: StreamProtocol = {
  lengthOf(bytes) {
    if (bytes.length < header + 2) return couldBe(bytes) ? header + 2 : 0;
    return couldBe(bytes) ? 6 + bytes.readUInt16BE(4) : 0;
  },
  read(message) {
    const { bytes } = message;
    if (bytes[header] !== identification[0] || bytes[header + 1] !== identification[1]) return [];
    // A request ends behind the object that it asks for.
    return bytes.length === header + 4 ? [asked(message)] : answered(message);
  },
};

/** The protocol is 0 and the length fits in one application data unit (260 bytes). */
const couldBe = (bytes: Buffer): boolean =>
  bytes.length >= 6 &&
  bytes.readUInt16BE(2) === 0 &&
  bytes.readUInt16BE(4) >= 2 &&
  bytes.readUInt16BE(4) <= 254;

const asked = ({ from }: Message): Announcement => ({
  about: { kind: "address", address: from.address },
  by: "Modbus Read Device Identification, request",
  facts: {},
  role: { role: "engineering-station", basis: "asks", reason: "asks devices over Modbus who they are" },
});

function answered({ bytes, from }: Message): readonly Announcement[] {
  const values = new Map<number, string | undefined>();
  const count = bytes[header + 6] ?? 0;
  let at = header + 7;
  for (let index = 0; index < count; index++) {
    const [id, length] = [bytes[at], bytes[at + 1]];
    if (id === undefined || length === undefined || at + 2 + length > bytes.length) return [];
    values.set(id, wireText(bytes.subarray(at + 2, at + 2 + length)));
    at += 2 + length;
  }
  if (values.size === 0) return [];
  const unit = bytes[6]!;
  return [
    {
      about: { kind: "address", address: from.address },
      by: "Modbus device identification",
      // Units 0 and 255 are the device that has the address, 1 is what most devices without a gateway use.
      ...(unit === 0 || unit === 1 || unit === 255 ? {} : { part: `unit ${unit}` }),
      facts: known({
        vendor: values.get(objects.vendor),
        model:
          values.get(objects.modelName) ?? values.get(objects.productName) ?? values.get(objects.productCode),
        firmware: values.get(objects.revision),
        name: values.get(objects.application),
      }),
    },
  ];
}
