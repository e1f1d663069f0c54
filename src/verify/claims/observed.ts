import { askedBy } from "../../baseline/asked.ts";
import type { Baseline, BaselineFlow } from "../../baseline/flow.ts";
import { type Request, replyCube, requestCube } from "../../compile/conduit-program.ts";
import type { ZonePair } from "../../compile/ir.ts";
import { requestsOf } from "../../compile/policy-program.ts";
import type { Cube } from "../../compile/program.ts";
import type { AddressRange, Family } from "../../net/address.ts";
import type { ConnectionState } from "../../net/packet.ts";
import { requestIndex } from "../../net/request-index.ts";
import type { Service } from "../../net/service.ts";
import type { Conduit } from "../../policy/model.ts";
import { flowsBetween, type PlacedFlow } from "./flows-between.ts";

/** The states of packets that ask: a known connection is in the first, and one that connection tracking lost asks again. */
const running: readonly ConnectionState[] = ["original", "none"];

/** An observed flow of a conduit as packets: what asks and what answers. */
export interface ObservedFlow {
  readonly flow: BaselineFlow;
  readonly request: Request;
  readonly cubes: readonly Cube[];
}

/**
 * The flows that a conduit must go on carrying: observed between its zones, routable, answered, and not decided
 * against. A connection attempt that nobody answered is evidence of nothing.
 */
export function flowsToKeep(
  baseline: Baseline,
  conduit: Conduit,
  pairs: readonly ZonePair[],
): readonly ObservedFlow[] {
  const denied = requestIndex(conduit.denials.flatMap(requestsOf));
  const found = new Map<number, PlacedFlow>();
  for (const { left, right } of pairs)
    for (const one of [
      ...flowsBetween(baseline.flows, left, right),
      ...flowsBetween(baseline.flows, right, left),
    ])
      found.set(one.place, one);
  return [...found.values()]
    .sort((x, y) => x.place - y.place)
    .filter(({ flow }) => denied(askedBy(flow)).length === 0)
    .map(({ flow, source, destination }) => {
      const request = { source, destination, service: serviceOf(flow), span: conduit.span };
      return { flow, request, cubes: [requestCube(request, running), ...replyCube(request)] };
    });
}

function serviceOf({ family, protocol, port, icmpType }: BaselineFlow): Service {
  if (port !== undefined) return { kind: "ports", protocol, from: port, to: port };
  if (icmpType !== undefined) return { kind: "icmp", family: family as Family, type: icmpType };
  return { kind: "protocol", protocol };
}

/** Addresses that make a witness plausible: assets first, then whole networks. */
export const namedAddresses = (
  zones: readonly {
    readonly networks: readonly AddressRange[];
    readonly assets: readonly { readonly addresses: readonly AddressRange[] }[];
  }[],
): readonly AddressRange[] => [
  ...zones.flatMap((zone) => zone.assets.flatMap((asset) => asset.addresses)),
  ...zones.flatMap((zone) => zone.networks),
];
