import { firstPlace } from "../../first-place.ts";
import { type AddressRange, covers, parseAddress } from "../../net/address.ts";
import { serves } from "../../net/request-index.ts";
import type { Service } from "../../net/service.ts";
import type { FlowSet, Permit } from "../model.ts";
import { compareRanges } from "../resolve/addresses.ts";
import type { Facts, ObservedFlow } from "./check.ts";

/** A flow with its ends as addresses. */
export interface LocatedFlow {
  readonly flow: ObservedFlow;
  readonly initiator: AddressRange;
  readonly responder: AddressRange;
}

/** Several checks ask about the same permits, and many permits about the same baseline. */
const byResponder = new WeakMap<readonly ObservedFlow[], readonly LocatedFlow[]>();
const byPermit = new WeakMap<Permit, readonly LocatedFlow[]>();

/** The flows of the permit's evidence that it admits; undefined where it has none that can be read. */
export function observedFlows({ evidence }: Facts, permit: Permit): readonly LocatedFlow[] | undefined {
  const flows = permit.evidence === undefined ? undefined : evidence.get(permit.evidence);
  if (flows === undefined) return undefined;
  const known = byPermit.get(permit);
  if (known !== undefined) return known;
  const sorted = byResponder.get(flows) ?? sortByResponder(flows);
  byResponder.set(flows, sorted);
  const candidates = new Set(permit.responders.flatMap((range) => answeredBy(sorted, range)));
  const admitted = [...candidates].filter((candidate) => admits(permit, candidate));
  byPermit.set(permit, admitted);
  return admitted;
}

const sortByResponder = (flows: readonly ObservedFlow[]): readonly LocatedFlow[] =>
  flows
    .map((flow) => ({
      flow,
      initiator: parseAddress(flow.initiator),
      responder: parseAddress(flow.responder),
    }))
    .toSorted((a, b) => compareRanges(a.responder, b.responder));

/** The stretch of flows whose responder lies in a range. */
function answeredBy(sorted: readonly LocatedFlow[], range: AddressRange): readonly LocatedFlow[] {
  const start = firstPlace(sorted.length, (place) => compareRanges(sorted[place]!.responder, range) >= 0);
  let end = start;
  while (end < sorted.length && covers(range, sorted[end]!.responder)) end += 1;
  return sorted.slice(start, end);
}

const admits = (permit: FlowSet, { flow, initiator }: LocatedFlow): boolean =>
  permit.initiators.some((range) => covers(range, initiator)) &&
  permit.services.some((service) => carries(service, flow, initiator));

/** Whether a service is what the flow asks for; `end` is one of its ends, for the IP version. */
export const carries = (service: Service, flow: ObservedFlow, end: AddressRange): boolean =>
  serves(service, { ...flow, family: end.family });
