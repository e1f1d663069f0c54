import type { Flow } from "../baseline/flow.ts";
import { type Request, requestCube } from "../compile/conduit-program.ts";
import { matches } from "../compile/evaluate.ts";
import { formatAddress, parseAddress } from "../net/address.ts";
import type { Packet } from "../net/packet.ts";

/** The packet that asks for a flow, from a client's port. */
export const requestPacket = (flow: Flow): Packet => ({
  family: flow.family,
  state: "original",
  source: parseAddress(flow.initiator).from,
  destination: parseAddress(flow.responder).from,
  protocol: flow.protocol,
  ...(flow.port !== undefined && { sourcePort: 40_000, destinationPort: flow.port }),
  ...(flow.icmpType !== undefined && { icmpType: flow.icmpType, icmpCode: 0 }),
});

/** Finds the label of the first request that matches a packet. Most name one responder, and are found by it. */
export function requestIndex(requests: readonly Request[]): (packet: Packet) => string | undefined {
  const byResponder = new Map<string, Request[]>();
  const wide: Request[] = [];
  for (const request of requests) {
    const { family, from, to } = request.destination;
    if (from !== to) {
      wide.push(request);
      continue;
    }
    const key = formatAddress(family, from);
    const list = byResponder.get(key);
    if (list) list.push(request);
    else byResponder.set(key, [request]);
  }
  return (packet) =>
    [...(byResponder.get(formatAddress(packet.family, packet.destination)) ?? []), ...wide].find((request) =>
      matches(requestCube(request), packet),
    )?.label;
}
