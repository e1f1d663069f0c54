import type { Baseline, BaselineFlow } from "../../baseline/flow.ts";
import { type Request, replyCube, requestCube } from "../../compile/conduit-program.ts";
import type { ZonePair } from "../../compile/ir.ts";
import { requestsOf } from "../../compile/policy-program.ts";
import type { Cube } from "../../compile/program.ts";
import {
  type AddressRange,
  covers,
  createRangeReader,
  type Family,
  type RangeReader,
} from "../../net/address.ts";
import type { ConnectionState } from "../../net/packet.ts";
import { includesService, type Service } from "../../net/service.ts";
import type { Conduit } from "../../policy/model.ts";

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
  const denied = conduit.denials.flatMap(requestsOf);
  const rangeOf = createRangeReader();
  return baseline.flows.flatMap((flow) => {
    if (!flow.answered || flow.notRoutable) return [];
    const request = requestOf(flow, conduit, rangeOf);
    if (!pairs.some((pair) => isBetween(request, pair)) || denied.some((set) => contains(set, request))) {
      return [];
    }
    return [{ flow, request, cubes: [requestCube(request, running), ...replyCube(request)] }];
  });
}

function requestOf(flow: BaselineFlow, conduit: Conduit, rangeOf: RangeReader): Request {
  return {
    source: rangeOf(flow.initiator),
    destination: rangeOf(flow.responder),
    service: serviceOf(flow),
    span: conduit.span,
  };
}

function serviceOf({ family, protocol, port, icmpType }: BaselineFlow): Service {
  if (port !== undefined) return { kind: "ports", protocol, from: port, to: port };
  if (icmpType !== undefined) return { kind: "icmp", family: family as Family, type: icmpType };
  return { kind: "protocol", protocol };
}

const isBetween = ({ source, destination }: Request, { left, right }: ZonePair): boolean =>
  (covers(left, source) && covers(right, destination)) ||
  (covers(right, source) && covers(left, destination));

const contains = (set: Request, one: Request): boolean =>
  covers(set.source, one.source) &&
  covers(set.destination, one.destination) &&
  includesService(set.service, one.service);

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
