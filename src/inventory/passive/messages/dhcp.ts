import { type Announcement, type Facts, ipv4Text, known, macText, wireText } from "../announcement.ts";
import type { MessageReader } from "./message.ts";

/** Layout of a message (RFC 2131): who asks or answers, addresses, the client's card, then options behind a mark. */
const at = {
  operation: 0,
  cardType: 1,
  cardLength: 2,
  given: 16,
  relay: 24,
  card: 28,
  mark: 236,
  options: 240,
} as const;
const mark = 0x63825363;
const operation = { request: 1, reply: 2 } as const;
/** Options (RFC 2132, RFC 4702). */
const option = { pad: 0, hostName: 12, kind: 53, vendorClass: 60, fullName: 81, end: 255 } as const;
const acknowledged = 5;
const ports: ReadonlySet<number> = new Set([67, 68]);
const serverPort = 67;

/** What a host says when it asks for an address: its name and its client; what a server gives to whom. */
export const dhcp: MessageReader = ({ bytes, from, to }) => {
  if (!ports.has(to.port) || bytes.length < at.options || bytes.readUInt32BE(at.mark) !== mark) return [];
  if (bytes[at.cardType] !== 1 || bytes[at.cardLength] !== 6) return [];
  const options = optionsOf(bytes);
  const about = { kind: "mac", mac: macText(bytes, at.card) } as const;
  if (bytes[at.operation] === operation.request) return request(about, options);
  if (bytes[at.operation] !== operation.reply || options.get(option.kind)?.[0] !== acknowledged) return [];
  const given = bytes.readUInt32BE(at.given) === 0 ? [] : [ipv4Text(bytes, at.given)];
  const name = text(options.get(option.hostName));
  // What a relay hands to the client is another one's answer; the server answers the relay at its own port.
  const isServers = bytes.readUInt32BE(at.relay) === 0 || to.port === serverPort;
  return [
    {
      about,
      by: "DHCP answer to it",
      facts: known({ name }),
      hearsay: true,
      ...(given.length === 0 ? {} : { addresses: given }),
    },
    ...(isServers ? [server(from.address)] : []),
  ];
};

const server = (address: string): Announcement => ({
  about: { kind: "address", address },
  by: "DHCP answer",
  facts: {},
  role: { role: "dhcp-server", basis: "shows", reason: "gives out addresses over DHCP" },
});

function request(
  about: Announcement["about"],
  options: ReadonlyMap<number, Buffer>,
): readonly Announcement[] {
  const name = text(options.get(option.hostName)) ?? fullName(options.get(option.fullName));
  const client = text(options.get(option.vendorClass));
  const said: { readonly facts: Facts; readonly part?: string }[] = [
    ...(name === undefined ? [] : [{ facts: { name } }]),
    ...(client === undefined ? [] : [{ facts: { model: client }, part: "DHCP client" }]),
  ];
  return said.map((one) => ({ about, by: "DHCP", ...one }));
}

const text = (value: Buffer | undefined): string | undefined => value && wireText(value);

/** Flags, two bytes for DNS's answer, then the name: as in DNS where bit 2 is set, else as plain text. */
function fullName(value: Buffer | undefined): string | undefined {
  if (value === undefined || value.length < 4) return undefined;
  if ((value[0]! & 4) === 0) return wireText(value.subarray(3));
  const labels: string[] = [];
  for (let next = 3; next < value.length && value[next]! > 0 && value[next]! < 64; next += 1 + value[next]!)
    labels.push(value.toString("latin1", next + 1, next + 1 + value[next]!));
  return wireText(Buffer.from(labels.join("."), "latin1"));
}

/** Number, length, value; parts of one option follow each other (RFC 3396). Up to where it is sound. */
function optionsOf(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>();
  let next: number = at.options;
  while (next < bytes.length && bytes[next] !== option.end) {
    const number = bytes[next]!;
    if (number === option.pad) {
      next += 1;
      continue;
    }
    const length = bytes[next + 1];
    if (length === undefined || next + 2 + length > bytes.length) break;
    if (!found.has(number)) found.set(number, bytes.subarray(next + 2, next + 2 + length));
    next += 2 + length;
  }
  return found;
}
