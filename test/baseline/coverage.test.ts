import { readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ConduitCoverage, coverage } from "../../src/baseline/coverage/coverage.ts";
import { cycleCount } from "../../src/baseline/coverage/cycles.ts";
import { estimate } from "../../src/baseline/coverage/estimate.ts";
import type { Baseline } from "../../src/baseline/flow.ts";
import {
  notePresence,
  type Presence,
  slotLength,
  spanned,
  stretchesOf,
  unionOf,
} from "../../src/baseline/presence.ts";
import { renderCoverage } from "../../src/cli/views/coverage.ts";
import { blocks, pcap } from "./support/captures.ts";
import { siteOf } from "./support/coverage-site.ts";
import { observeBytes, observeText } from "./support/observe.ts";
import { ipv4, tcp, tcpFlags } from "./support/packets.ts";
import { hasTraffic, needsTraffic, readTraffic, traffic } from "./support/shared.ts";

const site = siteOf(["10.10.1.0/24", "10.20.1.0/24"]);
const day = { id: "day", length: 86_400, phases: [] };

/** Monday, 2026-01-05, midnight. */
const monday = 1_767_571_200;
/** A log of connections, as [day, host, port], with a record at the start and the end of each day. */
const log = (
  connections: readonly (readonly [day: number, host: number, port?: number])[],
  days: number,
): string => {
  const record = (time: number, from: string, port: number) =>
    JSON.stringify({
      ...{ ts: time, proto: "tcp", history: "ShADad", duration: 60, "id.orig_p": 40_000, "id.resp_p": port },
      ...{ "id.orig_h": from, "id.resp_h": "10.10.1.1", orig_pkts: 5, resp_pkts: 5 },
    });
  const bounds = Array.from({ length: days }, (_, index) => [
    record(monday + index * 86_400 + 1, "10.10.1.2", 1),
    record(monday + index * 86_400 + 86_300, "10.10.1.2", 1),
  ]);
  const flows = connections.map(([index, host, port = 502]) =>
    record(monday + (index + 0.5) * 86_400, `10.20.1.${host}`, port),
  );
  return [...bounds.flat(), ...flows].join("\n");
};
const daily = (days: number, hosts: number) =>
  Array.from({ length: days }, (_, index) =>
    Array.from({ length: hosts }, (__, host) => [index, host + 1] as const),
  ).flat();
const judged = (text: string): ConduitCoverage =>
  coverage([observeText(text).baseline], site, day).conduits[0]!;
const failing = ({ terms }: ConduitCoverage): readonly string[] =>
  terms.filter(({ met }) => !met).map(({ name }) => name);

describe("presence in slots of a quarter of an hour", () => {
  test("the stretches hold exactly the slots that were noted, in order and apart", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40 * slotLength), { maxLength: 60 }), (times) => {
        const noted: Presence = [];
        for (const time of times) notePresence(noted, time);
        const stretches = stretchesOf(noted);
        const slots = stretches.flatMap(([from, to]) =>
          Array.from({ length: to - from + 1 }, (_, index) => from + index),
        );
        expect(slots).toEqual(
          [...new Set(times.map((time) => Math.floor(time / slotLength)))].sort((x, y) => x - y),
        );
        for (const [index, [from]] of stretches.slice(1).entries())
          expect(from).toBeGreaterThan(stretches[index]![1] + 1);
      }),
    );
  });

  test("what any of many flows has is what all of their stretches together have", () => {
    const stretch = fc.tuple(fc.nat(60), fc.nat(5)).map(([from, more]) => [from, from + more] as const);
    fc.assert(
      fc.property(fc.array(fc.array(stretch, { maxLength: 6 }), { maxLength: 6 }), (flows) => {
        expect(unionOf(flows)).toEqual(stretchesOf(flows.flat(2)));
      }),
    );
  });

  test("a record of a log is spread over its span; a time that is unset is none", () => {
    const noted: Presence = [
      ...spanned(0, 2 * slotLength),
      ...spanned(Number.NaN, Number.NaN),
      ...spanned(10 * slotLength, 200_000_000_000),
    ];
    notePresence(noted, Number.NaN);
    expect(stretchesOf(noted)).toEqual([
      [0, 2],
      [10, 10],
      [222_222_222, 222_222_222],
    ]);
  });

  test("a capture has a flow present where it has packets, not in the silence between", () => {
    const poll = (seconds: number) => ({
      data: ipv4("10.0.0.1", "10.0.0.2", 6, tcp(40_000, 502, tcpFlags.ack, 8)),
      seconds,
    });
    const { flows } = observeBytes([pcap([poll(900), poll(901), poll(90_000)], { linkType: 101 })]).baseline;
    expect(flows[0]!.presence).toEqual([
      [1, 1],
      [100, 100],
    ]);
  });
});

