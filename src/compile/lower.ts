import type { Diagnostic, Outcome } from "../diagnostics/diagnostic.ts";
import { type AddressRange, overlaps } from "../net/address.ts";
import type { Service } from "../net/service.ts";
import type { Conduit, Permit, Site } from "../policy/model.ts";
import type { Box, ConduitRules, Stage, ZonePair } from "./ir.ts";
import { meaningless, noCommonFamily, outsideConduit, tooLarge } from "./refusals.ts";

/** A conduit's decisions as rules for one stage: products of ranges, each of one family. */
export function lowerConduit(site: Site, conduit: Conduit, stage: Stage): Outcome<ConduitRules> {
  const pairs = zonePairs(site, conduit);
  if (pairs.length === 0) return { diagnostics: [noCommonFamily(conduit)] };
  const large = tooLarge(conduit);
  if (large) return { diagnostics: [large] };
  const diagnostics: Diagnostic[] = [];
  const permits = conduit.permits.map((permit) => {
    const boxes = permitBoxes(permit);
    const carried = boxes.some((box) => pairs.some((pair) => isBetween(box, pair)));
    const refusal = meaningless(permit) ?? (carried ? undefined : outsideConduit(conduit, permit));
    if (refusal) diagnostics.push(refusal);
    return { permit: permit.id, reason: permit.reason, origin: permit.span, boxes };
  });
  if (diagnostics.length > 0) return { diagnostics };
  return {
    value: {
      ...{ conduit: conduit.id, zones: conduit.zones, stage, pairs, permits },
      ...(conduit.sessions?.mode === "drain" && { drain: conduit.sessions.seconds }),
    },
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
