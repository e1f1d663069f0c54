import type { Announcement } from "../announcement.ts";
import { cipMessages } from "./cip.ts";
import { cipIdentity } from "./cip-identity.ts";
import type { Message, MessageReader, StreamProtocol } from "./message.ts";

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

/** Items with a message of CIP: sent without a connection, or in one, behind a number of two bytes. */
const unconnectedItem = 0xb2;
const connectedItem = 0xb1;

/** EtherNet/IP encapsulation over UDP: List Identity is asked for by broadcast. */
export const enipDatagram: MessageReader = (message) =>
  lengthOf(message.bytes) === message.bytes.length && isListIdentity(message) ? listIdentity(message) : [];

/** EtherNet/IP over TCP: List Identity, and what CIP messages inside tell. */
export function enip(): StreamProtocol {
  const cip = cipMessages();
  return {
    lengthOf,
    read(message) {
      const { bytes } = message;
      if (isListIdentity(message)) return listIdentity(message);
      const command = bytes.readUInt16LE(0);
      // A handle and a time stand before the items.
      if ((command !== commands.sendRRData && command !== commands.sendUnitData) || bytes.length < header + 6)
        return [];
      return items(bytes, header + 6).flatMap(({ type, data }) => {
        if (type === unconnectedItem)
          return cip(message, { data, number: bytes.toString("latin1", 12, 20), isConnected: false });
        return type === connectedItem && data.length > 2
          ? cip(message, {
              data: data.subarray(2),
              number: data.toString("latin1", 0, 2),
              isConnected: true,
            })
          : [];
      });
    },
  };
}

function lengthOf(bytes: Buffer): number {
  if (bytes.length < 2 || !knownCommands.has(bytes.readUInt16LE(0))) return 0;
  if (bytes.length < header) return header;
  // Options are 0 in every message that a device may act on.
  return bytes.readUInt32LE(20) === 0 ? header + bytes.readUInt16LE(2) : 0;
}

const isListIdentity = ({ bytes }: Message): boolean => bytes.readUInt16LE(0) === commands.listIdentity;

function listIdentity({ bytes, from }: Message): readonly Announcement[] {
  const about = { kind: "address", address: from.address } as const;
  if (bytes.length === header) {
    const reason = "browses for devices over EtherNet/IP";
    return [
      {
        about,
        by: "EtherNet/IP List Identity, request",
        facts: {},
        role: { role: "engineering-station", basis: "asks", reason },
      },
    ];
  }
  // Encapsulation version and socket address (18 bytes) stand before the attributes of the identity object.
  return items(bytes, header)
    .filter(({ type }) => type === identityItem)
    .flatMap(({ data }) => cipIdentity(data.subarray(18)) ?? [])
    .map((said) => ({ about, by: "EtherNet/IP List Identity", ...said }));
}

/** The items of the common packet format: how many, then type, length and data of each. */
function items(bytes: Buffer, from: number): readonly { readonly type: number; readonly data: Buffer }[] {
  if (bytes.length < from + 2) return [];
  const found: { readonly type: number; readonly data: Buffer }[] = [];
  let at = from + 2;
  for (let left = bytes.readUInt16LE(from); left > 0 && at + 4 <= bytes.length; left--) {
    const [type, length] = [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)];
    if (at + 4 + length > bytes.length) break;
    found.push({ type, data: bytes.subarray(at + 4, at + 4 + length) });
    at += 4 + length;
  }
  return found;
}
