import { type AddressRange, type Family, formatRange } from "./address.ts";
import { append, rangeIndex } from "./range-index.ts";
import type { Service } from "./service.ts";

/** Who may ask whom for what: one product of two ranges and a service. */
export interface Requests {
  readonly source: AddressRange;
  readonly destination: AddressRange;
  readonly service: Service;
}

/** What one packet, or one flow, asks for. */
export interface Asked {
  readonly family: Family;
  readonly source: bigint;
  readonly destination: bigint;
  readonly protocol: number;
  /** The responder's, for protocols with ports. */
  readonly port?: number | undefined;
  readonly icmpType?: number | undefined;
}

/**
 * Gives the requests that hold what is asked, in their order. What is looked at grows with how many ranges hold the two
 * addresses, and not with how many requests there are: many of them share a network, and few networks hold an address.
 */
export function requestIndex<Item extends Requests>(
  requests: readonly Item[],
): (asked: Asked) => readonly Item[] {
  const [sources, destinations] = [distinct(requests, "source"), distinct(requests, "destination")];
  const items = new Map<string, number[]>();
  for (const [place, { service }] of requests.entries())
    append(items, keyOf(destinations.numbers[place]!, sources.numbers[place]!, serviceKey(service)), place);
  return (asked) => {
    const from = sources.holding(asked.family, asked.source);
    const services = askedKeys(asked);
    return destinations
      .holding(asked.family, asked.destination)
      .flatMap((to) =>
        from.flatMap((one) => services.flatMap((service) => items.get(keyOf(to, one, service)) ?? [])),
      )
      .sort((x, y) => x - y)
      .map((place) => requests[place]!)
      .filter(({ service }) => serves(service, asked));
  };
}

/** Whether a service is what is asked for. */
export function serves(
  service: Service,
  { family, protocol, port, icmpType }: Omit<Asked, "source" | "destination">,
): boolean {
  switch (service.kind) {
    case "any":
      return true;
    case "ports":
      return (
        protocol === service.protocol && port !== undefined && service.from <= port && port <= service.to
      );
    case "icmp":
      return family === service.family && icmpType === service.type;
    case "protocol":
      return protocol === service.protocol;
  }
}

/** The different ranges at one end, and which of them each request has. */
function distinct(requests: readonly Requests[], end: "source" | "destination") {
  const known = new Map<string, number>();
  const ranges: AddressRange[] = [];
  const numbers = requests.map((request) => {
    const text = formatRange(request[end]);
    const number = known.get(text) ?? ranges.push(request[end]) - 1;
    known.set(text, number);
    return number;
  });
  return { numbers, holding: rangeIndex(ranges) };
}

const keyOf = (destination: number, source: number, service: string): string =>
  `${destination} ${source} ${service}`;

function serviceKey(service: Service): string {
  switch (service.kind) {
    case "any":
      return "any";
    case "ports":
      return service.from === service.to ? `${service.protocol}:${service.from}` : `${service.protocol}`;
    case "icmp":
      return `icmp ${service.type}`;
    case "protocol":
      return `${service.protocol}`;
  }
}

const askedKeys = ({ protocol, port, icmpType }: Asked): readonly string[] => [
  "any",
  `${protocol}`,
  ...(port === undefined ? [] : [`${protocol}:${port}`]),
  ...(icmpType === undefined ? [] : [`icmp ${icmpType}`]),
];
