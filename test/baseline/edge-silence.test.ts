import { expect, test } from "vitest";
import { withEdgeSilence } from "../../src/baseline/edge-silence.ts";
import type { BaselineFlow, BaselineSource } from "../../src/baseline/flow.ts";

const at = (clock: string): string => `2026-01-05T${clock}.000000Z`;
const source = (from: string, to: string): BaselineSource => ({
  name: "a",
  format: "pcap",
  sha256: "0".repeat(64),
  firstSeen: at(from),
  lastSeen: at(to),
  accounting: { unit: "packets", read: 1, used: 1, ignored: {}, rejected: {} },
});
const flow = (from: string | undefined, to: string | undefined): BaselineFlow => ({
  ...{ family: 4, initiator: "10.20.1.10", responder: "10.10.1.10", protocol: 6, port: 502 },
  ...{ connections: 1, packets: 34, bytes: 3400, evidence: "syn", confidence: 1, answered: true },
  ...(from !== undefined && { firstSeen: at(from) }),
  ...(to !== undefined && { lastSeen: at(to) }),
  cadence: { kind: "irregular", silenceDeadline: 3, samples: 34 },
});
const deadline = (seen: BaselineFlow, ...sources: readonly BaselineSource[]): number =>
  withEdgeSilence([seen], sources)[0]!.cadence!.silenceDeadline;

test("a flow that spoke for a moment of an hour was silent for the rest of it, before and after", () => {
  expect(deadline(flow("08:40:00", "08:40:01"), source("08:00:00", "09:00:00"))).toBe(1.5 * 40 * 60);
  expect(deadline(flow("08:10:00", "08:10:00"), source("08:00:00", "09:00:00"))).toBe(1.5 * 50 * 60);
});

test("a flow that spoke from one end to the other keeps the deadline of its gaps", () => {
  expect(deadline(flow("08:00:01", "08:59:58"), source("08:00:00", "09:00:00"))).toBe(3);
});

test("only the file that saw it at that end is asked, and of several the one in which it was silent for the shortest time", () => {
  const files = [
    source("07:00:00", "07:59:00"),
    source("08:00:00", "09:00:00"),
    source("08:39:00", "08:45:00"),
    source("09:30:00", "12:00:00"),
  ];
  expect(deadline(flow("08:40:00", "08:41:00"), ...files)).toBe(1.5 * 4 * 60);
});

test("without times nothing is known of the edges, and a flow without a cadence gets none", () => {
  expect(deadline(flow(undefined, undefined), source("08:00:00", "09:00:00"))).toBe(3);
  const { cadence: _, ...rare } = flow("08:40:00", "08:40:01");
  expect(withEdgeSilence([rare], [source("08:00:00", "09:00:00")])).toEqual([rare]);
});
