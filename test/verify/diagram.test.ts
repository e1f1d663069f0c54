import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/compile/evaluate.ts";
import type { Action, Cube, Program, Rule } from "../../src/compile/program.ts";
import { parseRange } from "../../src/net/address.ts";
import { formatPacket } from "../../src/net/packet.ts";
import { createAnalysis } from "../../src/verify/analysis.ts";
import { createStore } from "../../src/verify/diagram/diagram.ts";
import { meaning } from "../../src/verify/diagram/meaning.ts";
import { outcome, recorded } from "../../src/verify/diagram/outcome.ts";
import { createSpace } from "../../src/verify/diagram/space.ts";
import { lookup } from "../support/lookup.ts";
import { anyPacket, ranges, unlimited } from "../support/policies.ts";

const span = { file: "x", line: 1, column: 1, length: 1 };
const range = (low: number, high: number) =>
  fc.tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high })).map(([a, b]) => ({
    from: Math.min(a, b),
    to: Math.max(a, b),
  }));
const port = fc.constantFrom(
  { from: 0, to: 501 },
  { from: 502, to: 502 },
  { from: 1, to: 65_534 },
  { from: 503, to: 65_535 },
);
const address = fc.constantFrom(
  ...ranges(
    "10.0.1.0/29",
    "10.0.1.2-10.0.2.5",
    "10.0.2.3",
    "0.0.0.0/0",
    "fd00:1::/125",
    "fd00:1::2-fd00:2::4",
    "::/0",
  ),
);
const sometimes = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });

/** Any conjunction, those that contradict themselves included. */
const cube: fc.Arbitrary<Cube> = fc.record({
  family: sometimes(fc.constantFrom<4 | 6>(4, 6)),
  states: sometimes(fc.subarray(["original", "reply", "related", "none"] as const)),
  source: sometimes(address),
  destination: sometimes(address),
  protocol: sometimes(range(0, 140)),
  sourcePort: sometimes(port),
  destinationPort: sometimes(port),
  icmpType: sometimes(range(0, 255)),
  icmpCode: sometimes(range(0, 2)),
});

/** Chains may only lead to later ones, so that no program runs for ever. */
const program: fc.Arbitrary<Program> = fc
  .tuple(
    fc.constantFrom<"accept" | "drop">("accept", "drop"),
    fc.array(
      fc.array(
        fc.record({
          cubes: fc.array(cube, { maxLength: 4 }),
          kind: fc.nat(5),
          to: fc.integer({ min: 1, max: 3 }),
        }),
        { maxLength: 5 },
      ),
      { minLength: 1, maxLength: 4 },
    ),
  )
  .map(([policy, chains]) => ({
    entry: "0",
    policy,
    chains: new Map(
      chains.map((rules, index) => [
        String(index),
        rules.map(({ cubes, kind, to }) => ({
          cubes,
          span,
          action: actionOf(kind, index + to, chains.length),
        })),
      ]),
    ),
  }));

function actionOf(kind: number, target: number, chains: number): Action {
  const kinds = ["accept", "drop", "record", "return", "jump", "goto"] as const;
  const chosen = kinds[kind]!;
  if (chosen !== "jump" && chosen !== "goto") return { kind: chosen };
  return target < chains ? { kind: chosen, chain: String(target) } : { kind: "return" };
}

/** Addresses of one family and nothing else, as a rule asks for that leads on in a tree of chains. */
const place: fc.Arbitrary<Cube> = fc
  .record({ source: sometimes(address), destination: sometimes(address) })
  .map(({ source, destination }) => ({ family: (source ?? destination)?.family ?? 4, source, destination }));

/** Chains to most of which one goto alone leads, by a place, and which often lead on to one that they share. */
const tree: fc.Arbitrary<Program> = fc
  .array(
    fc.record({
      above: fc.nat(),
      at: place,
      rules: fc.array(
        fc.record({
          cubes: fc.array(fc.oneof(place, cube), { minLength: 1, maxLength: 3 }),
          kind: fc.nat(3),
        }),
        { maxLength: 3 },
      ),
      tail: sometimes(fc.constantFrom<Cube>({}, { family: 4 }, { family: 6 })),
    }),
    { minLength: 2, maxLength: 7 },
  )
  .map((drawn): Program => {
    const chains = drawn.map(({ rules }) =>
      rules.map(({ cubes, kind }): Rule => ({ cubes, span, action: actionOf(kind, 0, 0) })),
    );
    for (const [index, { above, at }] of drawn.entries()) {
      if (index === 0) continue;
      const before = chains[above % index]!;
      before.splice(above % (before.length + 1), 0, {
        cubes: [at],
        span,
        action: { kind: "goto", chain: String(index) },
      });
    }
    for (const [index, { tail }] of drawn.entries()) {
      if (tail) chains[index]!.push({ cubes: [tail], span, action: { kind: "goto", chain: "end" } });
    }
    const end: readonly Rule[] = [
      { cubes: [{}], span, action: { kind: "record" } },
      { cubes: [{}], span, action: { kind: "drop" } },
    ];
    const named = chains.map((rules, index) => [String(index), rules] as const);
    return { entry: "0", policy: "accept", chains: new Map([...named, ["end", end]]) };
  });

