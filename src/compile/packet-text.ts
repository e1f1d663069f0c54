import { AddressError, type AddressRange, type Family, parseAddress } from "../net/address.ts";
import { type ConnectionState, connectionStates, type Packet } from "../net/packet.ts";
import { portProtocols, protocolNumbers } from "../net/protocol.ts";
import type { Site } from "../policy/model.ts";

/** Why a text is not a packet; the message says what was expected. */
export class PacketTextError extends Error {}

const forms =
  'write it as in "tcp 10.2.0.5 -> 10.1.0.10:502", "udp a:1234 -> [fd00::1]:53" or "icmp echo-request a -> b"';

const icmpTypes: ReadonlyMap<string, Readonly<Record<Family, number>>> = new Map([
  ["echo-request", { 4: 8, 6: 128 }],
  ["echo-reply", { 4: 0, 6: 129 }],
]);

/** A source port as a client would have it, where the text names none. */
const ephemeralPort = 40_000;

/**
 * Reads a packet as people write it, and as `formatPacket` prints it: protocol, for ICMP the type and code, both ends
 * with or without ports, and the state in brackets behind it. An end is an address or an asset of the site, as `plc1`
 * or `cell1.plc1`.
 * @throws {PacketTextError}
 */
export function parsePacket(text: string, site: Site): Packet {
  const match =
    /^\s*(\S+)\s+(.*?)(\S+)\s*->\s*(\S+)\s*(?:\((\w+)\))?(?:\s+in\s+(\S+))?(?:\s+out\s+(\S+))?\s*$/.exec(
      text,
    );
  if (!match) throw new PacketTextError(`"${text}" is not a packet: ${forms}`);
  const [, protocolText = "", icmpText = "", from = "", to = "", stateText = "original", ingress, egress] =
    match;
  const state = connectionStates.find((known) => known === stateText);
  if (!state) throw new PacketTextError(`"${stateText}" is not a state: ${connectionStates.join(", ")}`);
  const [source, destination] = [readEnd(from, site), readEnd(to, site)];
  const family = ([4, 6] as const).find((version) =>
    [source, destination].every(({ addresses }) => addresses.some((range) => range.family === version)),
  );
  if (!family) throw new PacketTextError(`"${from}" and "${to}" have no addresses of one IP version`);
  const protocol = readProtocol(protocolText, family);
  return {
    ...{ family, state: state satisfies ConnectionState, protocol },
    source: addressOf(source, family),
    destination: addressOf(destination, family),
    ...payload({ protocol, family, source, destination, icmpText: icmpText.trim(), state }),
    ...(ingress !== undefined && { ingress }),
    ...(egress !== undefined && { egress }),
  };
}

interface End {
  readonly text: string;
  readonly addresses: readonly AddressRange[];
  readonly port: number | undefined;
}

const addressOf = (end: End, family: Family): bigint =>
  end.addresses.find((range) => range.family === family)!.from;

function readEnd(text: string, site: Site): End {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(text);
  const isBareIpv6 = !bracketed && text.split(":").length > 2;
  const [, name = "", portText] =
    bracketed ?? (isBareIpv6 ? ["", text] : (/^([^:]+)(?::(\d+))?$/.exec(text) ?? []));
  const port = portText === undefined ? undefined : Number(portText);
  if (name === "" || (port !== undefined && port > 65_535)) {
    throw new PacketTextError(`"${text}" is not an address or asset with or without a port: ${forms}`);
  }
  return { text, addresses: addressesOf(name, site), port };
}

function addressesOf(name: string, site: Site): readonly AddressRange[] {
  if (/^[0-9.]+$|:/.test(name)) {
    try {
      return [parseAddress(name)];
    } catch (error) {
      if (error instanceof AddressError) throw new PacketTextError(error.message);
      throw error;
    }
  }
  const assets = site.zones
    .flatMap((zone) => zone.assets)
    .filter((asset) => asset.id === name || `${asset.zone}.${asset.id}` === name);
  if (assets.length > 1) {
    const names = assets.map((asset) => `${asset.zone}.${asset.id}`).join(" or ");
    throw new PacketTextError(`"${name}" is an asset of several zones: write ${names}`);
  }
  if (!assets[0]) throw new PacketTextError(`"${name}" is neither an address nor an asset of ${site.name}`);
  return assets[0].addresses;
}

function readProtocol(text: string, family: Family): number {
  if (text === "icmp") return family === 4 ? protocolNumbers.icmp : protocolNumbers.icmpv6;
  const named = Object.entries(protocolNumbers).find(([name]) => name === text)?.[1];
  const number = named ?? (/^\d{1,3}$/.test(text) ? Number(text) : Number.NaN);
  if (!(number <= 255)) {
    throw new PacketTextError(
      `"${text}" is not a protocol: write tcp, udp, icmp, gre… or a number up to 255`,
    );
  }
  return number;
}

/** What comes behind the addresses: ports for protocols that have them, type and code for ICMP. */
function payload(packet: {
  readonly protocol: number;
  readonly family: Family;
  readonly source: End;
  readonly destination: End;
  readonly icmpText: string;
  readonly state: ConnectionState;
}): Partial<Packet> {
  const { protocol, family, source, destination, icmpText } = packet;
  const isIcmp = protocol === protocolNumbers.icmp || protocol === protocolNumbers.icmpv6;
  if (!isIcmp && icmpText !== "") throw new PacketTextError(`"${icmpText}" is not expected here: ${forms}`);
  if (portProtocols.has(protocol)) {
    const asked = packet.state === "reply" ? source : destination;
    if (asked.port === undefined) {
      const example = asked.text.includes(":") ? `[${asked.text}]:502` : `${asked.text}:502`;
      throw new PacketTextError(`"${asked.text}" needs the port that was asked, as in ${example}`);
    }
    return { sourcePort: source.port ?? ephemeralPort, destinationPort: destination.port ?? ephemeralPort };
  }
  for (const end of [source, destination]) {
    if (end.port !== undefined)
      throw new PacketTextError(`"${end.text}" has a port, and the protocol has none`);
  }
  if (!isIcmp) return {};
  const [, type = "", code = "0"] = /^(?:type\s+)?(\S+)(?:\s+code\s+(\d{1,3}))?$/.exec(icmpText) ?? [];
  const icmpType = icmpTypes.get(type)?.[family] ?? (/^\d{1,3}$/.test(type) ? Number(type) : Number.NaN);
  if (!(icmpType <= 255) || Number(code) > 255) {
    throw new PacketTextError(
      `an ICMP packet needs its type, as in "icmp echo-request a -> b" or "icmp 8 a -> b"`,
    );
  }
  return { icmpType, icmpCode: Number(code) };
}