describe("cycles", () => {
  const { cycleOf } = cycleCount(86_400, "Europe/Zurich");
  const slot = (time: string): number => Math.floor(Date.parse(time) / 1000 / slotLength);
  test("days begin at local midnight, in winter and in summer", () => {
    for (const midnight of ["2026-01-05T23:00:00Z", "2026-07-05T22:00:00Z"]) {
      expect(cycleOf(slot(midnight)) - cycleOf(slot(midnight) - 1)).toBe(1);
      expect(cycleOf(slot(midnight) + 91)).toBe(cycleOf(slot(midnight)));
    }
  });
  test("weeks begin on Monday", () => {
    const weeks = cycleCount(7 * 86_400, "UTC");
    expect(weeks.cycleOf(monday / slotLength) - weeks.cycleOf(monday / slotLength - 1)).toBe(1);
  });
});

describe("estimates from incidences", () => {
  const seen = (...cycles: readonly (readonly number[])[]) => cycles.map((places) => new Set(places));

  test("the figures of Chao's estimators, worked by hand", () => {
    // T = 4; seen once: 2, twice: 1, always: 1. U = 2 + 2 + 4 = 8.
    const found = estimate(seen([0], [1], [0, 1], [0, 1, 2, 3]), 4);
    expect(found).toMatchObject({ flows: 4, once: 2, twice: 1, quiet: 2, discovery: [3, 4, 4, 4] });
    expect(found.coverage).toBeCloseTo(1 - (2 / 8) * ((3 * 2) / (3 * 2 + 2)), 10);
    expect(found.unseen).toBeCloseTo((3 / 4) * (4 / 2), 10);
    expect(found.novelty).toBeCloseTo(1 - Math.sqrt(0.05), 10);
  });

  test.each([
    [3, 0.63],
    [14, 0.19],
    [59, 0.05],
  ])("after %i quiet cycles a new flow has a chance of at most %f", (quiet, novelty) => {
    expect(estimate(seen([0]), quiet + 1).novelty).toBeCloseTo(novelty, 2);
  });

  test("one cycle tells nothing of the next", () => {
    expect(estimate(seen([0], [0]), 1)).toMatchObject({ coverage: 0, quiet: 0, novelty: 1 });
  });

  test("a share stays a share, and nothing negative is unseen, whatever was seen", () => {
    fc.assert(
      fc.property(fc.array(fc.uniqueArray(fc.nat(9), { minLength: 1 })), (flows) => {
        const {
          coverage: share,
          unseen,
          novelty,
          quiet,
        } = estimate(
          flows.map((places) => new Set(places)),
          10,
        );
        for (const value of [share, novelty]) expect(value >= 0 && value <= 1).toBe(true);
        expect(unseen).toBeGreaterThanOrEqual(0);
        expect(quiet).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe("a conduit", () => {
  test("that showed the same flows on sixteen days is ready", () => {
    const found = judged(log(daily(16, 5), 16));
    expect(failing(found)).toEqual([]);
    expect(found).toMatchObject({ estimate: { flows: 5, cycles: 16, coverage: 1, quiet: 15 } });
    expect(found.limiting).toBeUndefined();
  });

  test("that is stable, but was watched for five days, lacks time, and how much", () => {
    const found = judged(log(daily(5, 5), 5));
    expect(failing(found)).toEqual(["novelty bound"]);
    expect(found.limiting).toMatchObject({ name: "novelty bound", cycles: 10 });
  });

  test("that shows a new flow every day is not ready after any number of days", () => {
    const found = judged(log([...daily(20, 2), ...daily(20, 1).map(([at]) => [at, 100 + at] as const)], 20));
    expect(failing(found)).toEqual(["novelty bound", "sample coverage", "unseen flows"]);
  });

  test("with flows that were seen once needs decisions, and names how many", () => {
    const rare = [1, 2, 3].map((host) => [0, 200 + host] as const);
    const found = judged(log([...daily(16, 2), ...rare], 16));
    expect(failing(found)).toEqual(["sample coverage", "unseen flows"]);
    expect(found.limiting!.remedy).toContain("3 flows were seen in one cycle only");
  });

  test("whose recording stopped in between has a gap", () => {
    const two = [
      observeText(log(daily(10, 3), 10)).baseline,
      observeText(
        log(
          daily(30, 3).filter(([at]) => at >= 20),
          30,
        )
          .split("\n")
          .slice(40)
          .join("\n"),
      ).baseline,
    ];
    const [found] = coverage(two, site, day).conduits;
    expect(failing(found!)).toContain("gaps");
  });

  test("whose recorder, or firewall, lost records is not ready, however long it was watched", () => {
    const { baseline } = observeText(log(daily(16, 3), 16));
    const [source] = baseline.sources;
    const { accounting } = source!;
    const lossy = { ...accounting, read: accounting.read + 1, rejected: { "not in the record": 1 } };
    const [found] = coverage(
      [{ ...baseline, sources: [{ ...source!, accounting: lossy }] }],
      site,
      day,
    ).conduits;
    expect(failing(found!)).toEqual(["losses"]);
    expect(found!.limiting).toMatchObject({ name: "losses" });
  });

  test("beside a capture whose statistics tell of lost packets is not ready", () => {
    const { section, interface: port, enhanced, statistics, option64 } = blocks("little");
    const packet = ipv4("10.20.1.9", "10.20.1.10", 6, tcp(40_000, 502, tcpFlags.syn));
    const failed = (lost: bigint): readonly string[] => {
      const capture = Buffer.concat([
        section(),
        port(228),
        enhanced(0, BigInt(monday + 60) * 1_000_000n, packet),
        statistics(0, [[7, option64(lost)]]),
      ]);
      const { baseline } = observeBytes([Buffer.from(log(daily(16, 3), 16)), capture]);
      return failing(coverage([baseline], site, day).conduits[0]!);
    };
    expect(failed(1n)).toEqual(["losses"]);
    expect(failed(0n)).toEqual([]);
  });

  test("in which nothing was observed is never ready", () => {
    expect(judged(log([], 20)).limiting).toMatchObject({ name: "observation" });
  });

  test("attempts that nobody answered, and traffic within a zone or in no conduit, do not count", () => {
    const attempt = JSON.stringify({
      ...{ ts: monday, proto: "tcp", history: "S", "id.orig_p": 1, "id.resp_p": 22 },
      ...{ "id.orig_h": "10.20.1.9", "id.resp_h": "10.10.1.1" },
    });
    const stranger = JSON.stringify({
      ...{ ts: monday, proto: "tcp", history: "ShADad", "id.orig_p": 1, "id.resp_p": 22 },
      ...{ "id.orig_h": "192.0.2.9", "id.resp_h": "10.10.1.1" },
    });
    const text = [log(daily(16, 5), 16), attempt, stranger].join("\n");
    const found = coverage([observeText(text).baseline], site, day);
    expect(found.conduits[0]!.estimate.flows).toBe(5);
    expect(found.elsewhere).toBe(1);
  });

  test("the same flow in two baselines is one flow", () => {
    const half = (from: number, to: number): Baseline =>
      observeText(
        log(
          daily(16, 5).filter(([at]) => at >= from && at < to),
          16,
        ),
      ).baseline;
    const [found] = coverage([half(0, 8), half(8, 16)], site, day).conduits;
    expect(found!.estimate).toMatchObject({ flows: 5, coverage: 1 });
    expect(found!.limiting).toBeUndefined();
  });

  test("is drawn with its curve, its terms and what is missing", () => {
    const text = renderCoverage(coverage([observeText(log(daily(5, 4), 5)).baseline], site, day));
    expect(text).toContain("dmz-cell1: not ready: limited by novelty bound");
    expect(text).toContain("  █████  flows known after each cycle, up to 4");
    expect(text).toContain(
      "missing: observe until no new flow comes for long enough: at least 10 more cycles, 10d",
    );
    expect(text).toContain("0 of 1 conduits are ready");
  });
});

describe.skipIf(!hasTraffic)(`public logs${needsTraffic}`, () => {
  test("rita: new flows never cease, so promotion is refused, and the reason is named", {
    timeout: 60_000,
  }, () => {
    const names = readdirSync(join(traffic, "zeek/rita-3day"));
    const { baseline } = observeBytes(names.map((name) => readTraffic(`zeek/rita-3day/${name}`)));
    const outside = siteOf(["64.225.56.201/32", "0.0.0.0/2"]);
    for (const cycle of [day, { id: "hour", length: 3600, phases: [] }]) {
      const [found] = coverage([baseline], outside, cycle).conduits;
      expect(found!.estimate.flows).toBeGreaterThan(100);
      expect(failing(found!)).toEqual(expect.arrayContaining(["novelty bound", "unseen flows"]));
      // Fourteen quiet cycles would not do: there is far more to come.
      expect(found!.limiting!.name).toBe("unseen flows");
      expect(found!.limiting!.cycles).toBeGreaterThan(14);
    }
  });
});
