import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { requestCube } from "../../src/compile/conduit-program.ts";
import type { Box } from "../../src/compile/ir.ts";
import type { LegalRule } from "../../src/compile/legalise/legal-rule.ts";
import { legalRules, type RuleLimits } from "../../src/compile/legalise/legal-rules.ts";
import { replyRule } from "../../src/compile/legalise/reply.ts";
import { shortName } from "../../src/compile/legalise/short-name.ts";
import { lowerConduit } from "../../src/compile/lower.ts";
import { formatRange, parseRange, prefixLength } from "../../src/net/address.ts";
import { portProtocols } from "../../src/net/protocol.ts";
import { formatService } from "../../src/net/service.ts";
import { createAnalysis } from "../../src/verify/analysis.ts";
import { anyPolicy, bare, ping, policy, tcp, udp, unlimited } from "../support/policies.ts";

const span = { file: "x", line: 1, column: 1, length: 1 };
const boxesOf = ({ site, conduit }: ReturnType<typeof policy>): readonly (readonly Box[])[] =>
  lowerConduit(site, conduit, "enforce").value!.permits.map(({ boxes }) => boxes);
const boxesIn = ({ sources, destinations, services }: LegalRule): readonly Box[] =>
  sources.flatMap((source) =>
    destinations.flatMap((destination) => services.map((service) => ({ source, destination, service }))),
  );

/** A table of no firewall that exists, with any limits. */
const anyLimits: fc.Arbitrary<RuleLimits> = fc.record({
  portSlots: fc.integer({ min: 1, max: 20 }),
  addressLists: fc.boolean(),
  addressRanges: fc.constantFrom("whole", "prefixes"),
  portProtocols: fc.constant([...portProtocols]),
  portNumbers: fc.record({
    lowest: fc.constant(0 as const),
    widest: fc.integer({ min: 1_000, max: 65_536 }),
  }),
});
const plain: RuleLimits = {
  ...{ portSlots: 1, addressLists: false, addressRanges: "whole" },
  ...{ portProtocols: [...portProtocols], portNumbers: { lowest: 0, widest: 65_536 } },
};
const many = policy([
  {
    ...{ from: ["10.0.1.1-10.0.1.6"], to: ["10.0.2.1", "10.0.2.3-10.0.2.4"] },
    services: [ping(4), ...Array.from({ length: 16 }, (_, port) => tcp(2 * port + 1)), udp(2222, 2230)],
  },
]);
const show = (rules: readonly LegalRule[]): readonly string[] =>
  rules.map(({ sources, destinations, services }) =>
    [sources.map(formatRange), destinations.map(formatRange), services.map(formatService)].join(" "),
  );

