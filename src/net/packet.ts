import { type Family, formatAddress } from "./address.ts";
import { formatProtocol } from "./protocol.ts";

/**
 * How connection tracking sees a packet.
 * `original`: in the direction of the request (state new or established). `reply`: established, reply direction.
 * `related`: an ICMP error or a helper's child. `none`: invalid or untracked, so it has no connection.
 */
export type ConnectionState = "original" | "reply" | "related" | "none";
export const connectionStates: readonly ConnectionState[] = ["original", "reply", "related", "none"];

/** One packet as a filter sees it. Ports are undefined for protocols without ports, ICMP fields for all but ICMP. */
export interface Packet {
  readonly family: Family;
  readonly state: ConnectionState;
  readonly source: bigint;
  readonly destination: bigint;
  readonly protocol: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly icmpType?: number;
  readonly icmpCode?: number;
  /** Names of the interfaces by which it comes and leaves, where they are known. */
  readonly ingress?: string;
  readonly egress?: string;
}

/**
 * `tcp 10.2.0.5:40000 -> 10.1.0.10:502`, with ` (reply)` and the like behind it when not the original direction, and
 * ` in eth0 out eth1` where its interfaces are known; `*` is any that no rule names.
 */
export function formatPacket(packet: Packet): string {
  const end = (address: bigint, port: number | undefined): string => {
    const text = formatAddress(packet.family, address);
    if (port === undefined) return text;
    return packet.family === 6 ? `[${text}]:${port}` : `${text}:${port}`;
  };
  const icmp = packet.icmpType === undefined ? "" : ` type ${packet.icmpType} code ${packet.icmpCode ?? 0}`;
  const state = packet.state === "original" ? "" : ` (${packet.state})`;
  const way =
    (packet.ingress === undefined ? "" : ` in ${packet.ingress}`) +
    (packet.egress === undefined ? "" : ` out ${packet.egress}`);
  return `${formatProtocol(packet.protocol)}${icmp} ${end(packet.source, packet.sourcePort)} -> ${end(packet.destination, packet.destinationPort)}${state}${way}`;
}
