/** IP protocol numbers that Sluice names (IANA protocol numbers registry). */
export const protocolNumbers = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  dccp: 33,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  ospf: 89,
  vrrp: 112,
  sctp: 132,
  udplite: 136,
} as const;

export type ProtocolName = keyof typeof protocolNumbers;

const names = new Map<number, ProtocolName>(
  Object.entries(protocolNumbers).map(([name, number]) => [number, name as ProtocolName]),
);

/** Protocols whose header starts with a source and a destination port (what `th dport` may read). */
export const portProtocols: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);

/** The IANA name where Sluice has one, else the number in decimal. */
export const formatProtocol = (protocol: number): string => names.get(protocol) ?? String(protocol);

/** ICMP for IPv4 (RFC 792) is protocol 1, for IPv6 (RFC 4443) protocol 58. */
export const icmpProtocol = (family: 4 | 6): 1 | 58 => (family === 4 ? 1 : 58);

/** The ICMP type that answers a request type, where the protocol defines one (RFC 792, RFC 950, RFC 4443). */
export const icmpReplyType = (family: 4 | 6, type: number): number | undefined =>
  family === 4 ? icmp4Replies.get(type) : icmp6Replies.get(type);

/** The request type that an ICMP type answers, or undefined when the type is no reply. */
export const icmpRequestType = (family: 4 | 6, type: number): number | undefined =>
  family === 4 ? icmp4Requests.get(type) : icmp6Requests.get(type);

const icmp4Replies: ReadonlyMap<number, number> = new Map([
  [8, 0],
  [13, 14],
  [15, 16],
  [17, 18],
]);
const icmp6Replies: ReadonlyMap<number, number> = new Map([
  [128, 129],
  [139, 140],
]);

const inverse = (replies: ReadonlyMap<number, number>): ReadonlyMap<number, number> =>
  new Map([...replies].map(([request, reply]) => [reply, request]));
const icmp4Requests = inverse(icmp4Replies);
const icmp6Requests = inverse(icmp6Replies);
