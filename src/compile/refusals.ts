import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { type AddressRange, formatRange } from "../net/address.ts";
import { formatProtocol, portProtocols } from "../net/protocol.ts";
import { formatService } from "../net/service.ts";
import type { Conduit, Permit } from "../policy/model.ts";
import { mostElements } from "./limits.ts";

/**
 * Headers that IPv6 puts in front of a protocol (RFC 8200, section 4.1). Filters look behind them; at AH some stop and
 * some do not.
 */
const extensions: ReadonlySet<number> = new Set([0, 43, 44, 51, 60]);

// What cannot become a ruleset, each with its own message. All of it is refused before anything is built.

export const noCommonFamily = (conduit: Conduit): Diagnostic => ({
  code: "compile/no-common-family",
  severity: "error",
  message: `the zones of conduit "${conduit.id}" have no networks of one IP version, so no packet can cross it`,
  span: conduit.span,
  fix: "give both zones IPv4 networks, or both IPv6 networks",
});

/** At most so many boxes, known before any is made: the families that a permit mixes make them fewer. */
const elements = ({ initiators, responders, services }: Permit): number =>
  initiators.length * responders.length * services.length;

/** More elements than a conduit may have; undefined when it has not. */
export function tooLarge(conduit: Conduit): Diagnostic | undefined {
  const sum = conduit.permits.reduce((total, permit) => total + elements(permit), 0);
  if (sum <= mostElements) return undefined;
  const largest = conduit.permits.reduce((most, permit) =>
    elements(permit) > elements(most) ? permit : most,
  );
  return {
    code: "compile/too-many-elements",
    severity: "error",
    message:
      `the ${conduit.permits.length} permits of conduit "${conduit.id}" make ${sum} elements (each initiator with each ` +
      `responder and service); a conduit may have ${mostElements}`,
    span: conduit.span,
    related: [{ span: largest.span, message: `permit "${largest.id}" makes ${elements(largest)} of them` }],
    fix: "split the zones into smaller ones with a conduit each, or permit networks in place of single addresses",
  };
}

/** Why a permit cannot mean anything, whatever conduit it is in; undefined when it can. An empty set is never "any". */
export function meaningless(permit: Permit): Diagnostic | undefined {
  const { initiators, responders, services } = permit;
  for (const [set, list] of Object.entries({ initiators, responders, services })) {
    if (list.length > 0) continue;
    return refusal(permit, "empty-set", `has no ${set}`, `name its ${set}; "any" must be written as such`);
  }
  const portless = services.find(
    (service) => service.kind === "ports" && !portProtocols.has(service.protocol),
  );
  if (portless?.kind === "ports") {
    const name = formatProtocol(portless.protocol);
    return refusal(
      permit,
      "portless-protocol",
      `asks for a port of ${name}, which has none`,
      `write "${name}" alone`,
    );
  }
  if (services.some((service) => service.kind === "protocol" && service.protocol === 0)) {
    return refusal(
      permit,
      "protocol-zero",
      "asks for protocol 0, which is a header of IPv6, and to some firewalls means every protocol",
      "permit what stands behind it",
    );
  }
  if (services.some((service) => service.kind === "icmp" && service.type === 255)) {
    return refusal(
      permit,
      "icmp-type-255",
      "asks for ICMP type 255, which is reserved, and to some firewalls means every type",
      "name the types that are used",
    );
  }
  const families = new Set(initiators.map(({ family }) => family));
  const shared = responders.filter(({ family }) => families.has(family));
  const header = services.find((service) => service.kind === "protocol" && extensions.has(service.protocol));
  if (header && shared.some(({ family }) => family === 6)) {
    const name = formatService(header);
    return refusal(
      permit,
      "extension-header",
      `asks for protocol ${name} over IPv6, where it is a header in front of the protocol: firewalls look behind it`,
      `permit what stands behind it, and "${name}" between IPv4 addresses only`,
    );
  }
  if (shared.length === 0) {
    return refusal(
      permit,
      "permit-without-common-family",
      `has initiators and responders of no common IP version: ${list(initiators)} to ${list(responders)}`,
      "give both ends addresses of one IP version; no packet goes from one version to the other",
    );
  }
  if (
    !services.some(
      (service) => service.kind !== "icmp" || shared.some(({ family }) => family === service.family),
    )
  ) {
    return refusal(
      permit,
      "icmp-of-other-family",
      `asks for ${services.map(formatService).join(", ")} between addresses of the other IP version`,
      "write icmp/… for IPv4 and icmpv6/… for IPv6",
    );
  }
  return undefined;
}

export const outsideConduit = (conduit: Conduit, permit: Permit): Diagnostic =>
  refusal(
    permit,
    "empty-permit",
    `admits nothing that conduit "${conduit.id}" carries: ${list(permit.initiators)} to ${list(permit.responders)}`,
    `an initiator and a responder of one IP version must lie in the two zones ${conduit.zones.join(" and ")}, one in each`,
  );

const refusal = (permit: Permit, code: string, message: string, fix: string): Diagnostic => ({
  ...{ code: `compile/${code}`, severity: "error", message: `permit "${permit.id}" ${message}` },
  ...{ span: permit.span, fix },
});

const list = (ranges: readonly AddressRange[]): string =>
  ranges.slice(0, 3).map(formatRange).join(", ") + (ranges.length > 3 ? ", …" : "");
