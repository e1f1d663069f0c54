import type { LegalRule } from "../../src/compile/legalise/legal-rule.ts";
import { type AddressRange, type Family, formatRange } from "../../src/net/address.ts";
import type { Service } from "../../src/net/service.ts";
import { addressKey, addressType, reversedAddressKey } from "./frame.ts";
import type { PermitMatch, PermitShape, RecordShape } from "./names.ts";

const icmpKeyword = { 4: "icmp", 6: "icmpv6" } as const;

/** Protocols that are keywords of nft itself; any other is written as a number, since a host may lack /etc/protocols. */
const protocolKeywords: ReadonlyMap<number, string> = new Map([
  [1, "icmp"],
  [6, "tcp"],
  [17, "udp"],
  [33, "dccp"],
  [58, "icmpv6"],
  [132, "sctp"],
  [136, "udplite"],
]);

const protocolText = (protocol: number): string => protocolKeywords.get(protocol) ?? String(protocol);

/** The kind of set that holds a rule. */
export function shapeOf({ services: [service] }: LegalRule): PermitShape {
  switch (service!.kind) {
    case "any":
      return "addresses";
    case "ports":
      return "ports";
    case "icmp":
      return "icmp";
    case "protocol":
      return "protocols";
  }
}

/** Exact when an element of a set without intervals can hold the rule. */
export function matchOf({
  sources: [source],
  destinations: [destination],
  services: [service],
}: LegalRule): PermitMatch {
  const exact =
    source!.from === source!.to &&
    destination!.from === destination!.to &&
    (service!.kind !== "ports" || service!.from === service!.to);
  return exact ? "exact" : "ranges";
}

/** Set type behind the two addresses, by shape. */
const keyTypes: Record<PermitShape, Record<Family, string>> = {
  ports: { 4: " . inet_proto . inet_service", 6: " . inet_proto . inet_service" },
  icmp: { 4: " . icmp_type", 6: " . icmpv6_type" },
  protocols: { 4: " . inet_proto", 6: " . inet_proto" },
  addresses: { 4: "", 6: "" },
};

export const keyType = (shape: PermitShape, family: Family): string =>
  `type ${addressType[family]} . ${addressType[family]}${keyTypes[shape][family]}`;

/** What of a packet's service a set is keyed by; `port` is the side of the packet that holds the responder's. */
function serviceKey(shape: PermitShape, family: Family, port: "sport" | "dport"): string {
  switch (shape) {
    case "ports":
      return ` . meta l4proto . th ${port}`;
    case "icmp":
      return ` . ${icmpKeyword[family]} type`;
    case "protocols":
      return " . meta l4proto";
    case "addresses":
      return "";
  }
}

/** The key of a request, as the packet carries it. */
export const requestKey = (shape: PermitShape, family: Family): string =>
  addressKey[family] + serviceKey(shape, family, "dport");

/** The key of a TCP request, with the word that nft itself uses for ports where the protocol is known. */
export const openingKey = (family: Family): string => `${addressKey[family]} . meta l4proto . tcp dport`;

/** The key of a reply, as the packet carries it: its source port is the responder's. */
export const replyKey = (shape: PermitShape, family: Family): string =>
  addressKey[family] + serviceKey(shape, family, "sport");

/** The key of the request that a reply answers. */
export const answeredKey = (shape: RecordShape, family: Family): string =>
  reversedAddressKey[family] + serviceKey(shape, family, "sport");

function serviceText(service: Service): string {
  switch (service.kind) {
    case "any":
      return "";
    case "ports": {
      const ports = service.from === service.to ? `${service.from}` : `${service.from}-${service.to}`;
      return ` . ${protocolText(service.protocol)} . ${ports}`;
    }
    case "icmp":
      return ` . ${service.type}`;
    case "protocol":
      return ` . ${protocolText(service.protocol)}`;
  }
}

/** Texts of ranges that were written before: most ranges stand in many elements, and formatting is slow. */
const rangeTexts = new WeakMap<AddressRange, string>();

function rangeText(range: AddressRange): string {
  const known = rangeTexts.get(range);
  if (known !== undefined) return known;
  const text = formatRange(range);
  rangeTexts.set(range, text);
  return text;
}

/** One element, since a rule for sets has one source, one destination and one service. */
export const elementText = ({ sources, destinations, services }: LegalRule): string =>
  `${rangeText(sources[0]!)} . ${rangeText(destinations[0]!)}${serviceText(services[0]!)}`;
