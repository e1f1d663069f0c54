import { type Announcement, ipv4Text, wireText } from "../announcement.ts";
import type { MessageReader } from "./message.ts";

/** Name service and datagrams of NetBIOS (RFC 1002). */
const ports = { names: 137, datagrams: 138 } as const;
/** Length of a question or a record up to its name, and of a name without a scope. */
const header = 12;
const nameLength = 34;
/** Operations of the name service: what a host registers, or refreshes, is its own. */
const operations = { query: 0, registers: new Set([5, 8, 9, 15]) } as const;
const types = { name: 0x20, status: 0x21 } as const;
/** The last byte of a name says what it stands for: the machine itself, or its file service. */
const machine: ReadonlySet<number> = new Set([0x00, 0x20]);
const group = 0x8000;

const named = (
  address: string,
  name: string | undefined,
  by: string,
  hearsay = false,
): readonly Announcement[] =>
  name === undefined
    ? []
    : [{ about: { kind: "address", address }, by, facts: { name }, ...(hearsay ? { hearsay: true } : {}) }];

/** The names that Windows machines register, answer to, and send under. */
export const netbios: MessageReader = ({ bytes, from, to }) => {
  if (to.port === ports.datagrams) return datagram(bytes);
  if ((from.port !== ports.names && to.port !== ports.names) || bytes.length < header + nameLength) return [];
  const flags = bytes.readUInt16BE(2);
  const [isAnswer, operation, failed] = [flags >> 15 === 1, (flags >> 11) & 15, (flags & 15) !== 0];
  if (!isAnswer) {
    if (!operations.registers.has(operation)) return [];
    // Question, type and class; then the record: a pointer to the name, type, class, time to live, length.
    const record = header + nameLength + 4 + 12;
    if (bytes.length < record + 6 || bytes.readUInt16BE(record) & group) return [];
    return named(ipv4Text(bytes, record + 2), ownName(bytes, header), "NetBIOS registration");
  }
  const value = header + nameLength + 10;
  if (operation !== operations.query || failed || bytes.length < value + 6) return [];
  const type = bytes.readUInt16BE(header + nameLength);
  if (type === types.status) return named(from.address, statusName(bytes, value), "NetBIOS status");
  if (type !== types.name || bytes.readUInt16BE(value) & group) return [];
  const address = ipv4Text(bytes, value + 2);
  return named(address, ownName(bytes, header), "NetBIOS name", address !== from.address);
};

/** Kind, flags, number, the sender's address and port, length, offset; then the sender's name. */
function datagram(bytes: Buffer): readonly Announcement[] {
  const [kind = 0] = bytes;
  if (kind < 0x10 || kind > 0x12 || bytes.length < 14 + nameLength) return [];
  return named(ipv4Text(bytes, 4), ownName(bytes, 14), "NetBIOS datagram");
}

/** Two letters from A to P for each of sixteen bytes: fifteen of the name, and what it stands for. */
function ownName(bytes: Buffer, at: number): string | undefined {
  if (bytes[at] !== 32) return undefined;
  const plain = Buffer.alloc(16);
  for (let index = 0; index < 16; index++) {
    const [high, low] = [bytes[at + 1 + 2 * index]! - 0x41, bytes[at + 2 + 2 * index]! - 0x41];
    if (high < 0 || high > 15 || low < 0 || low > 15) return undefined;
    plain[index] = high * 16 + low;
  }
  return machine.has(plain[15]!) ? wireText(plain.subarray(0, 15), "latin1") : undefined;
}

/** Number of names; each of fifteen bytes, what it stands for, and flags. */
function statusName(bytes: Buffer, at: number): string | undefined {
  for (let index = 0; index < bytes[at]!; index++) {
    const name = at + 1 + 18 * index;
    if (name + 18 > bytes.length) break;
    if (bytes[name + 15] === 0 && (bytes.readUInt16BE(name + 16) & group) === 0)
      return wireText(bytes.subarray(name, name + 15), "latin1");
  }
  return undefined;
}
