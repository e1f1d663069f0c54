import type { Conduit } from "../../policy/model.ts";
import type { BaselineFlow } from "../flow.ts";
import type { Places } from "./places.ts";
import { nameServices, serviceGroup } from "./service-name.ts";

/** A permit in the words of the site file, with the flows that it rests on. */
export interface ProposedPermit {
  readonly id: string;
  readonly initiators: readonly string[];
  readonly responders: readonly string[];
  readonly services: readonly string[];
  readonly critical: boolean;
  readonly flows: readonly BaselineFlow[];
}

/** Flows with one initiator (or set of them), one service, and the same importance to the process. */
interface Group {
  readonly initiators: readonly string[];
  readonly responders: readonly string[];
  readonly flows: readonly BaselineFlow[];
}

/**
 * Groups the flows of a conduit: who asks several responders for the same is one permit, and so are several who ask
 * the same responders. Periodic flows keep apart from others: their silence means something.
 */
export function proposePermits(
  conduit: Conduit,
  flows: readonly BaselineFlow[],
  where: Places,
): readonly ProposedPermit[] {
  const perInitiator = groupBy(flows, (flow) =>
    [
      where.zoneOf(flow.initiator)!.id,
      where.nameOf(flow.initiator),
      serviceGroup(flow),
      isPeriodic(flow),
    ].join(" "),
  ).map(toGroup(where));
  const perResponders = groupBy(perInitiator, ({ responders, flows: [first] }) =>
    [responders.join(" "), serviceGroup(first!), isPeriodic(first!)].join(" "),
  ).map((groups) => toGroup(where)(groups.flatMap((group) => group.flows)));
  const taken = new Set<string>(conduit.permits.map(({ id }) => id));
  return perResponders.map((group) => {
    const { name, services } = nameServices(group.flows);
    const [first] = group.flows;
    const zone = where.zoneOf(first!.initiator)!.id;
    const asker = group.initiators.length === 1 ? group.initiators[0]! : zone;
    return {
      id: freeId(/^[a-z]/.test(asker) && !asker.includes(":") ? asker : zone, name, taken),
      ...group,
      services,
      critical: isPeriodic(first!),
    };
  });
}

const isPeriodic = (flow: BaselineFlow): boolean => flow.cadence?.kind === "periodic";

const toGroup =
  (where: Places) =>
  (flows: readonly BaselineFlow[]): Group => ({
    initiators: distinct(flows.map(({ initiator }) => where.nameOf(initiator))),
    responders: distinct(flows.map(({ responder }) => where.nameOf(responder))),
    flows,
  });

/** Names in an order that a reader expects: 10.0.0.9 before 10.0.0.10. */
const distinct = (names: readonly string[]): readonly string[] => [...new Set(names)].sort(order.compare);
const order = new Intl.Collator("en", { numeric: true });

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

/** Longest id of a site file. */
const longestId = 31;

/** `historian-modbus`, with a number behind it when another permit has that id. */
function freeId(asker: string, service: string, taken: Set<string>): string {
  const base = `${asker}-${service}`.replace(/[^a-z0-9]+/g, "-");
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? "" : `-${number}`;
    const id = base.slice(0, longestId - suffix.length).replace(/-+$/, "") + suffix;
    if (!taken.has(id)) {
      taken.add(id);
      return id;
    }
  }
}
