import { protocolNumbers } from "../net/protocol.ts";
import type { Baseline, BaselineFlow } from "./flow.ts";
import { type Fate, fateOf } from "./propose/fate.ts";
import type { Places } from "./propose/places.ts";

/**
 * How live traffic fares against a policy (after Cisco's policy analysis): what the network lets pass and the policy too;
 * what the network lets pass and the policy would not (escaped); what neither does (rejected); and what the policy permits
 * and the network does not carry, so that nobody answers (misdropped).
 */
export const dispositions = ["permitted", "escaped", "rejected", "misdropped"] as const;
export type Disposition = (typeof dispositions)[number];

export interface DisposedFlow {
  readonly flow: BaselineFlow;
  readonly conduit: string;
  readonly disposition: Disposition;
  /** The permit or denial that decides, where one does. */
  readonly by?: string;
}

export interface Dispositions {
  readonly flows: readonly DisposedFlow[];
  /** Flows of no conduit, which no policy judges, by reason. */
  readonly outside: Readonly<Record<string, number>>;
}

/** That the network lets a flow pass shows in its being answered, where an answer is owed. */
export function disposed({ flows }: Pick<Baseline, "flows">, where: Places): Dispositions {
  const found: DisposedFlow[] = [];
  const outside: Record<string, number> = {};
  for (const flow of flows) {
    const fate = fateOf(flow, where);
    const leftOut = !("conduit" in fate) ? outsideReasons[fate.kind] : tells(flow) ? undefined : oneWay;
    if ("conduit" in fate && leftOut === undefined) {
      const by = decidedBy(fate);
      const isPermitted = fate.kind === "permitted";
      const disposition = flow.answered
        ? isPermitted
          ? "permitted"
          : "escaped"
        : isPermitted
          ? "misdropped"
          : "rejected";
      found.push({ flow, conduit: fate.conduit.id, disposition, ...(by !== undefined && { by }) });
    } else if (leftOut !== undefined) outside[leftOut] = (outside[leftOut] ?? 0) + 1;
  }
  const rank = ({ disposition }: DisposedFlow): number => order.indexOf(disposition);
  return { flows: found.sort((x, y) => rank(x) - rank(y)), outside };
}

/** Protocols in which whoever is asked answers. Syslog, traps and streams over others ask for none, and pass all the same. */
const answering: ReadonlySet<number> = new Set([
  ...[protocolNumbers.tcp, protocolNumbers.sctp, protocolNumbers.icmp, protocolNumbers.icmpv6],
]);
const tells = ({ answered, protocol }: BaselineFlow): boolean => answered || answering.has(protocol);
const oneWay = "in one direction only, which may pass or not: no answer is owed";

/** What asks for somebody's attention comes first. */
const order: readonly Disposition[] = ["escaped", "misdropped", "rejected", "permitted"];

function decidedBy(fate: Fate): string | undefined {
  if (fate.kind === "permitted") return fate.permit.id;
  return fate.kind === "denied" ? fate.denial.id : undefined;
}

const outsideReasons = {
  "not-routable": "not routable here",
  "no-zone": "with an end in no zone",
  inside: "inside a zone",
  "no-conduit": "between zones that no conduit joins",
} as const;