describe("a decision diagram", () => {
  test.each([
    ["program", program],
    ["tree of chains", tree],
  ])(
    "agrees with the rule by rule evaluator, for any %s and packet",
    (_kind, programs) => {
      fc.assert(
        fc.property(programs, fc.array(anyPacket, { minLength: 20, maxLength: 20 }), (drawn, packets) => {
          const space = createSpace([drawn]);
          const store = createStore(unlimited);
          const diagram = meaning(store, space, drawn);
          for (const packet of packets) {
            const decision = evaluate(drawn, packet);
            const wanted = outcome[decision.verdict] + (decision.recorded ? recorded : 0);
            expect([formatPacket(packet), lookup(store, space, diagram, packet)]).toEqual([
              formatPacket(packet),
              wanted,
            ]);
          }
        }),
        { numRuns: 400 },
      );
    },
    60_000,
  );

  test("of two programs differs where, and only where, the evaluator finds a difference", () => {
    fc.assert(
      fc.property(program, program, (a, b) => {
        const analysis = createAnalysis([a, b], [], ranges("10.0.1.2", "10.0.2.3"), unlimited);
        const packet = analysis.witness(analysis.difference(analysis.meaning(a), analysis.meaning(b)));
        if (!packet) return;
        const [left, right] = [evaluate(a, packet), evaluate(b, packet)];
        expect([left.verdict, left.recorded]).not.toEqual([right.verdict, right.recorded]);
      }),
      { numRuns: 400 },
    );
  }, 60_000);

  test("is one number for all orders of rules that do not contradict each other", () => {
    fc.assert(
      fc.property(fc.array(cube, { maxLength: 12 }), (cubes) => {
        const accept = (list: readonly Cube[]): Program => ({
          entry: "0",
          policy: "drop",
          chains: new Map([
            ["0", list.map((one) => ({ cubes: [one], span, action: { kind: "accept" } as const }))],
          ]),
        });
        const [forth, back] = [accept(cubes), accept(cubes.toReversed())];
        const analysis = createAnalysis([forth, back], [], [], unlimited);
        expect(analysis.meaning(forth)).toBe(analysis.meaning(back));
      }),
    );
  });

  test("of a port constraint is never met by another protocol", () => {
    const notModbus: Program = {
      entry: "0",
      policy: "accept",
      chains: new Map([
        [
          "0",
          [
            {
              cubes: [{ protocol: { from: 6, to: 6 }, destinationPort: { from: 503, to: 65_535 } }],
              span,
              action: { kind: "drop" },
            },
          ],
        ],
      ]),
    };
    const analysis = createAnalysis([notModbus], [{ protocol: { from: 17, to: 17 } }], [], unlimited);
    const udp = analysis.packets([{ protocol: { from: 17, to: 17 } }]);
    expect(analysis.witness(analysis.passedOnlyBy(udp, analysis.meaning(notModbus)))).toBeUndefined();
  });

  test("past its budget gives no answer", () => {
    const cubes = Array.from({ length: 50 }, (_, index) => ({
      source: parseRange(`10.0.0.${index}`),
      destination: parseRange(`10.1.0.${index}`),
    }));
    const analysis = createAnalysis([], cubes, [], { nodes: 10, outOfTime: () => false });
    expect(() => analysis.packets(cubes)).toThrow();
    const late = createAnalysis([], cubes, [], { nodes: 1_000_000, outOfTime: () => true });
    expect(() => late.packets(cubes)).toThrow();
  });
});

describe("a witness", () => {
  test("is plausible: a request, between named assets, over TCP, from an ephemeral port", () => {
    const cubes: readonly Cube[] = [
      { source: parseRange("10.0.1.0/24"), destination: parseRange("10.0.2.0/24") },
    ];
    const named = ranges("10.0.2.30", "10.0.1.20");
    const analysis = createAnalysis([], cubes, named, unlimited);
    expect(formatPacket(analysis.witness(analysis.packets(cubes))!)).toBe(
      "tcp 10.0.1.20:40000 -> 10.0.2.30:1",
    );
  });

  test("without named assets is not the address of a network", () => {
    const cubes: readonly Cube[] = [
      { source: parseRange("fd00:1::/64"), destination: parseRange("fd00:2::/64") },
    ];
    const analysis = createAnalysis(
      [],
      cubes,
      cubes.map((one) => one.source!),
      unlimited,
    );
    expect(formatPacket(analysis.witness(analysis.packets(cubes))!)).toContain("[fd00:1::1]:40000");
  });

  test("of nothing is undefined", () => {
    const analysis = createAnalysis([], [], [], unlimited);
    expect(analysis.witness(analysis.packets([]))).toBeUndefined();
  });
});
