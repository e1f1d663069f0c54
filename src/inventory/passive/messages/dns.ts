import { type Answer, decode, type Packet } from "dns-packet";
import { parseAddress } from "../../../net/address.ts";
import { isPrivate } from "../../from-baseline.ts";
import { type Announcement, wireText } from "../announcement.ts";
import type { MessageReader } from "./message.ts";

/** Names by DNS (RFC 1035), among neighbours (mDNS, RFC 6762) and among Windows machines (LLMNR, RFC 4795). */
const ports = { dns: 53, neighbours: 5353, windows: 5355 } as const;
/** A machine that asks for every record of a name (QTYPE 255) checks whether its own is taken (RFC 4795, 4.1). */
const everything: string = "ANY";
/** Services that only printers have (RFC 6763, Bonjour printing). */
const printing = /(^|\.)_(ipp|ipps|printer|pdl-datastream)\._tcp\.local$/i;

/** The names that machines announce, answer to and are looked up by, and the printers among them. */
export const dns: MessageReader = ({ bytes, from, to }) => {
  const isWindows = from.port === ports.windows || to.port === ports.windows;
  const isNeighbours = from.port === ports.neighbours && to.port === ports.neighbours;
  if (!isWindows && !isNeighbours && from.port !== ports.dns) return [];
  const packet = packetOf(bytes);
  if (packet === undefined) return [];
  if (packet.type !== "response") {
    const [asked] = packet.questions ?? [];
    return isWindows && asked?.type === everything
      ? named(from.address, asked.name, "LLMNR question about itself", false)
      : [];
  }
  const by = isWindows ? "LLMNR" : isNeighbours ? "mDNS" : "DNS";
  const records = [...(packet.answers ?? []), ...(packet.additionals ?? [])];
  const all = records.flatMap((record) => (record.type === "A" || record.type === "AAAA" ? [record] : []));
  // What name servers say of the world's machines would fill the memory.
  const hosts = by === "DNS" ? all.filter(({ data }) => isPlants(data)) : all;
  return [
    ...hosts.flatMap(({ name, data }) => named(data, name, by, data !== from.address)),
    ...(isNeighbours ? printers(records, hosts, by) : []),
  ];
};

/** IPv4 addresses inside IPv6 are no machine's. */
const isPlants = (address: string): boolean => !address.startsWith("::") && isPrivate(parseAddress(address));

const named = (address: string, name: string, by: string, hearsay: boolean): readonly Announcement[] => {
  const plain = wireText(Buffer.from(name.replace(/\.local\.?$/i, "")));
  return plain === undefined
    ? []
    : [
        {
          about: { kind: "address", address },
          by,
          facts: { name: plain },
          ...(hearsay ? { hearsay: true } : {}),
        },
      ];
};

/** Where a message says which machine serves printing and which address that one has. */
function printers(
  records: readonly Answer[],
  hosts: readonly { readonly name: string; readonly data: string }[],
  by: string,
): readonly Announcement[] {
  return records.flatMap((record): readonly Announcement[] => {
    if (record.type !== "SRV" || !printing.test(record.name)) return [];
    return hosts
      .filter(({ name }) => name.toLowerCase() === record.data.target.toLowerCase())
      .map(({ data }) => ({
        about: { kind: "address", address: data },
        by,
        facts: {},
        hearsay: true,
        role: { role: "printer", basis: "says", reason: "says over mDNS that it prints" },
      }));
  });
}

/** What is no DNS says nothing: any datagram may come here. */
function packetOf(bytes: Buffer): Packet | undefined {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}
