import { describe, expect, test } from "vitest";
import { type ConduitCoverage, coverage } from "../../src/baseline/coverage/coverage.ts";
import type { Site } from "../../src/policy/model.ts";
import { siteOf } from "./support/coverage-site.ts";
import { observeBytes, observeText } from "./support/observe.ts";

// Observations that look like enough, and are not. Whoever is called ready by one of them stops a line.

const site = siteOf(["10.10.1.0/24", "10.20.1.0/24"]);
const day = { id: "day", length: 86_400, phases: [] };
/** Monday, 2026-01-05, midnight. */
const monday = 1_767_571_200;

interface Poll {
  readonly at: number;
  readonly host: number;
  readonly more?: Readonly<Record<string, unknown>>;
}
/** What some hosts ask, every hour from one day to another. */
const polls = (from: number, to: number, hosts: number, more: Poll["more"] = {}): readonly Poll[] =>
  Array.from({ length: (to - from) * 24 }, (_, place) =>
    Array.from({ length: hosts }, (__, host) => ({ at: from * 86_400 + place * 3600 + host, host, more })),
  ).flat();
const log = (all: readonly Poll[]): string =>
  all
    .map(({ at, host, more }) =>
      JSON.stringify({
        ...{
          ts: monday + at,
          proto: "tcp",
          history: "ShADad",
          duration: 5,
          "id.orig_p": 40_000,
          "id.resp_p": 502,
        },
        ...{ "id.orig_h": `10.20.1.${host}`, "id.resp_h": "10.10.1.1", orig_pkts: 5, resp_pkts: 5, ...more },
      }),
    )
    .join("\n");

const judged = (logs: readonly string[], of: Site = site): ConduitCoverage =>
  coverage(
    logs.map((text) => observeText(text).baseline),
    of,
    day,
  ).conduits[0]!;
const failing = ({ terms }: ConduitCoverage): readonly string[] =>
  terms.filter(({ met }) => !met).map(({ name }) => name);
const textOf = ({ terms }: ConduitCoverage, wanted: string): string =>
  terms.find(({ name }) => name === wanted)!.text;

test("sixteen days of steady polling are enough: what the cases below are measured against", () => {
  expect(failing(judged([log(polls(0, 16, 4))]))).toEqual([]);
});

