import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { requestCube } from "../../src/compile/conduit-program.ts";
import type { Box, ConduitRules, PermitRules } from "../../src/compile/ir.ts";
import { lowerConduit } from "../../src/compile/lower.ts";
import { dropCovered } from "../../src/compile/optimise/drop-covered.ts";
import { mergeNeighbours } from "../../src/compile/optimise/merge-neighbours.ts";
import { type OptimisePass, optimise } from "../../src/compile/optimise/optimise.ts";
import { formatRange } from "../../src/net/address.ts";
import { formatService } from "../../src/net/service.ts";
import { createAnalysis } from "../../src/verify/analysis.ts";
import {
  anyPolicy,
  anything,
  bare,
  type Flows,
  ping,
  policy,
  tcp,
  udp,
  unlimited,
} from "../support/policies.ts";

const rulesOf = ({ site, conduit }: ReturnType<typeof policy>): ConduitRules =>
  lowerConduit(site, conduit, "enforce").value!;
const boxesOf = (flows: Flows): readonly Box[] => rulesOf(policy([flows])).permits[0]!.boxes;
const show = (boxes: readonly Box[]): readonly string[] =>
  boxes.map(
    ({ source, destination, service }) =>
      `${formatRange(source)} > ${formatRange(destination)} ${formatService(service)}`,
  );
const flows = (from: readonly string[], to: readonly string[], ...services: Flows["services"]): Flows => ({
  ...{ from, to, services },
});

/** The packets that ask for one of the boxes; equal numbers mean equal sets. */
function meanings(...lists: readonly (readonly Box[])[]): readonly number[] {
  const span = { file: "x", line: 1, column: 1, length: 1 };
  const cubes = lists.map((boxes) => boxes.map((box) => requestCube({ ...box, span })));
  const analysis = createAnalysis([], cubes.flat(), [], unlimited);
  return cubes.map((list) => analysis.packets(list));
}

const passes: readonly (readonly [string, OptimisePass])[] = [
  ["dropping what is covered", dropCovered],
  ["merging neighbours", mergeNeighbours],
];

test.each(passes)("%s keeps the meaning of each permit, of any policy, and never adds a box", (_, pass) => {
  fc.assert(
    fc.property(anyPolicy, (drawn) => {
      for (const { boxes } of rulesOf(drawn).permits) {
        const fewer = pass(boxes);
        expect(fewer.length).toBeLessThanOrEqual(boxes.length);
        const [before, after] = meanings(boxes, fewer);
        expect(after).toBe(before);
      }
    }),
    { numRuns: 400 },
  );
});

describe("what is covered", () => {
  test("goes: a host in its network, a port in its range, a port of a whole protocol", () => {
    const drawn = flows(
      ["10.0.1.2", "10.0.1.0/29"],
      ["10.0.2.3"],
      tcp(502),
      tcp(500, 510),
      bare(17),
      udp(53),
    );
    expect(show(dropCovered(boxesOf(drawn)))).toEqual([
      "10.0.1.0/29 > 10.0.2.3 tcp:500-510",
      "10.0.1.0/29 > 10.0.2.3 udp",
    ]);
  });

  test("goes when it is named twice, and the first stays", () => {
    const drawn = flows(["10.0.1.2", "10.0.1.2"], ["10.0.2.3", "10.0.2.4"], tcp(502), tcp(502));
    expect(show(dropCovered(boxesOf(drawn)))).toEqual([
      "10.0.1.2 > 10.0.2.3 tcp:502",
      "10.0.1.2 > 10.0.2.4 tcp:502",
    ]);
  });

  test("is every service beside any", () => {
    const drawn = flows(["10.0.1.2"], ["10.0.2.3"], tcp(502), ping(4), bare(47), anything);
    expect(show(dropCovered(boxesOf(drawn)))).toEqual(["10.0.1.2 > 10.0.2.3 any"]);
  });
});

describe("neighbours", () => {
  test("merge: two halves of a network on either side, and ports in a row", () => {
    const drawn = flows(["10.0.1.4/30", "10.0.1.0/30"], ["10.0.2.2/31", "10.0.2.4/31"], tcp(503), tcp(502));
    expect(show(mergeNeighbours(boxesOf(drawn)))).toEqual(["10.0.1.0/29 > 10.0.2.2-10.0.2.5 tcp:502-503"]);
  });

  test("that are single addresses stay apart: a set matches them exactly, and people look for them", () => {
    const drawn = flows(["10.0.1.2", "10.0.1.3"], ["10.0.2.3"], tcp(502));
    expect(mergeNeighbours(boxesOf(drawn))).toEqual(boxesOf(drawn));
  });

  test("of other protocols, other families or other permits stay apart", () => {
    const mixed = flows(["10.0.1.0/30", "fd00:1::4/126"], ["10.0.2.3", "fd00:2::3"], tcp(502), udp(503));
    expect(mergeNeighbours(boxesOf(mixed))).toEqual(boxesOf(mixed));
    const two = rulesOf(
      policy([
        flows(["10.0.1.0/30"], ["10.0.2.3"], tcp(502)),
        flows(["10.0.1.4/30"], ["10.0.2.3"], tcp(502)),
      ]),
    );
    expect(optimise(two)).toEqual(two);
  });
});

test("permits keep their order, their names and their reasons", () => {
  const drawn = rulesOf(
    policy([
      flows(["10.0.1.0/30", "10.0.1.4/30"], ["10.0.2.3"], tcp(502)),
      flows(["10.0.1.2"], ["10.0.2.3"], tcp(503), tcp(504)),
    ]),
  );
  const words = ({ permit, reason, origin }: PermitRules) => [permit, reason, origin.line];
  expect(optimise(drawn).permits.map(words)).toEqual(drawn.permits.map(words));
  expect(optimise(drawn).permits.map(({ boxes }) => boxes.length)).toEqual([1, 1]);
});
