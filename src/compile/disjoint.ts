import type { Diagnostic, Outcome } from "../diagnostics/diagnostic.ts";
import type { AddressRange } from "../net/address.ts";
import { type Axis, createAxis, createRangeAxis } from "../net/axis.ts";
import { type Effort, earlierMeetings, type RankBox, remainder } from "../net/meetings.ts";
import type { Service } from "../net/service.ts";
import type { Box, ConduitRules, PermitRules } from "./ir.ts";
import { mostElements } from "./limits.ts";
import type { Range } from "./program.ts";

/** Box axes, the one that parts best first. */
const axes = 3;

/** Comparisons of boxes and cuts: under a second, and ten times what ten thousand permits take that overlap in chains. */
const mostEffort = 5_000_000;

/**
 * Makes the boxes of each kind of service and family disjoint; of two permits the earlier one keeps what both admit,
 * so every packet is counted for exactly one. The set of admitted packets stays the same.
 * A permit of which nothing is left is reported: it can be deleted, or it was meant otherwise. Wide permits that cross
 * each other at random multiply; past a limit they are refused.
 */
export function disjointBoxes(rules: ConduitRules): Outcome<ConduitRules> {
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
  const effort: Effort = { left: mostEffort };
  for (const group of groups.values()) {
    const pieces = disjointPieces(
      group.map(({ box }) => box),
      effort,
    );
    for (const [index, { permit }] of group.entries()) {
      const { boxes, cutBy } = pieces[index]!;
      for (const box of boxes) kept[permit]!.push(box);
      for (const other of cutBy) shadows[permit]!.add(group[other]!.permit);
    }
  }
  const before = rules.permits.reduce((sum, { boxes }) => sum + boxes.length, 0);
  const after = kept.reduce((sum, boxes) => sum + boxes.length, 0);
  if (effort.left < 0 || after > Math.min(mostElements, 8 * before + 4096)) {
    return { diagnostics: [crossing(rules, before, shadows)] };
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
  return { value: { ...rules, permits: permits.filter((permit) => permit.boxes.length > 0) }, diagnostics };
}

interface Pieces {
  readonly boxes: readonly Box[];
  /** Earlier boxes that took a part. */
  readonly cutBy: readonly number[];
}

function disjointPieces(boxes: readonly Box[], effort: Effort): readonly Pieces[] {
  const services = boxes.map((box) => serviceRange(box.service));
  const destination = createRangeAxis(boxes.map((box) => box.destination));
  const source = createRangeAxis(boxes.map((box) => box.source));
  const service = createAxis(services.flatMap(({ from, to }) => [from, to + 1]));
  const ranked = services.map(({ from, to }, index): RankBox => {
    const [start, end] = [2 * index, 2 * index + 1];
    return {
      from: [destination.ranks[start]!, source.ranks[start]!, service.rank(from)],
      to: [destination.ranks[end]!, source.ranks[end]!, service.rank(to + 1)],
    };
  });
  return earlierMeetings(ranked, axes, effort).map((cutBy, index) => {
    const box = boxes[index]!;
    if (cutBy.length === 0) return { boxes: [box], cutBy };
    const left = remainder(
      ranked[index]!,
      cutBy.map((other) => ranked[other]!),
      axes,
      effort,
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

/** @param shadows for each permit, the earlier ones that it meets; what was found of them. */
function crossing(
  { conduit, permits }: ConduitRules,
  boxes: number,
  shadows: readonly ReadonlySet<number>[],
): Diagnostic {
  const worst = [...permits.entries()].sort(([a], [b]) => shadows[b]!.size - shadows[a]!.size).slice(0, 3);
  return {
    code: "compile/crossing-permits",
    severity: "error",
    message: `the permits of conduit "${conduit}" cross each other so often that their ${boxes} elements cannot be told apart in a ruleset of any sensible size`,
    span: worst[0]![1].origin,
    related: worst.map(([index, { origin, permit }]) => ({
      span: origin,
      message: `permit "${permit}" meets ${shadows[index]!.size} earlier permits`,
    })),
    fix: "write permits that cross as one, or narrow them to what was observed: each packet is counted for one permit only",
  };
}
