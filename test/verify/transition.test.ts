import { describe, expect, test } from "vitest";
import { carriedBy, passAll } from "../../src/compile/conduit-program.ts";
import type { Stage } from "../../src/compile/ir.ts";
import { zonePairs } from "../../src/compile/lower.ts";
import { policyProgram } from "../../src/compile/policy-program.ts";
import type { Cube, Program } from "../../src/compile/program.ts";
import { parseRange } from "../../src/net/address.ts";
import { formatPacket } from "../../src/net/packet.ts";
import { proveTransition, type Transition } from "../../src/verify/claims/transition.ts";
import { type Flows, policy, ranges, tcp, unlimited } from "../support/policies.ts";

const poll: Flows = { from: ["10.0.1.2"], to: ["10.0.2.3"], services: [tcp(502)] };
const program = (stage: Stage, ...permits: readonly Flows[]): Program => {
  const { site, conduit } = policy(permits);
  return policyProgram(site, conduit, stage);
};
const { site, conduit } = policy([]);
const span = conduit.span;

/** The program with a rule before it that drops what the cube matches. */
const withDrop = ({ chains, ...rest }: Program, cube: Cube): Program => ({
  ...{ ...rest, entry: "first" },
  chains: new Map([
    ...chains,
    [
      "first",
      [
        { cubes: [cube], action: { kind: "drop" }, span },
        { cubes: [{}], action: { kind: "goto", chain: rest.entry }, span },
      ],
    ],
  ]),
});

const step = (changes: Partial<Transition>): Transition => ({
  ...{ stage: "monitor", before: passAll, after: program("monitor", poll), restored: passAll },
  inside: carriedBy(zonePairs(site, conduit)),
  named: ranges("10.0.2.3", "10.0.1.2"),
  budget: unlimited,
  ...changes,
});
const results = (changes: Partial<Transition>): readonly string[] =>
  proveTransition(step(changes)).map((claim) => {
    const detail = claim.result === "failed" ? ` ${formatPacket(claim.packet)}` : "";
    return `${claim.claim} ${claim.result}${detail}`;
  });

describe("entering monitor", () => {
  test("loses nothing, stays inside its conduit and can be undone", () => {
    expect(results({})).toEqual(["loses-nothing proved", "stays-inside proved", "way-back proved"]);
  });

  test("from enforcement loses nothing either", () => {
    const before = program("enforce", poll);
    expect(results({ before, restored: before })[0]).toBe("loses-nothing proved");
  });

  test("is refuted with a packet that passes now, when the text drops one", () => {
    expect(results({ after: program("enforce", poll) })[0]).toBe(
      "loses-nothing failed tcp 10.0.1.2:40000 -> 10.0.2.3:1",
    );
  });
});

describe("a step", () => {
  const elsewhere: Cube = {
    family: 4,
    source: parseRange("10.9.0.1"),
    destination: parseRange("10.0.2.3"),
  };

  test("to enforce may cut what its conduit carries", () => {
    expect(results({ stage: "enforce", after: program("enforce", poll) })).toEqual([
      "stays-inside proved",
      "way-back proved",
    ]);
  });

  test("that touches a packet of no or another conduit is refuted with it", () => {
    const after = withDrop(program("enforce", poll), elsewhere);
    expect(results({ stage: "enforce", after })[0]).toBe(
      "stays-inside failed tcp 10.9.0.1:40000 -> 10.0.2.3:1",
    );
  });

  test("that only stops recording elsewhere is refuted too", () => {
    expect(results({ before: program("monitor", poll), after: passAll, inside: [] })[1]).toMatch(
      /^stays-inside failed/,
    );
  });

  test("that is refuted names the rule that treats the packet so, of what comes or of what a rollback restores", () => {
    const rules = (changes: Partial<Transition>) =>
      proveTransition(step({ stage: "enforce", after: program("enforce", poll), ...changes })).map((claim) =>
        claim.result === "failed" ? claim.rule?.line : claim.result,
      );
    const at = (line: number) => withDrop(passAll, { ...elsewhere, span: { ...span, line } });
    expect(rules({ after: at(71) })).toEqual([71, "proved"]);
    expect(rules({ restored: at(72) })).toEqual(["proved", 72]);
    expect(rules({ before: at(73) })[0]).not.toBe(73);
  });

  test("whose way back is not what runs now is refuted", () => {
    const restored = withDrop(passAll, elsewhere);
    expect(results({ restored })[2]).toBe("way-back failed tcp 10.9.0.1:40000 -> 10.0.2.3:1");
  });
});

test("past the budget, or where a text cannot be read, nothing is proved", () => {
  const budget = { nodes: 3, outOfTime: () => false };
  const open = ["loses-nothing not-proved", "stays-inside not-proved", "way-back not-proved"];
  expect(results({ budget })).toEqual(open);
  expect(results({ before: undefined })).toEqual(open);
});
