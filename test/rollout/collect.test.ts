import { describe, expect, test } from "vitest";
import { formatBaseline, readBaseline } from "../../src/baseline/file.ts";
import type { Baseline } from "../../src/baseline/flow.ts";
import { places } from "../../src/baseline/propose/places.ts";
import { collect, type FirewallReading } from "../../src/rollout/collect/collect.ts";
import type { CountersReading, LiveSession, RecordedFlow } from "../../src/target.ts";
import { policy, tcp } from "../support/policies.ts";

const { site } = policy([{ from: ["10.0.1.1"], to: ["10.0.2.1"], services: [tcp(502)] }]);
const where = places(site);
const noon = Date.parse("2026-11-21T12:00:00Z") / 1000;

const entry = (detail: Partial<RecordedFlow> = {}): RecordedFlow => ({
  ...{ family: 4, source: "10.0.1.1", destination: "10.0.2.1", protocol: 6, port: 502 },
  ...{ packets: 10, replies: 4, openings: 1 },
  ...detail,
});
const reading = (
  minutes: number,
  counters: Partial<CountersReading>,
  sessions: readonly LiveSession[] = [],
): FirewallReading => ({
  ...{ firewall: "fw1", target: "some", time: noon + 60 * minutes },
  conduits: [
    {
      conduit: "left-right",
      counters: {
        ...{ permits: [], recorded: [], recordFull: false, admitted: [] },
        ...{ epoch: { record: "r1", rules: "p1" }, unpermitted: { before: 0, after: 0 } },
        ...counters,
      },
    },
  ],
  sessions: { kind: "listed", sessions, unread: 0, endable: true },
});
/** Readings one after the other, with the file in between, as successive calls have it. */
const successive = (readings: readonly FirewallReading[]) =>
  readings.reduce<{ baseline?: Baseline; warnings: string[] }>(
    ({ baseline, warnings }, one) => {
      const collected = collect(baseline, one, where);
      const text = formatBaseline(collected.baseline);
      const read = readBaseline(text, "file.json");
      expect(read.diagnostics).toEqual([]);
      return { baseline: read.value!, warnings: [...warnings, ...collected.warnings] };
    },
    { warnings: [] },
  );

