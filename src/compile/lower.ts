import type { Diagnostic, Outcome } from "../diagnostics/diagnostic.ts";
import { type AddressRange, formatRange, overlaps } from "../net/address.ts";
import type { Service } from "../net/service.ts";
import type { Conduit, Permit, Site } from "../policy/model.ts";
import type { Box, ConduitRules, Stage, ZonePair } from "./ir.ts";
import { mostElements } from "./limits.ts";

/** A conduit's decisions as rules for one stage: products of ranges, each of one family. */
export function lowerConduit(site: Site, conduit: Conduit, stage: Stage): Outcome<ConduitRules> {
  const pairs = zonePairs(site, conduit);
  if (pairs.length === 0) return { diagnostics: [noCommonFamily(conduit)] };
  if (conduit.permits.reduce((sum, permit) => sum + elements(permit), 0) > mostElements) {
    return { diagnostics: [tooLarge(conduit)] };
  }
  const diagnostics: Diagnostic[] = [];
  const permits = conduit.permits.map((permit) => {
    const boxes = permitBoxes(permit);
    const carried = boxes.some((box) => pairs.some((pair) => isBetween(box, pair)));
    if (!carried) diagnostics.push(emptyPermit(conduit, permit));
    return { permit: permit.id, reason: permit.reason, origin: permit.span, boxes };
  });
  if (diagnostics.length > 0) return { diagnostics };
  return {
    value: { conduit: conduit.id, zones: conduit.zones, stage, pairs, permits },
    diagnostics,
  };
}

/** Every pair of networks of one family, one from each zone. */
export function zonePairs(site: Site, conduit: Conduit): readonly ZonePair[] {
  const [left = [], right = []] = conduit.zones.map(
    (id) => site.zones.find((zone) => zone.id === id)?.networks ?? [],
  );
  return left.flatMap((one) =>
    right.filter((other) => other.family === one.family).map((other) => ({ left: one, right: other })),
  );
}

function permitBoxes(permit: Permit): readonly Box[] {
  return permit.initiators.flatMap((source) =>
    permit.responders
      .filter((destination) => destination.family === source.family)
      .flatMap((destination) =>
        permit.services
          .filter((service) => exists(service, source))
          .map((service) => ({ source, destination, service })),
      ),
  );
}

/** An ICMP type exists in one family only; every other service in both. */
const exists = (service: Service, range: AddressRange): boolean =>
  service.kind !== "icmp" || service.family === range.family;

const isBetween = (box: Box, { left, right }: ZonePair): boolean =>
  (overlaps(box.source, left) && overlaps(box.destination, right)) ||
  (overlaps(box.source, right) && overlaps(box.destination, left));

/** At most so many boxes, before any is made: the families that a permit mixes make them fewer. */
const elements = ({ initiators, responders, services }: Permit): number =>
  initiators.length * responders.length * services.length;

function tooLarge(conduit: Conduit): Diagnostic {
  const sum = conduit.permits.reduce((total, permit) => total + elements(permit), 0);
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

const noCommonFamily = (conduit: Conduit): Diagnostic => ({
  code: "compile/no-common-family",
  severity: "error",
  message: `the zones of conduit "${conduit.id}" have no networks of one IP version, so no packet can cross it`,
  span: conduit.span,
  fix: "give both zones IPv4 networks, or both IPv6 networks",
});

const emptyPermit = (conduit: Conduit, permit: Permit): Diagnostic => ({
  code: "compile/empty-permit",
  severity: "error",
  message:
    `permit "${permit.id}" admits nothing that conduit "${conduit.id}" carries: ` +
    `${list(permit.initiators)} to ${list(permit.responders)}`,
  span: permit.span,
  fix: `an initiator and a responder of one IP version must lie in the two zones ${conduit.zones.join(" and ")}, and an ICMP type must belong to that version`,
});

const list = (ranges: readonly AddressRange[]): string =>
  ranges.slice(0, 3).map(formatRange).join(", ") + (ranges.length > 3 ? ", …" : "");
