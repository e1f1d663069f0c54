import type { Axis } from "../../src/net/axis.ts";
import type { Packet } from "../../src/net/packet.ts";
import type { Diagram, Store } from "../../src/verify/diagram/diagram.ts";
import { outcomes } from "../../src/verify/diagram/outcome.ts";
import { type Space, stateRanks } from "../../src/verify/diagram/space.ts";

/** The outcome of one packet: a walk along one path of the diagram. */
export function lookup(store: Store, space: Space, diagram: Diagram, packet: Packet): number {
  const values: readonly bigint[] = [
    BigInt(wayOf(space, packet)),
    BigInt(stateRanks.indexOf(packet.state)),
    packet.destination,
    packet.source,
    BigInt(serviceValue(packet)),
    BigInt(packet.sourcePort ?? 0),
  ];
  let rest = diagram;
  while (rest >= outcomes) {
    const level = store.level(rest);
    const rank = rankBelow(space.axis(level, packet.family), values[level]!);
    const starts = store.starts(rest);
    const edge = lastAtMost(starts.length, (index) => starts[index]! <= rank);
    rest = store.children(rest)[edge]!;
  }
  return rest;
}

const wayOf = ({ ways }: Space, packet: Packet): number =>
  Array.from({ length: 2 * ways.count }, (_, rank) => rank).find((rank) => {
    const { family, ingress, egress } = ways.at(rank);
    return family === packet.family && ingress === packet.ingress && egress === packet.egress;
  })!;

const rankBelow = ({ points }: Axis, value: bigint): number =>
  lastAtMost(points.length, (index) => points[index]! <= value);

/** The last index for which a condition holds that holds for the first ones, index 0 included. */
function lastAtMost(length: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (holds(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The tagged service of a packet. */
function serviceValue(packet: Packet): number {
  const payload =
    packet.icmpType !== undefined
      ? packet.icmpType * 256 + (packet.icmpCode ?? 0)
      : (packet.destinationPort ?? 0);
  return packet.protocol * 65_536 + payload;
}
