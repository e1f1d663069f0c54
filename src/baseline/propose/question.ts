import type { KnownService } from "../../net/known-services.ts";
import { formatProtocol } from "../../net/protocol.ts";
import type { BaselineFlow, Flow } from "../flow.ts";

/** What only a human can answer. */
export type Question =
  | { readonly kind: "no-zone"; readonly address: string; readonly flows: readonly BaselineFlow[] }
  | {
      readonly kind: "no-conduit";
      readonly zones: readonly [string, string];
      readonly flows: readonly BaselineFlow[];
    }
  | { readonly kind: "vlan"; readonly address: string; readonly zone: string; readonly hint: string }
  | { readonly kind: "direction"; readonly flow: BaselineFlow }
  | { readonly kind: "unanswered"; readonly flow: BaselineFlow }
  | { readonly kind: "seen-once"; readonly flow: BaselineFlow }
  | {
      readonly kind: "dynamic-ports";
      readonly service: KnownService;
      readonly flows: readonly BaselineFlow[];
    };

/**
 * A question in one line.
 * @param nameOf gives the site's name for an address.
 * @param hintOf says what the VLAN of an address hints at.
 */
export function questionText(
  question: Question,
  nameOf: (address: string) => string,
  hintOf: (address: string) => string | undefined,
): string {
  const text = (flow: BaselineFlow): string => flowText(flow, nameOf);
  switch (question.kind) {
    case "no-zone": {
      const hint = hintOf(question.address);
      return `${question.address} lies in no zone: whose is it? ${hint === undefined ? "" : `(A hint: ${hint}.) `}${flowsText(question.flows, text)}`;
    }
    case "vlan":
      return `${nameOf(question.address)} lies in zone ${question.zone} by its address, but ${question.hint}: which is right?`;
    case "no-conduit":
      return (
        `zones ${question.zones.join(" and ")} talk, but no conduit joins them: ${flowsText(question.flows, text)}. If one is ` +
        `to join them, write under conduits "${question.zones.join("-")}: {zones: [${question.zones.join(", ")}], ` +
        'firewalls: [each that they cross]}", and propose again'
      );
    case "direction":
      return `${text(question.flow)}: who asks whom? Decided by ${question.flow.evidence} only (${Math.round(question.flow.confidence * 100)} % sure); not proposed`;
    case "unanswered":
      return `${text(question.flow)}: nobody answered. A fault, a scan, or one-way by design? Not proposed`;
    case "seen-once":
      return `${text(question.flow)}: seen once. Permit it, deny it, or let it expire?`;
    case "dynamic-ports":
      return `${question.service.name}: ${question.service.dynamicPorts}. Which ports do these need? ${flowsText(question.flows, text)}`;
  }
}

/** `historian -> plc1 tcp 502`. */
export function flowText(flow: Flow, nameOf: (address: string) => string): string {
  const detail = flow.port ?? flow.icmpType;
  const service = `${formatProtocol(flow.protocol)}${detail === undefined ? "" : ` ${detail}`}`;
  return `${nameOf(flow.initiator)} -> ${nameOf(flow.responder)} ${service}`;
}

/** The first few, and how many more. */
function flowsText(flows: readonly BaselineFlow[], text: (flow: BaselineFlow) => string): string {
  const shown = flows.slice(0, 3).map(text).join("; ");
  return flows.length > 3 ? `${shown}; and ${flows.length - 3} more` : shown;
}
