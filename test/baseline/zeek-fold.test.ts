import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Conversation } from "../../src/baseline/conversation.ts";
import { requestLimit } from "../../src/baseline/conversation.ts";
import { linkSightings } from "../../src/baseline/links/sightings.ts";
import { observation, recording } from "../../src/baseline/observe.ts";
import { addRequest, noRequests, settle } from "../../src/baseline/requests.ts";
import { SourceError } from "../../src/baseline/sources/source.ts";
import { zeekFold } from "../../src/baseline/sources/zeek-fold.ts";
import { leadingHeader } from "../../src/baseline/sources/zeek-header.ts";
import { readZeekRecord } from "../../src/baseline/sources/zeek-record.ts";
import { DoubledLog } from "../../src/baseline/sources/zeek-twins.ts";
import {
  alikeRecords,
  damagedAlike,
  damagedLog,
  poll,
  zeekFieldNames,
  zeekLog,
  zeekRecord,
} from "../engines/support/zeek.ts";

/** What an observation of one log gives, its lines added up as they are read or not: baseline and findings, or its refusal. */
function observed(log: string, isOnly: boolean, piece = 1 << 20): unknown {
  const seen = observation({ isOnly });
  const source = seen.open("conn.log");
  const bytes = Buffer.from(log);
  try {
    for (let at = 0; at < bytes.length; at += piece) source.push(bytes.subarray(at, at + piece));
    const findings = source.end(createHash("sha256").update(bytes).digest("hex"));
    return { findings, baseline: seen.baseline() };
  } catch (error) {
    if (error instanceof SourceError) return error.message;
    // As the command does it.
    if (error instanceof DoubledLog) return observed(log, false, piece);
    throw error;
  }
}

describe("a line that says what another one said", () => {
  const learnt = (records: readonly ReturnType<typeof poll>[]): readonly boolean[] => {
    const lines = zeekLog(records).split("\n");
    const header = leadingHeader(lines)!;
    const fold = zeekFold(header, linkSightings(), () => undefined);
    return lines.slice(6, 6 + records.length).map((line) => {
      const bytes = Buffer.from(`${line}\n`);
      const isTaken = fold.take(bytes, 0, bytes.length - 1);
      const fields = line.split("\t");
      const record = Object.fromEntries(
        header.columns.map(([field, at]) => [field, fields[at] === "-" ? undefined : fields[at]]),
      );
      if (!isTaken) fold.learn(readZeekRecord(record) as Conversation);
      return isTaken;
    });
  };
  const answer = { "id.orig_h": "10.0.0.2", "id.orig_p": "502", "id.resp_h": "10.0.0.1", history: "-" };

  test.each<[string, (second: number) => ReturnType<typeof poll>, readonly boolean[]]>([
    ["from any port of a client", (second) => poll(second), [false, true, true, true]],
    [
      "without a history, answered and not",
      (second) => ({ ...poll(second), history: "-", resp_pkts: second < 120 ? "4" : "0" }),
      [false, true, false, true],
    ],
    [
      "from the port of a service, to any port",
      (second) => ({ ...poll(second), ...answer, conn_state: "OTH", "id.resp_p": "40001" }),
      [false, true, true, true],
    ],
    [
      "without a direction: by both of its ports",
      (second) => ({
        ...poll(second),
        ...{
          proto: "udp",
          history: "Dd",
          "id.resp_p": "40001",
          "id.orig_p": second < 120 ? "40002" : "40003",
        },
      }),
      [false, true, false, true],
    ],
  ])("is added without being read: %s", (_, record, taken) => {
    expect(learnt([0, 60, 120, 180].map(record))).toEqual(taken);
  });
});

test("what answers sent stays apart from what was asked, also where the log has it the other way round", () => {
  const answer = { "id.orig_h": "10.0.0.2", "id.orig_p": "502", "id.resp_h": "10.0.0.1", history: "-" };
  const records = [0, 60, 120].map((second) => ({
    ...poll(second),
    ...answer,
    "id.resp_p": "40001",
    conn_state: "OTH",
  }));
  const talks: Conversation[] = [];
  const seen = recording((talk) => talks.push(talk), { isOnly: true });
  const source = seen.open("conn.log");
  source.push(Buffer.from(zeekLog(records)));
  source.end("");
  expect(talks).toMatchObject([
    {
      a: { address: "10.0.0.1", packets: 12, bytes: 750 },
      b: { address: "10.0.0.2", packets: 15, bytes: 900 },
    },
  ]);
});

describe("lines of a conn.log that are added up as they are read give the baseline that single lines give", () => {
  const asSingleLines = (log: string, piece?: number): void => {
    expect(observed(log, true, piece)).toEqual(observed(log, false));
  };

  test("whatever records Zeek may write, in pieces of any size", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.array(zeekRecord, { maxLength: 80 }), alikeRecords),
        fc.integer({ min: 1, max: 5000 }),
        (records, piece) => asSingleLines(zeekLog(records), piece),
      ),
      { numRuns: 300, seed: 7 },
    );
  });

  test("damaged lines: the same values, and the same lines are refused", () => {
    fc.assert(
      fc.property(fc.oneof(damagedLog, damagedAlike), (log) => asSingleLines(log)),
      {
        numRuns: 300,
        seed: 13,
      },
    );
  });

  test("under several headers, the same and others, with ends of lines of both kinds", () => {
    const swapped: Readonly<Record<string, string>> = { "id.orig_h": "id.resp_h", "id.resp_h": "id.orig_h" };
    const layouts = [
      zeekFieldNames,
      zeekFieldNames.map((name) => swapped[name] ?? name),
      ["worker", ...zeekFieldNames],
    ];
    const part = fc.tuple(alikeRecords, fc.constantFrom(...layouts), fc.constantFrom("\n", "\r\n"));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), (parts) =>
        asSingleLines(
          parts.map(([records, layout, end]) => zeekLog(records, layout).replaceAll("\n", end)).join(""),
        ),
      ),
      { numRuns: 100, seed: 17 },
    );
  });

  test("lines that are the same, byte for byte, under a header that has the ends the other way round", () => {
    const swapped: Readonly<Record<string, string>> = { "id.orig_h": "id.resp_h", "id.resp_h": "id.orig_h" };
    const back = { "id.orig_h": "10.0.0.2", "id.resp_h": "10.0.0.1" };
    const first = zeekLog([0, 60, 120].map((second) => poll(second)));
    const later = zeekLog(
      [180, 240, 300].map((second) => ({ ...poll(second), ...back })),
      zeekFieldNames.map((name) => swapped[name] ?? name),
    );
    asSingleLines(first + later);
    expect(observed(first + later, true)).toMatchObject({
      baseline: { flows: [{ initiator: "10.0.0.1" }, { initiator: "10.0.0.2" }] },
    });
  });
});

test("of requests that come in any order, the earliest are kept, in order", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 * requestLimit }),
      fc.nat(),
      fc.boolean(),
      (size, seed, mixed) => {
        const times = Array.from({ length: size }, (_, index) =>
          mixed ? (index * 7919 + seed) % 20_011 : index,
        );
        const requests = noRequests();
        for (const time of times) addRequest(requests, time);
        settle(requests);
        const ordered = times.toSorted((x, y) => x - y);
        expect(requests.times).toEqual(ordered.slice(0, requestLimit));
        if (size > requestLimit) expect(requests.leftOut).toBe(ordered.at(-1));
      },
    ),
    { numRuns: 30, seed: 19 },
  );
});
