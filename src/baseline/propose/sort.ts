import { covers, parseAddress } from "../../net/address.ts";
import { type KnownService, knownService } from "../../net/known-services.ts";
import type { Conduit, FlowSet, Site } from "../../policy/model.ts";
import type { BaselineFlow } from "../flow.ts";
import type { Places } from "./places.ts";
import type { Question } from "./question.ts";
import { servesFlow } from "./service-name.ts";

/** Observed flows, each in one heap; some raise a question as well. */
export interface Sorted {
  /** Fit to be permitted, by conduit, in the order of the site file. */
  readonly fit: ReadonlyMap<Conduit, readonly BaselineFlow[]>;
  readonly questions: readonly Question[];
  /** How many flows ask for nothing, by reason. */
  readonly settled: Readonly<Record<Settled, number>>;
}

export type Settled = "inside a zone" | "not routable" | "already permitted" | "already denied";

/** Below this, the direction of a flow is a question. */
const sureEnough = 0.5;

export function sortFlows(flows: readonly BaselineFlow[], site: Site, where: Places): Sorted {
  const fit = new Map<Conduit, BaselineFlow[]>(site.conduits.map((conduit) => [conduit, []]));
  const settled = { "inside a zone": 0, "not routable": 0, "already permitted": 0, "already denied": 0 };
  const strangers = new Map<string, BaselineFlow[]>();
  const unjoined = new Map<string, BaselineFlow[]>();
  const dynamic = new Map<KnownService, BaselineFlow[]>();
  const single: Question[] = [];

  for (const flow of flows) {
    if (flow.notRoutable !== undefined) {
      settled["not routable"] += 1;
      continue;
    }
    const [from, to] = [where.zoneOf(flow.initiator), where.zoneOf(flow.responder)];
    if (from === undefined || to === undefined) {
      for (const address of [flow.initiator, flow.responder]) {
        if (where.zoneOf(address) === undefined) append(strangers, address, flow);
      }
      continue;
    }
    const conduit = where.conduitBetween(from, to);
    if (from === to) settled["inside a zone"] += 1;
    else if (conduit === undefined) append(unjoined, [from.id, to.id].sort().join(" "), flow);
    else if (conduit.permits.some((permit) => includes(permit, flow))) settled["already permitted"] += 1;
    else if (conduit.denials.some((denial) => includes(denial, flow))) settled["already denied"] += 1;
    else if (!flow.answered) single.push({ kind: "unanswered", flow });
    else if (flow.confidence < sureEnough) single.push({ kind: "direction", flow });
    else {
      fit.get(conduit)!.push(flow);
      if (flow.connections === 1 && flow.cadence === undefined) single.push({ kind: "seen-once", flow });
      const service = flow.port === undefined ? undefined : knownService(flow.protocol, flow.port);
      if (service?.dynamicPorts !== undefined) append(dynamic, service, flow);
    }
  }
  const questions: readonly Question[] = [
    ...[...strangers].map(([address, met]): Question => ({ kind: "no-zone", address, flows: met })),
    ...[...unjoined].map(
      ([zones, met]): Question => ({
        kind: "no-conduit",
        zones: zones.split(" ") as [string, string],
        flows: met,
      }),
    ),
    ...[...dynamic].map(([service, met]): Question => ({ kind: "dynamic-ports", service, flows: met })),
    ...single,
  ];
  return { fit, questions, settled };
}

function includes({ initiators, responders, services }: FlowSet, flow: BaselineFlow): boolean {
  const [initiator, responder] = [parseAddress(flow.initiator), parseAddress(flow.responder)];
  return (
    initiators.some((range) => covers(range, initiator)) &&
    responders.some((range) => covers(range, responder)) &&
    services.some((service) => servesFlow(service, flow))
  );
}

function append<Key>(lists: Map<Key, BaselineFlow[]>, key: Key, flow: BaselineFlow): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [flow]);
  else list.push(flow);
}
