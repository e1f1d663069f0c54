import { formatProtocol } from "../net/protocol.ts";
import type { Site } from "../policy/model.ts";
import type { Baseline, BaselineFlow, BaselineSource, DirectionEvidence } from "./flow.ts";
import { slotLength } from "./presence.ts";
import { type Fate, fateOf } from "./propose/fate.ts";
import { type Places, places } from "./propose/places.ts";
import { flowText } from "./propose/question.ts";

/** What is known of one flow, and what follows from it. */
export interface FlowExplanation {
  readonly flow: BaselineFlow;
  readonly text: string;
  /** Why the initiator is taken for the one who asks. */
  readonly direction: string;
  /** Sources that recorded while it was seen. */
  readonly sources: readonly Pick<BaselineSource, "name" | "format">[];
  readonly fate: Fate;
  /** What it leads to, in words. */
  readonly leadsTo: string;
}

const directionWords: Readonly<Record<DirectionEvidence, string>> = {
  syn: "its opening was seen (TCP SYN, SCTP INIT)",
  log: "the log, or the firewall's connection tracking, says so",
  icmp: "the ICMP type is a request",
  group: "the receiver is a group of hosts, which never asks",
  "known-port": "the responder's port is that of a known service, and the initiator's is not",
  "shared-port": "others use the responder's port too, or it listens for them",
  ephemeral: "the initiator's port is of a range for temporary ports",
  guess: "it sent first, and nothing better is known",
};

/** Explains the flows of a baseline that `wanted` names by an address, an asset's name or a part of their text. */
export function explainFlows(baseline: Baseline, site: Site, wanted: string): readonly FlowExplanation[] {
  const where = places(site);
  return baseline.flows.flatMap((flow): readonly FlowExplanation[] => {
    const text = flowText(flow, where.nameOf);
    const isWanted = [where.nameOf, (address: string) => address].some(
      (nameOf) =>
        [flow.initiator, flow.responder].map(nameOf).includes(wanted) ||
        [flowText(flow, nameOf), requestText(flow, nameOf)].some((one) => one.includes(wanted)),
    );
    if (!isWanted) return [];
    const fate = fateOf(flow, where);
    return [
      {
        ...{ flow, text, fate, leadsTo: consequence(fate, flow, where) },
        direction: `${directionWords[flow.evidence]} (${Math.round(100 * flow.confidence)} % sure)`,
        sources: baseline.sources
          .filter((source) => recordedWhile(source, flow))
          .map(({ name, format }) => ({ name, format })),
      },
    ];
  });
}

/** As a packet is written that asks for it: `tcp hmi -> plc1:502`. */
function requestText(flow: BaselineFlow, nameOf: (address: string) => string): string {
  const { initiator, responder, protocol, port } = flow;
  const end = nameOf(responder);
  const service = port === undefined ? end : `${end.includes(":") ? `[${end}]` : end}:${port}`;
  return `${formatProtocol(protocol)} ${nameOf(initiator)} -> ${service}`;
}

/** Whether a source has records of the time in which the flow was seen; a source without times may have any. */
function recordedWhile({ firstSeen, lastSeen }: BaselineSource, { presence }: BaselineFlow): boolean {
  if (firstSeen === undefined || lastSeen === undefined || presence === undefined) return true;
  const [first, last] = [Date.parse(firstSeen), Date.parse(lastSeen)].map((time) =>
    Math.floor(time / 1000 / slotLength),
  ) as [number, number];
  return presence.some(([from, to]) => from <= last && to >= first);
}

function consequence(fate: Fate, flow: BaselineFlow, { nameOf }: Places): string {
  switch (fate.kind) {
    case "not-routable":
      return `no rule: ${fate.reason} traffic cannot cross a routed conduit`;
    case "no-zone":
      return `quarantine: ${fate.addresses.map(nameOf).join(" and ")} lies in no zone, so nobody knows whose it is`;
    case "inside":
      return `no rule: traffic inside zone ${fate.zone.id} is not filtered`;
    case "no-conduit":
      return `a question: zones ${fate.zones.map(({ id }) => id).join(" and ")} talk, and no conduit joins them`;
    case "permitted": {
      const { id, evidence, span } = fate.permit;
      const rests = evidence === undefined ? "names no evidence" : `rests on ${evidence}`;
      return `permit ${fate.conduit.id}.${id} (line ${span.line}), which ${rests}`;
    }
    case "denied":
      return `denied on purpose by ${fate.conduit.id}.${fate.denial.id} (line ${fate.denial.span.line})`;
    case "open":
      return `${openWords[fate.because]} in ${fate.conduit.id}${flow.connections === 1 && fate.because === "fit" ? "; it came once only" : ""}`;
  }
}

const openWords = {
  fit: "a proposed permit: nobody decided about it yet",
  direction: "a question: who asks is not sure enough for a permit",
  unanswered: "a question: an attempt that nobody answered is never a permit by itself",
} as const;
