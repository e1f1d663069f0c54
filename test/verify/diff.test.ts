import { expect, test } from "vitest";
import { carriedBy, passAll } from "../../src/compile/conduit-program.ts";
import type { Stage } from "../../src/compile/ir.ts";
import { zonePairs } from "../../src/compile/lower.ts";
import { policyProgram } from "../../src/compile/policy-program.ts";
import type { Program } from "../../src/compile/program.ts";
import { formatPacket } from "../../src/net/packet.ts";
import { diffPrograms } from "../../src/verify/diff.ts";
import { type Flows, policy, ranges, tcp, udp, unlimited } from "../support/policies.ts";

const permit = (...services: Flows["services"]): Flows => ({
  from: ["10.0.1.2"],
  to: ["10.0.2.3"],
  services,
});
const program = (stage: Stage, ...permits: readonly Flows[]): Program => {
  const { site, conduit } = policy(permits);
  return policyProgram(site, conduit, stage);
};
const { site, conduit } = policy([]);
const diff = (before: Program, after: Program): readonly string[] => {
  const within = carriedBy(zonePairs(site, conduit));
  const change = diffPrograms(before, after, within, ranges("10.0.1.2", "10.0.2.3"), unlimited);
  const packets = "lost" in change ? [`-${formatPacket(change.lost)}`] : [];
  return [change.kind, ...packets, ...("gained" in change ? [`+${formatPacket(change.gained)}`] : [])];
};

const modbus = program("enforce", permit(tcp(502)));

test("the same decisions in other words are equal", () => {
  expect(diff(modbus, program("enforce", permit(tcp(502)), permit(tcp(502, 502))))).toEqual(["equal"]);
});

test("monitoring changes no verdict, enforcing narrows, ending it broadens", () => {
  expect(diff(passAll, program("monitor"))).toEqual(["equal"]);
  expect(diff(program("monitor"), program("enforce"))[0]).toBe("narrowed");
  expect(diff(program("enforce"), passAll)[0]).toBe("broadened");
});

test("another permit broadens, with a packet that only now passes", () => {
  expect(diff(modbus, program("enforce", permit(tcp(502), udp(53))))).toEqual([
    "broadened",
    "+udp 10.0.1.2:40000 -> 10.0.2.3:53",
  ]);
});

test("an exchanged permit does both, with a packet each way", () => {
  expect(diff(modbus, program("enforce", permit(tcp(503))))).toEqual([
    "both",
    "-tcp 10.0.1.2:40000 -> 10.0.2.3:502",
    "+tcp 10.0.1.2:40000 -> 10.0.2.3:503",
  ]);
});

test("packets outside the conduit do not count", () => {
  const dropElsewhere: Program = {
    ...passAll,
    policy: "accept",
    chains: new Map([
      [
        "all",
        [
          {
            cubes: ranges("192.168.0.0/16").map((source) => ({ source })),
            action: { kind: "drop" },
            span: conduit.span,
          },
        ],
      ],
    ]),
  };
  expect(diff(passAll, dropElsewhere)).toEqual(["equal"]);
});

test("past the budget the change is unknown", () => {
  const within = carriedBy(zonePairs(site, conduit));
  expect(diffPrograms(modbus, passAll, within, [], { nodes: 1, outOfTime: () => false })).toEqual({
    kind: "unknown",
  });
});
