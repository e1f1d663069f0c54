import { type AddressRange, everyAddress, type Family } from "../../net/address.ts";
import type { Packet } from "../../net/packet.ts";
import { icmpProtocol, portProtocols } from "../../net/protocol.ts";
import type { Diagram, Store } from "./diagram.ts";
import { outcome } from "./outcome.ts";
import { dimension, type Space, stateRanks } from "./space.ts";

/** Values of one dimension, inclusive. */
interface Values {
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * A packet that a diagram accepts, or undefined when it accepts none. A plausible one where there is a choice:
 * in the direction of a request, between the addresses that are named first, TCP, from an ephemeral port.
 * @param named addresses that mean something to the reader, most telling first.
 */
export function witness(
  store: Store,
  space: Space,
  diagram: Diagram,
  named: readonly AddressRange[],
): Packet | undefined {
  if (diagram === outcome.next) return undefined;
  let family: Family = 4;
  let rest = diagram;
  /** Takes the edge that holds the first wish that can be met, else the first edge, and a value on it. */
  const take = (level: number, wishes: readonly Values[]): bigint => {
    const edges = edgesOf(store, space, rest, level, family);
    for (const wish of wishes) {
      for (const edge of edges) {
        if (edge.to < wish.from || wish.to < edge.from) continue;
        rest = edge.child;
        if (wish.from < edge.from) return edge.from;
        return wish.from;
      }
    }
    rest = edges[0]!.child;
    return edges[0]!.from;
  };
  const addressWishes = (): readonly Values[] => [
    ...named.filter((range) => range.family === family).map(hosts),
    hosts(everyAddress(family)),
  ];
  const way = space.ways.at(Number(take(dimension.way, [])));
  family = way.family;
  const state = stateRanks[Number(take(dimension.state, []))]!;
  const destination = take(dimension.destination, addressWishes());
  const source = take(dimension.source, addressWishes());
  const service = Number(take(dimension.service, serviceWishes(family)));
  const sourcePort = Number(take(dimension.sourcePort, [{ from: 40_000n, to: 65_535n }]));
  const [protocol, payload] = [service >> 16, service & 0xffff];
  return {
    ...way,
    state,
    source,
    destination,
    protocol,
    ...(portProtocols.has(protocol) ? { sourcePort, destinationPort: payload } : {}),
    ...(protocol === 1 || protocol === 58 ? { icmpType: payload >> 8, icmpCode: payload & 0xff } : {}),
  };
}

/** The edges of a dimension that lead to a packet, as values; one edge over everything where it is not asked for. */
function edgesOf(
  store: Store,
  space: Space,
  diagram: Diagram,
  level: number,
  family: Family,
): readonly (Values & { readonly child: Diagram })[] {
  const { points } = space.axis(level, family);
  const last = points.length - 1;
  const asked = store.level(diagram) === level;
  const starts = asked ? store.starts(diagram) : [0];
  const children = asked ? store.children(diagram) : [diagram];
  return children.flatMap((child, edge) =>
    child === outcome.next
      ? []
      : [{ from: points[starts[edge]!]!, to: points[starts[edge + 1] ?? last]! - 1n, child }],
  );
}

/** A range without the network's own address, where it holds more than that. */
const hosts = ({ from, to }: AddressRange): Values =>
  to - from > 1n ? { from: from + 1n, to } : { from, to };

/** TCP and UDP on a real port, an echo request, then any payload of these. */
function serviceWishes(family: Family): readonly Values[] {
  const payloads = (protocol: number, from: number, to: number): Values => ({
    from: BigInt(protocol * 65_536 + from),
    to: BigInt(protocol * 65_536 + to),
  });
  const icmp = icmpProtocol(family);
  const echo = (family === 4 ? 8 : 128) * 256;
  return [
    payloads(6, 1, 65_535),
    payloads(17, 1, 65_535),
    payloads(icmp, echo, echo),
    payloads(icmp, 0, 65_535),
  ];
}
