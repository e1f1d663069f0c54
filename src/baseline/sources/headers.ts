import { AddressError, type Family, parseAddress } from "../../net/address.ts";
import { icmpProtocol, portProtocols, protocolNumbers } from "../../net/protocol.ts";
import { cardOf } from "../links/sightings.ts";
import { type Drop, ignored, rejected } from "./drop.ts";
import { etherType } from "./ethertype.ts";
import { emptyFrame, type FrameSink } from "./frame.ts";
import { isExtension } from "./ip.ts";
import { portOf } from "./record.ts";

/** One packet as a firewall's log tells of it. Values are as they stand in the log. */
export interface LoggedPacket {
  readonly source: string | undefined;
  readonly destination: string | undefined;
  readonly protocol: number | undefined;
  readonly sourcePort: string | undefined;
  readonly destinationPort: string | undefined;
  readonly icmpType: number | undefined;
  /** For TCP, as far as the log tells. */
  readonly flags: { readonly [Flag in TcpFlag]: boolean };
  /** It carries payload. Of other protocols than TCP every packet counts as a message. */
  readonly data: boolean;
  /** Length of the IP packet, in bytes. */
  readonly length: number;
  /** Time to live, or hop limit, where the log has it. */
  readonly hopLimit?: number;
  /** Destination and source of the Ethernet frame, as `02:00:…`, and the id of its VLAN, where the log has them. */
  readonly mac?: string | undefined;
  readonly sourceMac?: string | undefined;
  readonly vlan?: number | undefined;
  /** Seconds since 1970, or NaN. */
  readonly time: number;
}

export type TcpFlag = "syn" | "ack" | "fin" | "rst";
const flagBits: Readonly<Record<TcpFlag, number>> = { fin: 1, syn: 2, rst: 4, ack: 16 };

const badAddress = rejected("not an address");
const badPort = rejected("not a port");
const noIcmpType = rejected("no ICMP type");
const unknownProtocol = ignored("protocol that the log does not name");
/** As filterlog has them for multicast listener reports. */
const extensionOnly = ignored("IPv6 extension header: the log does not tell what follows it");
const laterFragment = ignored("fragment without a transport header");

/**
 * Puts the headers of logged packets together again, as Ethernet frames, so that a log of packets is judged by what
 * judges captures: openings, answers, link scope, groups.
 */
export function headerWriter(sink: FrameSink): (packet: LoggedPacket) => Drop | undefined {
  const frame = emptyFrame();
  frame.linkType = 1;
  frame.rebuilt = true;
  return (packet) => {
    const [source, destination] = [binary(packet.source), binary(packet.destination)];
    if (source === undefined || destination === undefined || source.family !== destination.family)
      return badAddress;
    if (packet.protocol === undefined) return unknownProtocol;
    if (source.family === 6 && isExtension(packet.protocol)) return extensionOnly;
    const transport = transportHeader(packet, packet.protocol, source.family);
    if ("kind" in transport) return transport;
    const network = source.family === 4 ? 20 : 40;
    const link = linkHeader(packet, source.family);
    const bytes = Buffer.alloc(network + transport.length);
    const length = Math.max(packet.length, network + transport.length);
    if (source.family === 4) {
      bytes[0] = 0x45;
      bytes.writeUInt16BE(Math.min(length, 0xffff), 2);
      bytes[8] = packet.hopLimit ?? 0;
      bytes[9] = packet.protocol;
      bytes.set(source.bytes, 12);
      bytes.set(destination.bytes, 16);
    } else {
      bytes[0] = 0x60;
      bytes.writeUInt16BE(Math.min(length - network, 0xffff), 4);
      bytes[6] = packet.protocol;
      bytes[7] = packet.hopLimit ?? 0;
      bytes.set(source.bytes, 8);
      bytes.set(destination.bytes, 24);
    }
    bytes.set(transport, network);
    frame.number += 1;
    frame.bytes = Buffer.concat([link, bytes]);
    frame.end = frame.bytes.length;
    frame.wireLength = link.length + length;
    frame.time = packet.time;
    sink(frame);
    return undefined;
  };
}

function linkHeader({ mac, sourceMac, vlan }: LoggedPacket, family: Family): Buffer {
  const cards = [mac, sourceMac].map((text) => {
    const card = Buffer.alloc(6);
    card.writeUIntBE(Math.max(0, cardOf(text)), 0, 6);
    return card;
  });
  const tag = vlan === undefined ? [] : [etherType.vlan, vlan];
  const types = [...tag, family === 4 ? etherType.ipv4 : etherType.ipv6];
  return Buffer.concat([...cards, ...types.map((type) => Buffer.from([type >> 8, type & 255]))]);
}

function transportHeader(packet: LoggedPacket, protocol: number, family: Family): Buffer | Drop {
  if (protocol === icmpProtocol(family)) {
    return packet.icmpType === undefined ? noIcmpType : Buffer.from([packet.icmpType, 0, 0, 0, 0, 0, 0, 0]);
  }
  if (!portProtocols.has(protocol)) return Buffer.alloc(0);
  if (packet.sourcePort === undefined && packet.destinationPort === undefined) return laterFragment;
  const [from, to] = [portOf(packet.sourcePort), portOf(packet.destinationPort)];
  if (from === undefined || to === undefined) return badPort;
  const header = Buffer.alloc(protocol === protocolNumbers.tcp ? 20 : 12);
  header.writeUInt16BE(from, 0);
  header.writeUInt16BE(to, 2);
  if (protocol === protocolNumbers.tcp) {
    // The log does not tell how long the options are: all that is no payload counts as header.
    const rest = packet.length - (family === 4 ? 20 : 40);
    header[12] = (packet.data ? 5 : Math.min(15, Math.max(5, Math.ceil(rest / 4)))) << 4;
    for (const [flag, bit] of Object.entries(flagBits)) if (packet.flags[flag as TcpFlag]) header[13]! |= bit;
  }
  return header;
}

function binary(
  text: string | undefined,
): { readonly family: Family; readonly bytes: Uint8Array } | undefined {
  if (text === undefined) return undefined;
  try {
    const { family, from } = parseAddress(text);
    const hex = from.toString(16).padStart(family === 4 ? 8 : 32, "0");
    return { family, bytes: Buffer.from(hex, "hex") };
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}
