import { type Announcement, type Facts, known, type Role, wireText } from "../announcement.ts";
import type { Message, MessageReader, StreamProtocol } from "./message.ts";
import { cipVendor } from "./vendors.ts";

/** Length of the encapsulation header: command, length, session, status, context, options. All little endian. */
const header = 24;
/** Commands of the encapsulation (CIP Networks Library volume 2, 2-3.2). */
const commands = {
  listServices: 0x0004,
  listIdentity: 0x0063,
  listInterfaces: 0x0064,
  register: 0x0065,
  unregister: 0x0066,
  sendRRData: 0x006f,
  sendUnitData: 0x0070,
} as const;
const knownCommands: ReadonlySet<number> = new Set(Object.values(commands));
const identityItem = 0x000c;

/** What a device profile is in a plant (CIP Networks Library volume 1, chapter 6). */
const deviceTypes: ReadonlyMap<number, readonly [name: string, role?: Role]> = new Map([
  [0x02, ["AC drive", "drive"]],
  [0x07, ["general purpose discrete I/O", "remote-io"]],
  [0x0c, ["communications adapter"]],
  [0x0e, ["programmable logic controller", "plc"]],
  [0x10, ["position controller", "drive"]],
  [0x13, ["DC drive", "drive"]],
  [0x18, ["human-machine interface", "hmi"]],
  [0x22, ["encoder", "remote-io"]],
  [0x25, ["CIP motion drive", "drive"]],
  [0x2c, ["managed Ethernet switch", "switch"]],
]);

/** EtherNet/IP encapsulation over UDP: List Identity is asked for by broadcast. */
export const enipDatagram: MessageReader = (message) =>
  enip.lengthOf(message.bytes) === message.bytes.length ? enip.read(message) : [];

export const enip: StreamProtocol = {
  lengthOf(bytes) {
    if (bytes.length < 2 || !knownCommands.has(bytes.readUInt16LE(0))) return 0;
    if (bytes.length < header) return header;
    // Options are 0 in every message that a device may act on.
    return bytes.readUInt32LE(20) === 0 ? header + bytes.readUInt16LE(2) : 0;
  },
  read(message) {
    const { bytes, from } = message;
    if (bytes.readUInt16LE(0) !== commands.listIdentity) return [];
    if (bytes.length === header) {
      return [
        {
          about: { kind: "address", address: from.address },
          by: "EtherNet/IP List Identity, request",
          facts: {},
          role: {
            role: "engineering-station",
            basis: "asks",
            reason: "browses for devices over EtherNet/IP",
          },
        },
      ];
    }
    return items(bytes).flatMap((item) => identity(message, item));
  },
};

/** The items of the common packet format that are CIP identities. */
function items(bytes: Buffer): readonly Buffer[] {
  if (bytes.length < header + 2) return [];
  const found: Buffer[] = [];
  let at = header + 2;
  for (let left = bytes.readUInt16LE(header); left > 0 && at + 4 <= bytes.length; left--) {
    const [type, length] = [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)];
    if (at + 4 + length > bytes.length) break;
    if (type === identityItem) found.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return found;
}

/** Encapsulation version, socket address (16 bytes), then attributes 1 to 7 of the identity object. */
function identity({ from }: Message, item: Buffer): readonly Announcement[] {
  if (item.length < 33) return [];
  const type = item.readUInt16LE(20);
  const [name, role] = deviceTypes.get(type) ?? [];
  const nameLength = item[32]!;
  if (33 + nameLength > item.length) return [];
  const facts: Facts = known({
    vendor: cipVendor(item.readUInt16LE(18)),
    model: wireText(item.subarray(33, 33 + nameLength)),
    firmware: `${item[24]}.${String(item[25]).padStart(3, "0")}`,
    serial: item.readUInt32LE(28).toString(16).padStart(8, "0"),
  });
  return [
    {
      about: { kind: "address", address: from.address },
      by: "EtherNet/IP List Identity",
      facts,
      ...(role === undefined
        ? {}
        : { role: { role, basis: "says", reason: `says that it is of CIP device type "${name}"` } }),
    },
  ];
}