describe("the rules that a capability table asks for", () => {
  test("mean the boxes that they were made from, for any table and any policy", () => {
    fc.assert(
      fc.property(anyPolicy, anyLimits, (drawn, limits) => {
        for (const boxes of boxesOf(drawn)) {
          const rules = legalRules(boxes, limits);
          const cubes = [boxes, rules.flatMap(boxesIn)].map((list) =>
            list.map((box) => requestCube({ ...box, span })),
          );
          const analysis = createAnalysis([], cubes.flat(), [], unlimited);
          const [before, after] = cubes.map((list) => analysis.packets(list));
          expect(after).toBe(before);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("keep every limit of the table", () => {
    fc.assert(
      fc.property(anyPolicy, anyLimits, (drawn, limits) => {
        for (const rule of boxesOf(drawn).flatMap((boxes) => legalRules(boxes, limits))) {
          const { sources, destinations, services } = rule;
          const ends = [...sources, ...destinations];
          expect(new Set(ends.map(({ family }) => family)).size).toBe(1);
          if (!limits.addressLists) expect([sources.length, destinations.length]).toEqual([1, 1]);
          if (limits.addressRanges === "prefixes")
            expect(ends.filter((range) => prefixLength(range) === undefined)).toEqual([]);
          for (const one of services) {
            if (one.kind === "ports") expect(one.to - one.from).toBeLessThan(limits.portNumbers.widest);
          }
          const slots = services.map((one) => (one.kind === "ports" && one.from < one.to ? 2 : 1));
          const taken = slots.reduce((sum: number, each) => sum + each, 0);
          expect(taken <= limits.portSlots || services.length === 1).toBe(true);
          if (services.length > 1) {
            const protocols = services.map((one) => (one.kind === "ports" ? one.protocol : "none"));
            expect(new Set(protocols).size).toBe(1);
            expect(protocols[0]).not.toBe("none");
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("list ports up to the slots, a range for two, each protocol apart", () => {
    const rules = show(legalRules(boxesOf(many)[0]!, { ...plain, portSlots: 15 })).filter((rule) =>
      rule.includes(" 10.0.2.1 "),
    );
    const odd = Array.from({ length: 15 }, (_, port) => `tcp:${2 * port + 1}`).join();
    expect(rules).toEqual([
      "10.0.1.1-10.0.1.6 10.0.2.1 icmp:8",
      `10.0.1.1-10.0.1.6 10.0.2.1 ${odd}`,
      "10.0.1.1-10.0.1.6 10.0.2.1 tcp:31",
      "10.0.1.1-10.0.1.6 10.0.2.1 udp:2222-2230",
    ]);
  });

  test("cut ranges of ports that are too wide, and take the protocol itself for every port", () => {
    const narrow = { ...plain, portNumbers: { lowest: 1, widest: 65_534 } } as const;
    const of = (services: readonly ReturnType<typeof tcp>[]) =>
      show(legalRules(boxesOf(policy([{ from: ["10.0.1.1"], to: ["10.0.2.1"], services }]))[0]!, narrow));
    expect(of([udp(1, 65_535)])).toEqual(["10.0.1.1 10.0.2.1 udp:1-65534", "10.0.1.1 10.0.2.1 udp:65535"]);
    expect(of([udp(0, 65_535)])).toEqual(["10.0.1.1 10.0.2.1 udp"]);
    expect(of([udp(2, 65_535)])).toEqual(["10.0.1.1 10.0.2.1 udp:2-65535"]);
  });

  test("split ranges into prefixes: one rule each without lists, one list with them", () => {
    const boxes = boxesOf(policy([{ from: ["10.0.1.1-10.0.1.6"], to: ["10.0.2.1"], services: [bare(47)] }]));
    expect(show(legalRules(boxes[0]!, { ...plain, addressRanges: "prefixes" }))).toEqual([
      "10.0.1.1 10.0.2.1 gre",
      "10.0.1.2/31 10.0.2.1 gre",
      "10.0.1.4/31 10.0.2.1 gre",
      "10.0.1.6 10.0.2.1 gre",
    ]);
    expect(show(legalRules(boxes[0]!, { ...plain, addressRanges: "prefixes", addressLists: true }))).toEqual([
      "10.0.1.1,10.0.1.2/31,10.0.1.4/31,10.0.1.6 10.0.2.1 gre",
    ]);
  });
});

describe("the rule for replies", () => {
  const [source, destination] = [parseRange("10.0.1.1"), parseRange("10.0.2.0/24")];
  const request = (...services: LegalRule["services"]): LegalRule => ({
    ...{ sources: [source], destinations: [destination], services },
  });

  test("turns the ends round and keeps the responder's ports", () => {
    const ports = [tcp(502), tcp(504)];
    expect(replyRule(request(...ports))).toEqual({
      ...{ sources: [destination], destinations: [source], services: ports },
    });
  });

  test("has the ICMP type that answers, and is none where nothing answers", () => {
    expect(replyRule(request(ping(4)))!.services).toEqual([{ kind: "icmp", family: 4, type: 0 }]);
    expect(replyRule(request({ kind: "icmp", family: 4, type: 3 }))).toBeUndefined();
  });
});

test("a name that fits stays, and a longer one keeps its beginning and differs by a hash", () => {
  expect(shortName("cell1", 11)).toBe("cell1");
  expect(shortName("dmz-to-cell", 11)).toBe("dmz-to-cell");
  const [one, other] = ["dmz-to-cell-1", "dmz-to-cell-2"].map((id) => shortName(id, 11));
  expect(one).toMatch(/^dmz-_[0-9a-z]{6}$/);
  expect(other).toMatch(/^dmz-_[0-9a-z]{6}$/);
  expect(one).not.toBe(other);
});
