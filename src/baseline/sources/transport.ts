import { icmpProtocol, icmpRequestType, portProtocols, protocolNumbers } from "../../net/protocol.ts";
import { type Cursor, u16 } from "./cursor.ts";
import { cutIn, type Drop, ignored } from "./drop.ts";
import { type CapturedPacket, signal } from "./packet.ts";

const cut = cutIn("transport header");

/** Fills in ports, ICMP type and signals from the header that the cursor stands at. */
export function readTransport(cursor: Cursor, packet: CapturedPacket): Drop | undefined {
  packet.sourcePort = 0;
  packet.destinationPort = 0;
  packet.icmpType = -1;
  packet.signals = signal.data;
  const { protocol } = packet;
  if (protocol === icmpProtocol(packet.family)) return readIcmp(cursor, packet);
  if (!portProtocols.has(protocol)) return undefined;
  const { bytes, at, end } = cursor;
  if (at + 4 > end) return cut;
  packet.sourcePort = u16(bytes, at);
  packet.destinationPort = u16(bytes, at + 2);
  if (protocol === protocolNumbers.tcp) packet.signals = tcpSignals(cursor);
  if (protocol === protocolNumbers.sctp) packet.signals = sctpSignals(cursor);
  return undefined;
}

/** RFC 9293. A segment whose flags were not captured still belongs to its flow. */
function tcpSignals({ bytes, at, end, wireEnd }: Cursor): number {
  if (at + 14 > end) return 0;
  const flags = bytes[at + 13]!;
  const [fin, syn, reset, acknowledge] = [flags & 1, flags & 2, flags & 4, flags & 16];
  const data = wireEnd > at + (bytes[at + 12]! >> 4) * 4;
  if (reset) return signal.refuse | signal.end;
  if (syn) return acknowledge ? signal.accept : signal.open;
  return (fin ? signal.end : 0) | (data ? signal.data : 0) | (acknowledge ? signal.acknowledge : 0);
}

/** RFC 9260: the type of the first chunk. */
function sctpSignals({ bytes, at, end }: Cursor): number {
  if (at + 13 > end) return 0;
  switch (bytes[at + 12]) {
    case 0:
      return signal.data | signal.acknowledge;
    case 1:
      return signal.open;
    case 2:
      return signal.accept;
    case 6:
      return signal.refuse | signal.end;
    case 7:
    case 8:
    case 14:
      return signal.end;
    default:
      return signal.acknowledge;
  }
}

const icmpError = ignored("ICMP error: belongs to the flow that it reports on");
const linkScope = ignored("ICMPv6 of the link: neighbour discovery, multicast listeners");

/** A reply is noted under the type of the request that it answers. */
function readIcmp({ bytes, at, end }: Cursor, packet: CapturedPacket): Drop | undefined {
  if (at + 1 > end) return cut;
  const type = bytes[at]!;
  if (packet.family === 4 ? icmp4Errors.has(type) : type < 128) return icmpError;
  if (packet.family === 6 && icmp6OfLink.has(type)) return linkScope;
  const request = icmpRequestType(packet.family, type);
  packet.icmpType = request ?? type;
  packet.signals = request === undefined ? signal.open | signal.data : signal.accept | signal.data;
  return undefined;
}

/** RFC 1122, section 3.2.2: unreachable, source quench, redirect, time exceeded, parameter problem. */
export const icmp4Errors: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);

/** IANA ICMPv6 types that routers never forward: MLD, neighbour discovery and its extensions, router discovery. */
export const icmp6OfLink: ReadonlySet<number> = new Set([
  130, 131, 132, 133, 134, 135, 136, 137, 141, 142, 143, 148, 149, 151, 152, 153,
]);