describe("not enough was seen", () => {
  test("in two days and one record of a clock that ran ten years ahead", () => {
    const found = judged([log([...polls(0, 2, 4), { at: 3650 * 86_400, host: 1 }])]);
    expect(found.estimate).toMatchObject({ cycles: 2, quiet: 1 });
    expect(failing(found)).toEqual(["whole cycles", "novelty bound", "gaps"]);
    expect(found.limiting!.name).toBe("gaps");
    expect(textOf(found, "gaps")).toContain("from 2026-01-06T23:15Z to 2036-01-03T00:00Z");
  });

  test("in one file with three days at one end and three at the other", () => {
    const found = judged([log([...polls(0, 3, 4), ...polls(14, 17, 4)])]);
    expect(found.estimate.cycles).toBe(6);
    expect(failing(found)).toEqual(["novelty bound", "gaps"]);
  });

  test("where the recorder ran by day only", () => {
    const byDay = polls(0, 20, 4).filter(({ at }) => at % 86_400 > 7 * 3600 && at % 86_400 < 20 * 3600);
    expect(failing(judged([log(byDay)]))).toEqual(["whole cycles", "novelty bound", "gaps"]);
  });

  test("on days on which the line stood still and one heartbeat went on", () => {
    const found = judged([log([...polls(0, 20, 1), ...polls(0, 3, 10)])]);
    expect(failing(found)).toEqual(["novelty bound"]);
    expect(found.estimate).toMatchObject({ cycles: 20, quiet: 2 });
    expect(textOf(found, "whole cycles")).toContain("in 17 more it stood still");
  });

  test("in a week of a longer standstill between two short runs", () => {
    const found = judged([log([...polls(0, 20, 1), ...polls(0, 3, 10), ...polls(17, 20, 10)])]);
    expect(found.estimate).toMatchObject({ cycles: 20, quiet: 5 });
  });

  test("by a recorder that listened elsewhere for most of the time", () => {
    const elsewhere = { "id.orig_h": "10.30.1.1", "id.resp_h": "10.30.2.1" };
    const found = judged([log(polls(0, 3, 4)), log(polls(3, 20, 2, elsewhere))]);
    expect(failing(found)).toEqual(["novelty bound"]);
    expect(found.estimate.quiet).toBe(2);
  });

  test("by a recorder that sees the questions of half the flows and none of their answers", () => {
    const unanswered = { proto: "udp", history: "D", resp_pkts: 0, "id.resp_p": 47_808 };
    const found = judged([log([...polls(0, 16, 4), ...polls(0, 16, 4, unanswered)])]);
    expect(failing(found)).toEqual(["answers"]);
    expect(found.limiting).toMatchObject({ name: "answers" });
  });

  test("by a recorder that sees one direction of everything", () => {
    const found = judged([log(polls(0, 16, 4, { history: "SAD", resp_pkts: 0 }))]);
    expect(found.limiting).toMatchObject({ name: "observation" });
    expect(found.limiting!.remedy).toContain("whether the recorder sees both directions");
  });

  test("by a sensor whose own statistics tell of losses, in a log beside the connections", () => {
    const statistics = (drops: number): string =>
      JSON.stringify({
        event_type: "stats",
        stats: { capture: { kernel_packets: 100_000, kernel_drops: drops } },
      });
    const beside = (drops: number): readonly string[] => {
      const { baseline } = observeBytes(
        [log(polls(0, 16, 4)), statistics(drops)].map((text) => Buffer.from(text)),
      );
      return failing(coverage([baseline], site, day).conduits[0]!);
    };
    expect(beside(200)).toEqual(["losses"]);
    expect(beside(50)).toEqual([]);
  });

  test("in the last cycle, of which half is missing: it is no quiet one", () => {
    const half = polls(0, 16, 4).filter(({ at }) => at < 15.6 * 86_400);
    expect(judged([log(half)]).estimate).toMatchObject({ cycles: 16, quiet: 14 });
  });
});

describe("enough was seen", () => {
  test("of a log that is silent most of the time: once a day on working days is its rhythm", () => {
    const noons = polls(0, 32, 3).filter(
      ({ at }) => at % 86_400 >= 43_200 && at % 86_400 < 43_260 && (at / 86_400) % 7 < 5,
    );
    const found = judged([log(noons)]);
    expect(textOf(found, "gaps")).toMatch(/^100\.0 %/);
    expect(textOf(found, "whole cycles")).toContain("it stood still");
    expect(failing(found)).toEqual([]);
  });

  test("when a scan during the observation is denied on purpose", () => {
    const scan = Array.from({ length: 20 }, (_, port) => ({
      ...{ at: 5 * 86_400 + port, host: 99, more: { "id.resp_p": 1000 + port } },
    }));
    const text = log([...polls(0, 16, 4), ...scan]);
    expect(failing(judged([text]))).toEqual(["novelty bound", "sample coverage", "unseen flows"]);
    const denied = `    denied:
      scan: { initiators: [10.20.1.99], responders: [10.10.1.1], services: [any], reason: a scan by the vendor }`;
    const decided = siteOf(["10.10.1.0/24", "10.20.1.0/24"], "UTC", denied);
    const found = coverage([observeText(text).baseline], decided, day);
    expect(found).toMatchObject({ denied: 20, conduits: [{ estimate: { flows: 4 } }] });
    expect(failing(found.conduits[0]!)).toEqual([]);
  });

  test("where one-way traffic is permitted on purpose", () => {
    const oneWay = { proto: "udp", history: "D", resp_pkts: 0, "id.resp_p": 514 };
    const text = log([...polls(0, 16, 4), ...polls(0, 16, 4, oneWay)]);
    const permit = `    permits:
      logs: { initiators: [10.20.1.0/24], responders: [10.10.1.1], services: [udp/514], reason: logs }`;
    expect(failing(judged([text], siteOf(["10.10.1.0/24", "10.20.1.0/24"], "UTC", permit)))).toEqual([]);
  });
});
