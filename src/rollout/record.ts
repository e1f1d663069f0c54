import { askedBy } from "../baseline/asked.ts";
import type { Flow } from "../baseline/flow.ts";
import type { Request } from "../compile/conduit-program.ts";
import { requestsOf } from "../compile/policy-program.ts";
import { isClientPort } from "../net/client-port.ts";
import { icmpReplyType } from "../net/protocol.ts";
import { requestIndex } from "../net/request-index.ts";
import type { Service } from "../net/service.ts";
import type { Conduit } from "../policy/model.ts";
import type { RecordedFlow } from "../target.ts";

/** Who decided about a recorded flow: a permit or a denial of the conduit, as a request or as an answer to one. */
export interface Decision {
  readonly kind: "permit" | "denial" | "answer" | "accepted";
  readonly by: string;
}

/** An entry of a conduit's record, read as a request, with what the site file says about it. */
export interface JudgedFlow {
  readonly flow: Flow;
  readonly packets: number;
  /** Absent where nobody decided. */
  readonly decision?: Decision;
}

/** What was decided about a conduit's flows, each request labelled with its permit or denial. */
export interface Decisions {
  readonly permits: readonly Request[];
  readonly denials: readonly Request[];
  /** What a plan accepts by name, each labelled with its author. */
  readonly accepted?: readonly Request[];
}

export const decisionsOf = ({ permits, denials }: Pick<Conduit, "permits" | "denials">): Decisions => ({
  permits: permits.flatMap(requestsOf),
  denials: denials.flatMap(requestsOf),
});

/** Holds the record of a conduit against its decisions: first what nobody decided, each by falling packets. */
export function judgeRecord(
  { permits, denials, accepted = [] }: Decisions,
  recorded: readonly RecordedFlow[],
): readonly JudgedFlow[] {
  const permitted = requestIndex(permits);
  const denied = requestIndex(denials);
  const acceptedBy = requestIndex(accepted);
  const answered = requestIndex([...permits, ...denials].flatMap(answersTo));
  const decide = (flow: Flow, { openings = 0 }: RecordedFlow): Decision | undefined => {
    const asked = askedBy(flow);
    const permit = permitted(asked)[0]?.label;
    if (permit !== undefined) return { kind: "permit", by: permit };
    const denial = denied(asked)[0]?.label;
    if (denial !== undefined) return { kind: "denial", by: denial };
    const author = acceptedBy(asked)[0]?.label;
    if (author !== undefined) return { kind: "accepted", by: author };
    // Who opened asks, whatever the port.
    if (openings > 0) return undefined;
    const { port, ...portless } = asked;
    if (port !== undefined && !isClientPort(port)) return undefined;
    const answer = answered(portless)[0]?.label;
    return answer === undefined ? undefined : { kind: "answer", by: answer };
  };
  return recorded
    .map((one): JudgedFlow => {
      const flow = flowOf(one);
      const decision = decide(flow, one);
      return { flow, packets: one.packets, ...(decision && { decision }) };
    })
    .toSorted((a, b) => Number(!!a.decision) - Number(!!b.decision) || b.packets - a.packets);
}

/** A session that the firewall forgot is picked up from its answer: only the client's port is in the record then. */
function answersTo({ source, destination, service, ...rest }: Request): readonly Request[] {
  const answer = answerOf(service);
  return answer ? [{ ...rest, source: destination, destination: source, service: answer }] : [];
}

function answerOf(service: Service): Service | undefined {
  switch (service.kind) {
    case "any":
    case "protocol":
      return service;
    case "ports":
      return { kind: "protocol", protocol: service.protocol };
    case "icmp": {
      const type = icmpReplyType(service.family, service.type);
      return type === undefined ? undefined : { ...service, type };
    }
  }
}

const flowOf = ({ family, source, destination, protocol, port, icmpType }: RecordedFlow): Flow => ({
  ...{ family, initiator: source, responder: destination, protocol },
  ...(port !== undefined && { port }),
  ...(icmpType !== undefined && { icmpType }),
});

/** A decision in words for whoever reviews the record. */
export function decisionText(decision: Decision | undefined): string {
  switch (decision?.kind) {
    case undefined:
      return "NOT DECIDED";
    case "permit":
      return `permitted by ${decision.by} in the site file`;
    case "denial":
      return `denied on purpose: ${decision.by}`;
    case "answer":
      return `an answer to ${decision.by}`;
    case "accepted":
      return `nobody decided; accepted in the plan by ${decision.by}`;
  }
}
