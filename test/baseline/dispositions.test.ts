import { expect, test } from "vitest";
import { disposed } from "../../src/baseline/dispositions.ts";
import { explainFlows } from "../../src/baseline/explain.ts";
import type { BaselineFlow } from "../../src/baseline/flow.ts";
import { places } from "../../src/baseline/propose/places.ts";
import { anything, policy, tcp } from "../support/policies.ts";

const { site } = policy(
  [{ from: ["10.0.1.1"], to: ["10.0.2.1"], services: [tcp(502)] }],
  [{ from: ["10.0.1.3"], to: ["10.0.2.1"], services: [anything] }],
);
const flow = (initiator: string, port: number, answered: boolean, over: Partial<BaselineFlow> = {}) =>
  ({
    ...{ family: 4, initiator, responder: "10.0.2.1", protocol: 6, port, answered },
    ...{ connections: 3, packets: 30, bytes: 0, evidence: "syn", confidence: 1 },
    ...over,
  }) as BaselineFlow;

test.each<[string, BaselineFlow, string, string | undefined]>([
  ["answered and permitted", flow("10.0.1.1", 502, true), "permitted", "permit-0"],
  ["answered, and nobody permits it", flow("10.0.1.1", 80, true), "escaped", undefined],
  ["answered, and denied on purpose", flow("10.0.1.3", 502, true), "escaped", "denial-0"],
  ["unanswered, and not permitted", flow("10.0.1.2", 23, false), "rejected", undefined],
  ["permitted, and nobody answers", flow("10.0.1.1", 502, false), "misdropped", "permit-0"],
])("live traffic against the policy: %s", (_name, one, disposition, by) => {
  const { flows } = disposed({ flows: [one] }, places(site));
  expect(flows.map((found) => [found.disposition, found.by])).toEqual([[disposition, by]]);
});

test("what no policy judges is counted by its reason, and what asks for attention comes first", () => {
  const { flows, outside } = disposed(
    {
      flows: [
        flow("10.0.1.1", 502, true),
        flow("10.0.1.1", 80, true),
        flow("192.0.2.9", 80, true),
        flow("10.0.1.1", 1, true, { notRoutable: "multicast", responder: "239.0.0.1" }),
      ],
    },
    places(site),
  );
  expect(flows.map(({ disposition }) => disposition)).toEqual(["escaped", "permitted"]);
  expect(outside).toEqual({ "with an end in no zone": 1, "not routable here": 1 });
});

test("a datagram that nobody answers shows neither that it passes nor that it does not", () => {
  const udp = { protocol: 17 };
  const { flows, outside } = disposed(
    { flows: [flow("10.0.1.2", 514, false, udp), flow("10.0.1.2", 161, true, udp)] },
    places(site),
  );
  expect(flows.map(({ disposition }) => disposition)).toEqual(["escaped"]);
  expect(outside).toEqual({ "in one direction only, which may pass or not: no answer is owed": 1 });
});

test("a flow is explained by its evidence, the reason for its direction, and what it leads to", () => {
  const source = (name: string, day: number) => ({
    ...{ name, format: "pcap", sha256: "0".repeat(64) },
    ...{ firstSeen: `2026-11-0${day}T00:00:00Z`, lastSeen: `2026-11-0${day}T12:00:00Z` },
    accounting: { unit: "packets" as const, read: 1, used: 1, ignored: {}, rejected: {} },
  });
  const slot = Date.parse("2026-11-02T06:00:00Z") / 900_000;
  const baseline = {
    ...{ schema: "sluice/baseline" as const, version: 1 as const },
    sources: [source("monday.pcap", 1), source("tuesday.pcap", 2)],
    flows: [
      flow("10.0.1.1", 502, true, { presence: [[slot, slot]] }),
      flow("10.0.1.1", 80, true, { evidence: "guess", confidence: 0.4 }),
      flow("10.0.1.2", 23, false),
      flow("192.0.2.9", 80, true),
    ],
  };
  const leads = (wanted: string) => explainFlows(baseline, site, wanted).map(({ leadsTo }) => leadsTo);
  const [permitted] = explainFlows(baseline, site, "tcp 502");
  expect(permitted!.sources.map(({ name }) => name)).toEqual(["tuesday.pcap"]);
  expect(permitted!.direction).toBe("its opening was seen (TCP SYN, SCTP INIT) (100 % sure)");
  expect(permitted!.leadsTo).toMatch(/^permit left-right.permit-0 /);
  expect(leads("10.0.1.1")).toEqual([
    expect.stringMatching(/^permit /),
    "a question: who asks is not sure enough for a permit in left-right",
  ]);
  expect(explainFlows(baseline, site, "tcp 10.0.1.1 -> 10.0.2.1:502")).toEqual([permitted]);
  expect(leads("10.0.1.2")[0]).toMatch(/an attempt that nobody answered/);
  expect(leads("192.0.2.9")[0]).toMatch(/^quarantine: 192.0.2.9 lies in no zone/);
});
