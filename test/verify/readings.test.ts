import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Action, Cube, Program, Rule } from "../../src/compile/program.ts";
import { type Answer, judge, type Reading } from "../../src/compile/reading.ts";
import { parseRange } from "../../src/net/address.ts";
import { formatPacket, type Packet } from "../../src/net/packet.ts";
import { createReadings } from "../../src/verify/readings.ts";
import { unlimited } from "../support/policies.ts";

const span = { file: "rules", line: 1, column: 1, length: 1 };
const tcpTo = (port: number): Cube => ({
  protocol: { from: 6, to: 6 },
  destinationPort: { from: port, to: port },
});
const packet = (port: number): Packet => ({
  ...{ family: 4, state: "original", source: 1n, destination: 2n, protocol: 6 },
  sourcePort: 40_000,
  destinationPort: port,
});

const ports = [21, 22, 23];
const cube = fc
  .record({
    port: fc.constantFrom(...ports),
    certain: fc.boolean(),
    end: fc.constantFrom("ingress", "egress", undefined),
    names: fc.constantFrom(["eth0"], ["eth*"], ["eth0", "eth1"]),
    not: fc.boolean(),
  })
  .map(
    ({ port, certain, end, names, not }): Cube => ({
      ...tcpTo(port),
      ...(!certain && { uncertain: true }),
      ...(end && { [end]: [{ names, ...(not && { not }) }] }),
    }),
  );
const verdict = fc.constantFrom<Action>({ kind: "accept" }, { kind: "drop" }, { kind: "return" });
const towards = (chain: string) =>
  fc.oneof(verdict, fc.constantFrom<Action>({ kind: "jump", chain }, { kind: "goto", chain }));
const chainOf = (action: fc.Arbitrary<Action>) =>
  fc.array(
    fc.record({ cubes: fc.array(cube, { minLength: 1, maxLength: 2 }), action, span: fc.constant(span) }),
    {
      maxLength: 4,
    },
  );
const anyProgram: fc.Arbitrary<Program> = fc
  .record({
    policy: fc.constantFrom("accept" as const, "drop" as const),
    first: chainOf(towards("second")),
    second: chainOf(towards("third")),
    third: chainOf(verdict),
  })
  .map(({ policy, first, second, third }) => ({
    entry: "first",
    policy,
    chains: new Map<string, readonly Rule[]>([
      ["first", first],
      ["second", second],
      ["third", third],
    ]),
  }));
const anyReading: fc.Arbitrary<Reading> = fc
  .array(anyProgram, { minLength: 1, maxLength: 2 })
  .map((programs) => ({ gates: programs.map((program) => ({ name: "gate", program })), unmodelled: [] }));

/** The same reading with every uncertain cube settled one way or the other. */
const settled = (reading: Reading, choose: () => boolean): Reading => ({
  ...reading,
  gates: reading.gates.map(({ name, program }) => ({
    name,
    program: {
      ...program,
      chains: new Map(
        [...program.chains].map(([chain, rules]) => [
          chain,
          rules.map((rule) => ({ ...rule, cubes: rule.cubes.filter((one) => !one.uncertain || choose()) })),
        ]),
      ),
    },
  })),
});

describe("a reading with uncertain rules", () => {
  test("has the same answer in diagrams as on every way that a packet may take", () => {
    fc.assert(
      fc.property(anyReading, (reading) => {
        const asked = ports.map(tcpTo);
        const readings = createReadings([reading], asked, [], unlimited);
        for (const port of ports) {
          const { depends, ...answers } = readings.answers(reading, [tcpTo(port)]);
          expect(Object.keys(answers)).toEqual([judge(reading, packet(port))]);
          for (const one of depends?.passes ?? []) expect(judge(reading, one)).toBe("accept");
          for (const one of depends?.dropped ?? []) expect(judge(reading, one)).toBe("drop");
        }
      }),
    );
  });

  test("is never certain of what depends on how an uncertain rule turns out", () => {
    fc.assert(
      fc.property(anyReading, fc.infiniteStream(fc.boolean()), (reading, coins) => {
        const one = settled(reading, () => coins.next().value);
        for (const port of ports) {
          const answer = judge(reading, packet(port));
          if (answer !== "unknown") expect(judge(one, packet(port))).toBe(answer);
          const [ingress, egress] = ["eth0", "wan"];
          const on = judge(reading, { ...packet(port), ingress, egress });
          if (on !== "unknown") expect(judge(one, { ...packet(port), ingress, egress })).toBe(on);
        }
      }),
    );
  });
});

const single = (rules: readonly Rule[], policy: Program["policy"]): Reading => ({
  gates: [{ name: "gate", program: { entry: "f", policy, chains: new Map([["f", rules]]) } }],
  unmodelled: [],
});
const rule = (cube: Cube, kind: "accept" | "drop"): Rule => ({ cubes: [cube], action: { kind }, span });

describe("the difference of two readings", () => {
  const differ = (before: Reading, after: Reading) => {
    const found = createReadings([before, after], [], [parseRange("10.0.0.1")], unlimited).difference(
      before,
      after,
      [{ family: 4, states: ["original"] }],
    );
    return Object.fromEntries(
      Object.entries(found).map(([kind, witness]) => [kind, formatPacket(witness)]),
    ) as Partial<Record<"lost" | "gained" | "unknown", string>>;
  };

  test("names a packet that is lost and one that is gained", () => {
    const found = differ(
      single([rule(tcpTo(22), "accept")], "drop"),
      single([rule(tcpTo(23), "accept")], "drop"),
    );
    expect(found).toEqual({
      lost: "tcp 10.0.0.1:40000 -> 10.0.0.1:22",
      gained: "tcp 10.0.0.1:40000 -> 10.0.0.1:23",
    });
  });

  test("is unknown, and no loss, where the rule that went may never have matched", () => {
    const before = single([rule({ ...tcpTo(22), uncertain: true }, "accept")], "drop");
    expect(Object.keys(differ(before, single([], "drop")))).toEqual(["unknown"]);
  });

  test("is told with the interface where only that makes it", () => {
    const from = (name: string): Reading =>
      single([rule({ ...tcpTo(22), ingress: [{ names: [name] }] }, "accept")], "drop");
    expect(differ(from("eth0"), from("eth0"))).toEqual({});
    expect(differ(from("eth0"), from("eth1"))).toEqual({
      lost: "tcp 10.0.0.1:40000 -> 10.0.0.1:22 in eth0",
      gained: "tcp 10.0.0.1:40000 -> 10.0.0.1:22 in eth1",
    });
    expect(differ(from("eth0"), single([rule(tcpTo(22), "accept")], "drop"))).toEqual({
      gained: "tcp 10.0.0.1:40000 -> 10.0.0.1:22 in *",
    });
  });

  test("does not rest on what is unknown of a gate that both have", () => {
    const shared = single([rule({ ...tcpTo(22), uncertain: true }, "drop")], "accept");
    const narrower: Reading = {
      ...shared,
      gates: [...shared.gates, ...single([rule(tcpTo(23), "drop")], "accept").gates],
    };
    expect(differ(shared, shared)).toEqual({});
    expect(differ(shared, narrower)).toEqual({ lost: "tcp 10.0.0.1:40000 -> 10.0.0.1:23" });
  });

  test.each<[Answer, Reading]>([
    ["accept", single([], "accept")],
    ["drop", single([], "drop")],
  ])("gives one packet of the answer %s where it is the only one", (answer, reading) => {
    const answers = createReadings([reading], [], [], unlimited).answers(reading, [{}]);
    expect(Object.keys(answers)).toEqual([answer]);
  });
});
