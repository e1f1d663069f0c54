import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { AddressRange } from "../net/address.ts";
import type { Service } from "../net/service.ts";
import { type Axis, createAxis } from "./axis.ts";
import type { Box, ConduitRules, PermitRules } from "./ir.ts";
import { earlierMeetings, type RankBox, remainder } from "./meetings.ts";
import type { Range } from "./program.ts";

/** Box axes, the one that parts best first. */
const axes = 3;

/**
 * Makes the boxes of each kind of service and family disjoint; of two permits the earlier one keeps what both admit,
 * so every packet is counted for exactly one. The set of admitted packets stays the same.
 * A permit of which nothing is left is reported: it can be deleted, or it was meant otherwise.
 */
export function disjointBoxes(rules: ConduitRules): {
  readonly rules: ConduitRules;
  readonly diagnostics: readonly Diagnostic[];
} {
  const groups = new Map<string, { readonly permit: number; readonly box: Box }[]>();
  for (const [permit, { boxes }] of rules.permits.entries()) {
    for (const box of boxes) {
      const key = `${box.service.kind}${box.source.family}`;
      const group = groups.get(key) ?? [];
      groups.set(key, group);
      group.push({ permit, box });
    }
  }
  const kept: Box[][] = rules.permits.map(() => []);
  const shadows: Set<number>[] = rules.permits.map(() => new Set());
  for (const group of groups.values()) {
    const pieces = disjointPieces(group.map(({ box }) => box));
    for (const [index, { permit }] of group.entries()) {
      const { boxes, cutBy } = pieces[index]!;
      kept[permit]!.push(...boxes);
      for (const other of cutBy) shadows[permit]!.add(group[other]!.permit);
    }
  }
  const permits = rules.permits.map((permit, index) => ({ ...permit, boxes: kept[index]! }));
  const diagnostics = permits.flatMap((permit, index) =>
    permit.boxes.length > 0
      ? []
      : [
          shadowed(
            permit,
            [...shadows[index]!].map((other) => permits[other]!),
          ),
        ],
  );
  return { rules: { ...rules, permits: permits.filter((permit) => permit.boxes.length > 0) }, diagnostics };
}

interface Pieces {
  readonly boxes: readonly Box[];
  /** Earlier boxes that took a part. */
  readonly cutBy: readonly number[];
}

function disjointPieces(boxes: readonly Box[]): readonly Pieces[] {
  const services = boxes.map((box) => serviceRange(box.service));
  const destination = createAxis(boxes.flatMap(({ destination: range }) => [range.from, range.to + 1n]));
  const source = createAxis(boxes.flatMap(({ source: range }) => [range.from, range.to + 1n]));
  const service = createAxis(services.flatMap(({ from, to }) => [from, to + 1]));
  const ranked = boxes.map((box, index): RankBox => {
    const { from, to } = services[index]!;
    return {
      from: [destination.rank(box.destination.from), source.rank(box.source.from), service.rank(from)],
      to: [destination.rank(box.destination.to + 1n), source.rank(box.source.to + 1n), service.rank(to + 1)],
    };
  });
  return earlierMeetings(ranked, axes).map((cutBy, index) => {
    const box = boxes[index]!;
    if (cutBy.length === 0) return { boxes: [box], cutBy };
    const left = remainder(
      ranked[index]!,
      cutBy.map((other) => ranked[other]!),
      axes,
    );
    return { boxes: left.map((piece) => unrank(piece, box, [destination, source, service])), cutBy };
  });
}

function unrank(
  piece: RankBox,
  box: Box,
  [destination, source, service]: readonly [Axis, Axis, Axis<number>],
): Box {
  const { family } = box.source;
  const range = (axis: Axis, index: number): AddressRange => ({
    family,
    from: axis.points[piece.from[index]!]!,
    to: axis.points[piece.to[index]!]! - 1n,
  });
  const services = { from: service.points[piece.from[2]!]!, to: service.points[piece.to[2]!]! - 1 };
  return {
    destination: range(destination, 0),
    source: range(source, 1),
    service: withinService(box.service, services),
  };
}

/** A service as a range of numbers among services of its own kind. */
function serviceRange(service: Service): Range {
  switch (service.kind) {
    case "any":
      return { from: 0, to: 0 };
    case "ports":
      return { from: service.protocol * 65_536 + service.from, to: service.protocol * 65_536 + service.to };
    case "icmp":
      return { from: service.type, to: service.type };
    case "protocol":
      return { from: service.protocol, to: service.protocol };
  }
}

/** The part of a service that a range stands for; only ports can be cut. */
const withinService = (service: Service, { from, to }: Range): Service =>
  service.kind === "ports" ? { ...service, from: from % 65_536, to: to % 65_536 } : service;

function shadowed(permit: PermitRules, by: readonly PermitRules[]): Diagnostic {
  return {
    code: "compile/shadowed-permit",
    severity: "warning",
    message: `permit "${permit.permit}" admits nothing that earlier permits do not admit already`,
    span: permit.origin,
    related: by.slice(0, 3).map((other) => ({
      span: other.origin,
      message: `permit "${other.permit}" admits ${by.length > 1 ? "a part of it" : "all of it"}`,
    })),
    fix: "delete it, or move it before the wider permit to count its packets apart",
  };
}