describe("a firewall's own record as a source", () => {
  test("says who asks, that it was answered, and when it was last seen", () => {
    const { baseline } = successive([reading(0, { recorded: [entry({ quietFor: 90 })] })]);
    expect(baseline!.flows).toEqual([
      expect.objectContaining({
        ...{ initiator: "10.0.1.1", responder: "10.0.2.1", port: 502, packets: 10, connections: 1 },
        ...{ evidence: "syn", confidence: 1, answered: true, lastSeen: "2026-11-21T11:58:30.000000Z" },
      }),
    ]);
  });

  test("counts nothing twice, however often it is read", () => {
    const same = { recorded: [entry()], admitted: [entry({ port: 102, packets: 6 })] };
    const { baseline } = successive([reading(0, same), reading(1, same), reading(2, same)]);
    expect(baseline!.flows.map(({ port, packets }) => [port, packets])).toEqual([
      [102, 6],
      [502, 10],
    ]);
    expect(baseline!.sources).toHaveLength(1);
    expect(baseline!.sources[0]).toMatchObject({
      firstSeen: "2026-11-21T12:00:00.000000Z",
      lastSeen: "2026-11-21T12:02:00.000000Z",
      accounting: { unit: "packets", read: 16, used: 16 },
    });
  });

  test("takes over what was added since, and an entry that ended and came again from its beginning", () => {
    const { baseline } = successive([
      reading(0, { recorded: [entry({ packets: 10 })] }),
      reading(1, { recorded: [entry({ packets: 25, replies: 9, openings: 3 })] }),
      reading(2, { recorded: [] }),
      reading(3, { recorded: [entry({ packets: 2, replies: 1, openings: 1 })] }),
    ]);
    expect(baseline!.flows[0]).toMatchObject({ packets: 27, connections: 4 });
  });

  test("an entry that ended alone, as that of the opening of a long session, has nothing else counted again", () => {
    const { baseline, warnings } = successive([
      reading(0, { recorded: [entry({ packets: 1000, replies: 500, openings: 1 })] }),
      // Of 30 packets that were counted since, 10 are not in the record.
      reading(1, {
        recorded: [entry({ packets: 1020, replies: 510, openings: 0 })],
        unpermitted: { before: 30, after: 30 },
      }),
    ]);
    expect(baseline!.flows[0]).toMatchObject({ packets: 1020, connections: 1 });
    expect(warnings).toEqual([
      "left-right: 10 packets that no permit admitted were counted and are not in the record: it lost them",
    ]);
  });

  test("an entry that ended and came again between two readings has all of its counts from their beginning", () => {
    const { baseline } = successive([
      reading(0, { recorded: [entry({ packets: 20, replies: 10, openings: 1 })] }),
      reading(1, { recorded: [entry({ packets: 12, replies: 10, openings: 1 })] }),
    ]);
    expect(baseline!.flows[0]).toMatchObject({ packets: 32, connections: 2 });
  });

  test("notices a reload or a reboot: all is counted anew, and the stretch of observation ends", () => {
    const { baseline, warnings } = successive([
      reading(0, { recorded: [entry({ packets: 10 })] }),
      reading(5, { recorded: [entry({ packets: 30 })], epoch: { record: "r2", rules: "p2" } }),
    ]);
    expect(baseline!.flows[0]!.packets).toBe(40);
    expect(baseline!.sources.map(({ firstSeen }) => firstSeen)).toEqual([
      "2026-11-21T12:00:00.000000Z",
      "2026-11-21T12:05:00.000000Z",
    ]);
    expect(warnings).toEqual(["left-right: the counters began anew since 2026-11-21T12:00:00.000000Z"]);
  });

  test("notices it by the counts alone, where the firewall gives its counters no number", () => {
    const { baseline, warnings } = successive([
      reading(0, { admitted: [entry({ packets: 50, replies: 25 })], unpermitted: { before: 9, after: 9 } }),
      reading(1, { admitted: [entry({ packets: 7, replies: 3 })], unpermitted: { before: 1, after: 1 } }),
    ]);
    expect(baseline!.flows[0]!.packets).toBe(57);
    expect(warnings).toHaveLength(1);
  });

  test("reports what was counted and is not in the record, and not what came while it was read", () => {
    const growing = (minutes: number, packets: number, before: number, later: number) =>
      reading(minutes, {
        recorded: [entry({ packets, replies: 0 })],
        unpermitted: { before, after: later },
      });
    expect(successive([growing(0, 10, 10, 12), growing(1, 40, 39, 41)]).warnings).toEqual([]);
    const { baseline, warnings } = successive([growing(0, 10, 10, 12), growing(1, 20, 100, 100)]);
    expect(warnings).toEqual([
      "left-right: 78 packets that no permit admitted were counted and are not in the record: it lost them",
    ]);
    expect(baseline!.sources[0]!.accounting.rejected).toEqual({
      "counted by the firewall and not in its record": 78,
    });
  });

  test("says so where a firewall keeps no count beside its record: what was lost is not known", () => {
    expect(successive([reading(0, { unpermitted: undefined })]).warnings).toEqual([
      "left-right: this firewall keeps no count beside its record, so what the record lost is not known",
    ]);
  });

  test("tells that a record is full", () => {
    expect(successive([reading(0, { recordFull: true })]).warnings[0]).toMatch(
      /left-right: the record is full/,
    );
  });

  test("what a full record holds without its ports is no flow: it is told as lost, once", () => {
    const { port: _, ...bare } = entry({ packets: 7, replies: 2, openings: 0 });
    const full = { recorded: [entry(), bare], recordFull: true };
    const { baseline, warnings } = successive([reading(0, full), reading(1, full)]);
    expect(baseline!.flows.map(({ port }) => port)).toEqual([502]);
    expect(baseline!.sources[0]!.accounting).toMatchObject({
      ...{ read: 17, used: 10 },
      rejected: { "counted by the firewall and not in its record": 7 },
    });
    expect(warnings.filter((text) => text.includes("without their ports"))).toEqual([
      "left-right: 7 packets are in the record without their ports, since it was full: their service is not known",
    ]);
  });

  test("knows the answers of a session that was picked up midway, and asks about one that it cannot place", () => {
    const answers = entry({
      ...{ source: "10.0.2.1", destination: "10.0.1.1", port: 40_112, openings: 0 },
    });
    const placed = successive([reading(0, { recorded: [answers], admitted: [entry()] })]).baseline!;
    expect(placed.flows.map(({ initiator }) => initiator)).toEqual(["10.0.1.1"]);
    expect(placed.sources[0]!.accounting.ignored).toEqual({
      "answer in a session that was picked up midway": 10,
    });
    const alone = successive([reading(0, { recorded: [answers] })]).baseline!;
    expect(alone.flows[0]!.confidence).toBeLessThan(0.5);
    const opened = successive([reading(0, { recorded: [{ ...answers, openings: 1 }], admitted: [entry()] })]);
    expect(opened.baseline!.flows).toHaveLength(2);
  });

  test("finds the period of what comes more rarely than it is read, and none of what is read too rarely", () => {
    const every = (step: number): readonly FirewallReading[] =>
      Array.from({ length: 60 }, (_, minute) =>
        reading(minute, { admitted: [entry({ packets: 2 * (1 + Math.floor(minute / step)), openings: 0 })] }),
      );
    expect(successive(every(5)).baseline!.flows[0]!.cadence).toMatchObject({ kind: "periodic", period: 300 });
    const fast = successive(every(1)).baseline!.flows[0]!.cadence!;
    expect(fast.kind).toBe("irregular");
    expect(fast.silenceDeadline).toBe(180);
  });

  test("names the flows of wide permits by the sessions that are open, without counting their packets again", () => {
    const session: LiveSession = {
      ...{ family: 4, initiator: "10.0.1.1", responder: "10.0.2.1", protocol: 6, port: 502 },
      ...{ initiatorPort: 40_000, answered: true, idle: 30, packets: 900, key: "1" },
    };
    const { baseline } = successive([reading(0, {}, [session]), reading(20, {}, [session])]);
    expect(baseline!.flows).toEqual([
      expect.objectContaining({
        ...{ initiator: "10.0.1.1", port: 502, packets: 900, connections: 1, answered: true },
        ...{ evidence: "known-port", lastSeen: "2026-11-21T12:19:30.000000Z" },
      }),
    ]);
    expect(baseline!.flows[0]!.presence).toHaveLength(2);
    const local = { ...session, responder: "192.0.2.1" };
    expect(successive([reading(0, {}, [local])]).baseline!.flows).toEqual([]);
  });
});
