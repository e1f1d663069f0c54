import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rulesProgram } from "../../src/compile/conduit-program.ts";
import { disjointBoxes } from "../../src/compile/disjoint.ts";
import type { Box, ConduitRules } from "../../src/compile/ir.ts";
import { lowerConduit } from "../../src/compile/lower.ts";
import { formatRange, overlaps } from "../../src/net/address.ts";
import { earlierMeetings, type RankBox, remainder } from "../../src/net/meetings.ts";
import { formatService } from "../../src/net/service.ts";
import { createAnalysis } from "../../src/verify/analysis.ts";
import { anyPolicy, type Flows, policy, tcp, udp, unlimited } from "../support/policies.ts";

const rulesOf = ({ site, conduit }: ReturnType<typeof policy>): ConduitRules =>
  lowerConduit(site, conduit, "enforce").value!;
const show = (box: Box): string =>
  `${formatRange(box.source)} > ${formatRange(box.destination)} ${formatService(box.service)}`;
const shown = (rules: ConduitRules): readonly string[] =>
  rules.permits.flatMap(({ permit, boxes }) => boxes.map((box) => `${permit}: ${show(box)}`));

const servicesMeet = (a: Box["service"], b: Box["service"]): boolean => {
  if (a.kind === "ports" && b.kind === "ports") {
    return a.protocol === b.protocol && a.from <= b.to && b.from <= a.to;
  }
  return a.kind === b.kind && formatService(a) === formatService(b);
};
const meet = (a: Box, b: Box): boolean =>
  overlaps(a.source, b.source) &&
  overlaps(a.destination, b.destination) &&
  servicesMeet(a.service, b.service);

describe("making boxes disjoint", () => {
  test("admits the same packets, and none twice, for any policy", () => {
    fc.assert(
      fc.property(anyPolicy, (drawn) => {
        const before = rulesOf(drawn);
        const rules = disjointBoxes(before).value!;
        const boxes = rules.permits.flatMap((permit) => permit.boxes);
        for (const [index, box] of boxes.entries()) {
          expect(
            boxes
              .slice(0, index)
              .filter((earlier) => meet(earlier, box))
              .map(show),
          ).toEqual([]);
        }
        const programs = [before, rules].map((each) => rulesProgram(each, drawn.conduit.span));
        const analysis = createAnalysis(programs, [], [], unlimited);
        expect(analysis.meaning(programs[0]!)).toBe(analysis.meaning(programs[1]!));
      }),
      { numRuns: 300 },
    );
  });

  const one = (from: string, to: string, ...services: Flows["services"]): Flows => ({
    from: [from],
    to: [to],
    services,
  });

  test("leaves the overlap to the earlier permit and cuts the later one around it", () => {
    const drawn = policy([
      one("10.0.1.2", "10.0.2.3", tcp(502)),
      one("10.0.1.2", "10.0.2.2-10.0.2.4", tcp(500, 503)),
    ]);
    expect(shown(disjointBoxes(rulesOf(drawn)).value!)).toEqual([
      "permit-0: 10.0.1.2 > 10.0.2.3 tcp:502",
      "permit-1: 10.0.1.2 > 10.0.2.2 tcp:500-503",
      "permit-1: 10.0.1.2 > 10.0.2.3 tcp:500-501",
      "permit-1: 10.0.1.2 > 10.0.2.3 tcp:503",
      "permit-1: 10.0.1.2 > 10.0.2.4 tcp:500-503",
    ]);
  });

  test("leaves boxes that do not meet as they were written", () => {
    const drawn = policy([
      one("10.0.1.0/30", "10.0.2.3", tcp(502)),
      one("10.0.1.0/30", "10.0.2.3", udp(502)),
    ]);
    expect(disjointBoxes(rulesOf(drawn)).value).toEqual(rulesOf(drawn));
  });

  test("reports a permit that the union of earlier ones covers, though no single one does", () => {
    const drawn = policy([
      one("10.0.1.0/30", "10.0.2.3", tcp(502)),
      one("10.0.1.4/30", "10.0.2.3", tcp(502)),
      one("10.0.1.2-10.0.1.5", "10.0.2.3", tcp(502)),
    ]);
    const { value, diagnostics } = disjointBoxes(rulesOf(drawn));
    expect(value!.permits.map(({ permit }) => permit)).toEqual(["permit-0", "permit-1"]);
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]).toMatchObject({ code: "compile/shadowed-permit", span: { line: 4 } });
    expect(diagnostics[0]!.related?.map(({ span }) => span.line)).toEqual([2, 3]);
  });
});

const axis = fc.tuple(fc.nat(12), fc.integer({ min: 1, max: 6 }));
const rankBox = fc
  .tuple(axis, axis, axis)
  .map(
    (axes): RankBox => ({ from: axes.map(([from]) => from), to: axes.map(([from, size]) => from + size) }),
  );
const common = (a: RankBox, b: RankBox): boolean =>
  [0, 1, 2].every((at) => Math.max(a.from[at]!, b.from[at]!) < Math.min(a.to[at]!, b.to[at]!));

test("meetings are found as if every pair were compared", () => {
  fc.assert(
    fc.property(fc.array(rankBox, { maxLength: 80 }), (boxes) => {
      const pairwise = boxes.map((box, index) =>
        [...boxes.keys()].slice(0, index).filter((earlier) => common(boxes[earlier]!, box)),
      );
      expect(earlierMeetings(boxes, 3, { left: 1e9 })).toEqual(pairwise);
    }),
  );
});

test("a remainder holds each point of the box that is in no other, once", () => {
  fc.assert(
    fc.property(rankBox, fc.array(rankBox, { maxLength: 6 }), (box, others) => {
      const pieces = remainder(
        box,
        others.filter((other) => common(box, other)),
        3,
        { left: 1e9 },
      );
      const holds = (one: RankBox, point: readonly number[]): boolean =>
        point.every((value, at) => one.from[at]! <= value && value < one.to[at]!);
      for (let x = box.from[0]!; x < box.to[0]!; x += 1) {
        for (let y = box.from[1]!; y < box.to[1]!; y += 1) {
          for (let z = box.from[2]!; z < box.to[2]!; z += 1) {
            const point = [x, y, z];
            const wanted = others.some((other) => holds(other, point)) ? 0 : 1;
            expect(pieces.filter((piece) => holds(piece, point))).toHaveLength(wanted);
          }
        }
      }
    }),
  );
});

test("ten thousand permits that overlap in chains are cut in seconds", () => {
  const wide = Array.from({ length: 10_000 }, (_, index): RankBox => {
    const at = index * 2;
    return index % 10 === 0
      ? { from: [0, at, 0], to: [20_000, at + 3, 9] }
      : { from: [at, at, index % 7], to: [at + 3, at + 3, 9] };
  });
  const start = performance.now();
  const found = earlierMeetings(wide, 3, { left: 1e9 });
  expect(found.flat().length).toBeGreaterThan(5_000);
  expect(performance.now() - start).toBeLessThan(5_000);
});
