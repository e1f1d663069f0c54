import { type KnownService, knownService } from "../../net/known-services.ts";
import type { Conduit, Site } from "../../policy/model.ts";
import type { BaselineFlow } from "../flow.ts";
import { fateOf } from "./fate.ts";
import type { Places } from "./places.ts";
import type { Question } from "./question.ts";

/** Observed flows, each in one heap; some raise a question as well. */
export interface Sorted {
  /** Fit to be permitted, by conduit, in the order of the site file. */
  readonly fit: ReadonlyMap<Conduit, readonly BaselineFlow[]>;
  readonly questions: readonly Question[];
  /** How many flows ask for nothing, by reason. */
  readonly settled: Readonly<Record<Settled, number>>;
}

export type Settled = "inside a zone" | "not routable" | "already permitted" | "already denied";

export function sortFlows(flows: readonly BaselineFlow[], site: Site, where: Places): Sorted {
  const fit = new Map<Conduit, BaselineFlow[]>(site.conduits.map((conduit) => [conduit, []]));
  const settled = { "inside a zone": 0, "not routable": 0, "already permitted": 0, "already denied": 0 };
  const strangers = new Map<string, BaselineFlow[]>();
  const unjoined = new Map<string, BaselineFlow[]>();
  const dynamic = new Map<KnownService, BaselineFlow[]>();
  const single: Question[] = [];

  for (const flow of flows) {
    const fate = fateOf(flow, where);
    switch (fate.kind) {
      case "not-routable":
        settled["not routable"] += 1;
        break;
      case "no-zone":
        for (const address of fate.addresses) append(strangers, address, flow);
        break;
      case "inside":
        settled["inside a zone"] += 1;
        break;
      case "no-conduit":
        append(
          unjoined,
          fate.zones
            .map(({ id }) => id)
            .sort()
            .join(" "),
          flow,
        );
        break;
      case "permitted":
        settled["already permitted"] += 1;
        break;
      case "denied":
        settled["already denied"] += 1;
        break;
      case "open":
        if (fate.because === "fit") {
          if (isPassing(flow)) {
            single.push({ kind: "seen-once", flow });
            break;
          }
          fit.get(fate.conduit)!.push(flow);
          if (flow.connections === 1 && flow.cadence === undefined) single.push({ kind: "seen-once", flow });
          const service = flow.port === undefined ? undefined : knownService(flow.protocol, flow.port);
          if (service?.dynamicPorts !== undefined) append(dynamic, service, flow);
        } else single.push({ kind: fate.because, flow });
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

/** Seconds that a session which is part of the process lasts at least. */
const shortest = 60;

/** One short connection without a rhythm: whether it belongs to the process, nobody can say who saw it once. */
const isPassing = ({ connections, cadence, firstSeen, lastSeen }: BaselineFlow): boolean =>
  connections === 1 &&
  cadence?.kind !== "periodic" &&
  firstSeen !== undefined &&
  lastSeen !== undefined &&
  Date.parse(lastSeen) - Date.parse(firstSeen) < shortest * 1000;

function append<Key>(lists: Map<Key, BaselineFlow[]>, key: Key, flow: BaselineFlow): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [flow]);
  else list.push(flow);
}
