import { type AddressRange, addressBits, formatRange, prefixLength } from "../../src/net/address.ts";
import { formatProtocol } from "../../src/net/protocol.ts";

/** Inclusive range of ports. */
export interface Ports {
  readonly from: number;
  readonly to: number;
}

/** What of a packet's service a rule names; a list of ports is one rule. */
export type ServiceMatch =
  | { readonly kind: "any" }
  | {
      readonly kind: "ports";
      readonly protocol: number;
      readonly side: "sport" | "dport";
      readonly ports: readonly Ports[];
    }
  | { readonly kind: "icmp"; readonly family: 4 | 6; readonly type: number }
  | { readonly kind: "protocol"; readonly protocol: number };

/** The conditions of a rule, in the order in which iptables-save prints them. */
export function matchText(ends: {
  readonly source?: AddressRange | undefined;
  readonly destination?: AddressRange | undefined;
  readonly service?: ServiceMatch;
}): string {
  const [source, destination] = [address("s", "src", ends.source), address("d", "dst", ends.destination)];
  const service = serviceText(ends.service ?? { kind: "any" });
  const ranges = [source.range, destination.range].filter((text) => text !== "");
  return [
    source.prefix,
    destination.prefix,
    service.protocol,
    ranges.length > 0 ? `-m iprange ${ranges.join(" ")}` : "",
    service.match,
  ]
    .filter((text) => text !== "")
    .join(" ");
}

/** A prefix is matched by the packet header itself; any other range needs the match `iprange`. */
function address(
  option: "s" | "d",
  side: "src" | "dst",
  range: AddressRange | undefined,
): { readonly prefix: string; readonly range: string } {
  const length = range && prefixLength(range);
  if (range === undefined || length === 0) return { prefix: "", range: "" };
  const text = formatRange(range);
  if (length === undefined) return { prefix: "", range: `--${side}-range ${text}` };
  return {
    prefix: `-${option} ${text.includes("/") ? text : `${text}/${addressBits(range.family)}`}`,
    range: "",
  };
}

/** Protocols whose own match reads one port or range. UDP-Lite has none and is left to `multiport`. */
const ownMatch: ReadonlySet<number> = new Set([6, 17, 33, 132]);

function serviceText(service: ServiceMatch): { readonly protocol: string; readonly match: string } {
  switch (service.kind) {
    case "any":
      return { protocol: "", match: "" };
    case "protocol":
      return { protocol: `-p ${service.protocol}`, match: "" };
    case "icmp":
      return service.family === 4
        ? { protocol: "-p icmp", match: `-m icmp --icmp-type ${service.type}` }
        : { protocol: "-p ipv6-icmp", match: `-m icmp6 --icmpv6-type ${service.type}` };
    case "ports": {
      const name = formatProtocol(service.protocol);
      const ports = service.ports.map(({ from, to }) => (from === to ? `${from}` : `${from}:${to}`));
      const single = ports.length === 1 && ownMatch.has(service.protocol);
      return {
        protocol: `-p ${name}`,
        match: `-m ${single ? name : "multiport"} --${service.side}${single ? "" : "s"} ${ports.join()}`,
      };
    }
  }
}

/** Slots that one `multiport` holds (XT_MULTI_PORTS); a range takes two. */
const slots = 15;

/** Ports in as few lists as `multiport` allows, in their order. */
export function portLists(ports: readonly Ports[]): readonly (readonly Ports[])[] {
  const lists: Ports[][] = [];
  let free = 0;
  for (const range of ports) {
    const needed = range.from === range.to ? 1 : 2;
    if (needed > free) {
      lists.push([]);
      free = slots;
    }
    lists.at(-1)!.push(range);
    free -= needed;
  }
  return lists;
}

export const commentText = (text: string): string =>
  `-m comment --comment ${text.includes(" ") ? `"${text}"` : text}`;
