import { expect, test } from "vitest";
import type { Baseline, BaselineFlow } from "../../src/baseline/flow.ts";
import { parseRange } from "../../src/net/address.ts";
import { watchOf } from "../../src/plan/watch.ts";
import type { Conduit, Permit } from "../../src/policy/model.ts";
import { conduitRules } from "../support/rules.ts";

const span = { file: "site.yaml", line: 1, column: 1, length: 1 };
const flow = (
  initiator: string,
  silenceDeadline: number | undefined,
  over: Partial<BaselineFlow> = {},
): BaselineFlow => ({
  family: 4,
  initiator,
  responder: "10.10.1.10",
  protocol: 6,
  port: 502,
  connections: 1,
  packets: 100,
  bytes: 1000,
  firstSeen: "2026-03-01T00:00:00Z",
  lastSeen: "2026-03-01T01:00:00Z",
  evidence: "syn",
  confidence: 1,
  answered: true,
  ...(silenceDeadline === undefined ? {} : { cadence: { kind: "periodic", silenceDeadline, samples: 100 } }),
  ...over,
});
const set = (initiator: string) => ({
  initiators: [parseRange(initiator)],
  responders: [parseRange("10.10.1.10")],
  services: [{ kind: "ports" as const, protocol: 6, from: 502, to: 502 }],
  reason: "because",
  span,
});
const conduit = {
  id: "dmz-cell1",
  zones: ["dmz", "cell1"],
  firewalls: ["fw1"],
  permits: [
    { ...set("10.20.1.0/28"), id: "poll", critical: true } as unknown as Permit,
    { ...set("10.20.1.32/28"), id: "other", critical: false } as unknown as Permit,
  ],
  denials: [{ ...set("10.20.1.66"), id: "no" }],
  span,
} as unknown as Conduit;
const baseline = (...flows: readonly BaselineFlow[]): Baseline => ({
  schema: "sluice/baseline",
  version: 1,
  sources: [],
  flows,
});

test("enforcement must let every flow pass that was observed and not decided against", () => {
  const seen = baseline(
    flow("10.20.1.1", 3),
    flow("10.20.1.66", 3),
    flow("10.20.1.2", 3, { answered: false }),
    flow("10.99.0.1", 3),
  );
  expect(watchOf(conduit, conduitRules("enforce"), seen).expected).toEqual([
    { family: 4, initiator: "10.20.1.1", responder: "10.10.1.10", protocol: 6, port: 502 },
  ]);
});

test("monitor drops nothing, so it expects nothing", () => {
  expect(watchOf(conduit, conduitRules("monitor"), baseline(flow("10.20.1.1", 3))).expected).toEqual([]);
});

const key = (initiator: string) => ({
  ...{ family: 4, initiator, responder: "10.10.1.10", protocol: 6, port: 502 },
});
const heartbeats = (of: Conduit, ...flows: readonly BaselineFlow[]) =>
  watchOf(of, conduitRules("enforce"), baseline(...flows)).heartbeats;
const withPermit = (over: object, rest: object = {}): Conduit => ({
  ...conduit,
  permits: conduit.permits.map((permit) => (permit.critical ? { ...permit, ...over } : permit)),
  ...rest,
});

test("each flow of a critical permit is heard by itself, so that none hides behind the others", () => {
  expect(heartbeats(conduit, flow("10.20.1.1", 9), flow("10.20.1.2", 4), flow("10.20.1.40", 1))).toEqual([
    { permit: "poll", flow: key("10.20.1.1"), deadline: 9 },
    { permit: "poll", flow: key("10.20.1.2"), deadline: 4 },
  ]);
});

test.each([
  ["one by one, and one of them twice", ["10.10.1.12", "10.10.1.10", "10.10.1.12"]],
  ["as a network", ["10.10.1.8/29"]],
])(
  "a permit that names its responders %s hears each of its flows once, in their order",
  (_how, responders) => {
    const at = (responder: string, deadline: number) => flow("10.20.1.1", deadline, { responder });
    const flows = [at("10.10.1.10", 3), at("10.10.1.12", 4), at("10.10.1.20", 5)];
    expect(heartbeats(withPermit({ responders: responders.map(parseRange) }), ...flows)).toEqual([
      { permit: "poll", flow: key("10.20.1.1"), deadline: 3 },
      { permit: "poll", flow: { ...key("10.20.1.1"), responder: "10.10.1.12" }, deadline: 4 },
    ]);
  },
);

test("a critical permit whose flows have no cadence has no deadline, but the one that the site file writes", () => {
  expect(heartbeats(conduit, flow("10.20.1.1", undefined))).toEqual([{ permit: "poll" }]);
  const written = withPermit({ silence: 30 });
  expect(heartbeats(written, flow("10.20.1.1", undefined))).toEqual([
    { permit: "poll", flow: key("10.20.1.1"), deadline: 30 },
  ]);
  expect(heartbeats(written)).toEqual([{ permit: "poll", deadline: 30 }]);
});

test("a critical permit that an exercise step makes speak is heard after that step", () => {
  const exercises = [{ id: "start-pump", do: "Start pump P3.", permits: ["poll"], span }];
  expect(heartbeats(withPermit({}, { exercises }), flow("10.20.1.1", undefined))).toEqual([
    { permit: "poll", exercise: "start-pump" },
  ]);
});

test("a permit's usual rate is that of its flows over the time in which they were seen", () => {
  const { rates, reconnects } = watchOf(
    withPermit({ reconnectRequired: true }),
    conduitRules("enforce"),
    baseline(flow("10.20.1.1", 3), flow("10.20.1.2", 3, { packets: 500 })),
  );
  expect(rates).toEqual([{ permit: "poll", perMinute: 10 }]);
  expect(reconnects).toEqual(["poll"]);
});

test("four times as many permits that name a whole network are not looked at sixteen times as often", () => {
  const looks = (count: number): number => {
    let read = 0;
    const network = parseRange("10.10.0.0/16");
    const counted = (text: string) =>
      Object.defineProperty({ ...parseRange(text) }, "to", {
        get: () => {
          read += 1;
          return parseRange(text).to;
        },
        enumerable: true,
      });
    const name = (place: number) => `10.20.${place >> 8}.${place & 255}`;
    const permits = Array.from({ length: count }, (_, place) => ({
      ...{ ...set(name(place)), id: `p${place}`, critical: true, responders: [network] },
      initiators: [counted(name(place))],
    }));
    const flows = permits.map((_, place) =>
      flow(name(place), 3, { responder: `10.10.${place >> 8}.${place & 255}` }),
    );
    const wide = { ...conduit, permits } as unknown as Conduit;
    const rules = {
      ...conduitRules("enforce"),
      pairs: [{ left: network, right: parseRange("10.20.0.0/16") }],
    };
    expect(watchOf(wide, rules, baseline(...flows)).heartbeats).toHaveLength(count);
    return read;
  };
  expect(looks(400) / looks(100)).toBeLessThan(6);
});
