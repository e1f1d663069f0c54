import { type AnnouncedRole, type Announcement, known, wireText } from "../announcement.ts";
import type { Message, StreamProtocol } from "./message.ts";
import { remembered } from "./remembered.ts";

const header = 7;
/** Encapsulated Interface Transport, MEI type Read Device Identification (Modbus Application Protocol V1.1b3, 6.21). */
const identification = [0x2b, 0x0e] as const;

/** Report Server ID (6.17), and UMAS inside function 90, by which Schneider Electric's tools program controllers. */
const functions = { serverId: 0x11, umas: 0x5a } as const;
const port = 502;
/** Exceptions by which only a gateway answers (7): no path to the unit, and no word from it. */
const ofGateway: ReadonlySet<number> = new Set([0x0a, 0x0b]);
/** UMAS: to take a reservation, to initialise, load and end an upload or a download, to start and to stop. */
const programming: ReadonlySet<number> = new Set([
  0x10, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x40, 0x41,
]);
/** A text in a server's id that is shorter is none. */
const shortestText = 4;

/** Objects of the device identification by their number. */
const objects = {
  vendor: 0,
  productCode: 1,
  revision: 2,
  productName: 4,
  modelName: 5,
  application: 6,
} as const;

/** Modbus/TCP: transaction, protocol 0, length, unit, function. Read is who answers, and what devices say of themselves. */
export function modbus(): StreamProtocol {
  const units = remembered();
  return {
    lengthOf(bytes) {
      if (bytes.length < header + 2) return couldBe(bytes) ? header + 2 : 0;
      return couldBe(bytes) ? 6 + bytes.readUInt16BE(4) : 0;
    },
    read(message) {
      const { bytes, from, to } = message;
      if (bytes.length < header + 2) return [];
      const [code, next] = [bytes[header]!, bytes[header + 1]!];
      if (code === identification[0] && next === identification[1])
        // A request ends behind the object that it asks for.
        return bytes.length === header + 4 ? [asked(message)] : answered(message);
      if (code === functions.umas && to.port === port && programming.has(bytes[header + 2] ?? 0))
        return [asks(message, "Modbus UMAS", "programs controllers over Modbus (UMAS)")];
      if (from.port !== port) return [];
      if (code === functions.serverId && bytes.length === header + 2 + next) return serverId(message);
      if (code >= 0x80) return ofGateway.has(next) ? [unit(message, byGateway)] : [];
      return [units(`${from.address} ${bytes[6]}`, () => unit(message))];
    },
  };
}

const byGateway: AnnouncedRole = {
  role: "gateway",
  basis: "says",
  reason: "answers over Modbus that it does not reach a unit",
};

/** A unit that answers at an address. */
const unit = ({ bytes, from }: Message, role?: AnnouncedRole): Announcement => ({
  about: { kind: "address", address: from.address },
  by: role === undefined ? "Modbus" : "Modbus gateway exception",
  ...(role === undefined && isUnit(bytes[6]!) ? { part: `unit ${bytes[6]}` } : {}),
  facts: {},
  ...(role === undefined ? {} : { role }),
});

/** Units 0 and 255 are the device that has the address. */
const isUnit = (number: number): boolean => number !== 0 && number !== 255;
const partOf = (number: number): { readonly part?: string } =>
  isUnit(number) ? { part: `unit ${number}` } : {};

/** What a server's id is, each vendor says for himself: the longest text in it. */
function serverId({ bytes, from }: Message): readonly Announcement[] {
  const texts = bytes.toString("latin1", header + 2).match(/[ -~]+/g) ?? [];
  const longest = texts.reduce((long, one) => (one.length > long.length ? one : long), "").trim();
  if (longest.length < shortestText) return [];
  return [
    {
      about: { kind: "address", address: from.address },
      by: "Modbus Report Server ID",
      ...partOf(bytes[6]!),
      facts: { model: longest },
    },
  ];
}

/** The protocol is 0 and the length fits in one application data unit (260 bytes). */
const couldBe = (bytes: Buffer): boolean =>
  bytes.length >= 6 &&
  bytes.readUInt16BE(2) === 0 &&
  bytes.readUInt16BE(4) >= 2 &&
  bytes.readUInt16BE(4) <= 254;

const asked = (message: Message): Announcement =>
  asks(message, "Modbus Read Device Identification, request", "asks devices over Modbus who they are");

const asks = ({ from }: Message, by: string, reason: string): Announcement => ({
  about: { kind: "address", address: from.address },
  by,
  facts: {},
  role: { role: "engineering-station", basis: "asks", reason },
});

/** A model's name says more than the product's, and that one more than its code: devices tell them in turn. */
function identifiedBy(values: ReadonlyMap<number, string | undefined>): string {
  if (values.get(objects.modelName) !== undefined) return "Modbus device identification";
  const isRegular = values.get(objects.productName) !== undefined;
  return `Modbus device identification (${isRegular ? "regular" : "basic"})`;
}

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
  return [
    {
      about: { kind: "address", address: from.address },
      by: identifiedBy(values),
      ...partOf(bytes[6]!),
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
