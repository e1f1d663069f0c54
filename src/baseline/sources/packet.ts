import type { Family } from "../../net/address.ts";

/** What a packet says about its connection. Bits of `CapturedPacket.signals`. */
export const signal = {
  /** The sender opens: TCP SYN, SCTP INIT, an ICMP request. */
  open: 1,
  /** The sender answers an opening: TCP SYN ACK, SCTP INIT ACK, an ICMP reply. */
  accept: 2,
  /** The sender refuses or tears down: TCP RST, SCTP ABORT. */
  refuse: 4,
  /** The connection ends: FIN, RST, SHUTDOWN, ABORT. */
  end: 8,
  /** The packet carries payload, or is a message of its own. */
  data: 16,
  /** The packet acknowledges something that the other end has sent. */
  acknowledge: 32,
} as const;

/**
 * An IP packet as far as the baseline needs it. One object is reused for all packets.
 * Addresses are numbers: the 32 bits of an IPv4 address, or what the address book gives for an IPv6 address.
 */
export interface CapturedPacket {
  family: Family;
  source: number;
  destination: number;
  protocol: number;
  /** 0 for protocols without ports. */
  sourcePort: number;
  destinationPort: number;
  /** Type of the request for ICMP, else -1. */
  icmpType: number;
  signals: number;
  /** Length of the IP packet in bytes. */
  length: number;
  /** Seconds since 1970, or NaN. */
  time: number;
  broadcast: boolean;
  /** 32 bits (IPv4: 16) that the fragments of one packet share; -1 when it is whole. */
  fragment: number;
  /** IPv4: flags and offset; IPv6: offset and flag of the fragment header. 0 when it is whole. */
  fragmentOffset: number;
  /** IPv4: identification; IPv6: that of the fragments, else the flow label. */
  identification: number;
  /** Time to live (IPv4), hop limit (IPv6). */
  hopLimit: number;
}

export const emptyPacket = (): CapturedPacket => ({
  family: 4,
  source: 0,
  destination: 0,
  protocol: 0,
  sourcePort: 0,
  destinationPort: 0,
  icmpType: -1,
  signals: 0,
  length: 0,
  time: Number.NaN,
  broadcast: false,
  fragment: -1,
  fragmentOffset: 0,
  identification: 0,
  hopLimit: 0,
});
