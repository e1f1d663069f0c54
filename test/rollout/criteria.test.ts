import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Flow } from "../../src/baseline/flow.ts";
import { signalReading } from "../../src/rollout/criteria/external-signal.ts";
import { flowDropped } from "../../src/rollout/criteria/flow-dropped.ts";
import { type Judgement, judge, noMemory, type Rule } from "../../src/rollout/criteria/judge.ts";
import type { Reading, Sample, Watch } from "../../src/rollout/criteria/reading.ts";
import { decisionsOf } from "../../src/rollout/record.ts";
import type { RecordedFlow } from "../../src/target.ts";
import { anything, policy } from "../support/policies.ts";

const poll: Flow = { family: 4, initiator: "10.20.1.10", responder: "10.10.1.10", protocol: 6, port: 502 };
const recorded = (flow: Partial<RecordedFlow>): RecordedFlow => ({
  family: 4,
  source: "10.20.1.10",
  destination: "10.10.1.10",
  protocol: 6,
  port: 502,
  packets: 1,
  ...flow,
});
const sample = (
  at: number,
  requests: number,
  replies: number,
  dropped: readonly RecordedFlow[] = [],
): Sample => ({
  at,
  counters: { permits: [{ permit: "poll", requests, replies }], recorded: dropped, recordFull: false },
});
const { conduit } = policy([], [{ from: ["10.20.1.66"], to: ["10.10.1.10"], services: [anything] }]);
const watch: Watch = {
  expected: [poll],
  heartbeats: [{ permit: "poll", deadline: 3 }],
  rates: [],
  decisions: decisionsOf(conduit),
};
const rule = (over: Partial<Rule>): Rule => ({
  id: "heartbeat",
  type: "heartbeat-lost",
  interval: 1,
  failureLimit: Number.MAX_SAFE_INTEGER,
  consecutiveLimit: 1,
  onNoData: "hold",
  severity: "abort",
  ...over,
});
const dropRule = rule({ id: "dropped", type: "flow-dropped", consecutiveLimit: 0 });

/** Judges samples one after the other and gives the verdicts. */
function judged(
  samples: readonly Sample[],
  rules: readonly Rule[],
  by: Watch = watch,
): readonly Judgement["verdict"][] {
  let memory = noMemory;
  return samples.map((one) => {
    const judgement = judge(memory, rules, by, one);
    memory = judgement.memory;
    return judgement.verdict;
  });
}

describe("a dropped flow of the baseline", () => {
  test.each<[string, RecordedFlow, "pass" | "fail"]>([
    ["the observed flow itself", recorded({}), "fail"],
    ["another port of the same pair", recorded({ port: 80 }), "pass"],
    ["another source", recorded({ source: "10.20.1.66" }), "pass"],
    ["the same numbers over UDP", recorded({ protocol: 17 }), "pass"],
    [
      "its reply, picked up towards a client's port",
      recorded({ source: "10.10.1.10", destination: "10.20.1.10", port: 40_112 }),
      "fail",
    ],
    [
      "a request the other way, to a server's port",
      recorded({ source: "10.10.1.10", destination: "10.20.1.10", port: 502 }),
      "pass",
    ],
    ["the same text in the other family", recorded({ family: 6 }), "pass"],
  ])("%s", (_name, flow, result) => {
    expect(flowDropped(watch, sample(0, 0, 0, [flow])).result).toBe(result);
  });

  test("an ICMP flow is told by its type", () => {
    const ping: Flow = {
      family: 4,
      initiator: "10.20.1.10",
      responder: "10.10.1.10",
      protocol: 1,
      icmpType: 8,
    };
    const seen = (icmpType: number): RecordedFlow => {
      const { port: _, ...flow } = recorded({ protocol: 1, icmpType });
      return flow;
    };
    const by = { ...watch, expected: [ping] };
    expect(flowDropped(by, sample(0, 0, 0, [seen(8)])).result).toBe("fail");
    expect(flowDropped(by, sample(0, 0, 0, [seen(13)])).result).toBe("pass");
  });

  test("a full record proves nothing", () => {
    const full = { at: 0, counters: { ...sample(0, 0, 0).counters, recordFull: true } };
    expect(flowDropped(watch, full).result).toBe("no-data");
  });

  test("trips at once", () => {
    expect(judged([sample(0, 0, 0), sample(1, 0, 0, [recorded({})])], [dropRule])).toEqual([
      "holds",
      "tripped",
    ]);
  });
});

describe("a heartbeat", () => {
  test("is waited for, and holds while both directions move within the deadline", () => {
    const samples = [
      sample(0, 5, 5),
      sample(1, 5, 5),
      sample(2, 6, 6),
      sample(4, 7, 7),
      sample(6, 7, 7),
      sample(7, 8, 8),
    ];
    expect(judged(samples, [rule({})])).toEqual(["waits", "waits", "holds", "holds", "holds", "holds"]);
  });

  test.each([
    ["requests", (at: number) => sample(at, 6, 6 + at)],
    ["replies", (at: number) => sample(at, 6 + at, 6)],
  ])("without %s for longer than its deadline is missed, and two misses trip", (_name, later) => {
    const samples = [sample(0, 5, 5), sample(1, 6, 6), later(2), later(4), later(5), later(6)];
    expect(judged(samples, [rule({})])).toEqual(["waits", "holds", "holds", "holds", "waits", "tripped"]);
  });

  test("that comes back after one miss does not trip", () => {
    const samples = [sample(0, 5, 5), sample(1, 6, 6), sample(5, 6, 6), sample(6, 7, 7), sample(10, 7, 7)];
    expect(judged(samples, [rule({})])).toEqual(["waits", "holds", "waits", "holds", "waits"]);
  });

  test("that is never heard at all trips after its deadline", () => {
    expect(judged([sample(0, 0, 0), sample(2, 0, 0), sample(4, 0, 0), sample(5, 0, 0)], [rule({})])).toEqual([
      "waits",
      "waits",
      "waits",
      "tripped",
    ]);
  });

  test("goes on when the counters start anew with the trial's own", () => {
    const samples = [sample(0, 500, 500), sample(1, 501, 501), sample(2, 3, 3), sample(3, 6, 6)];
    expect(judged(samples, [rule({})])).toEqual(["waits", "holds", "holds", "holds"]);
  });

  test("whose cadence is not known has no data: held, failed or ignored as the rule says", () => {
    const unknown: Watch = { ...watch, heartbeats: [{ permit: "poll" }] };
    const verdict = (onNoData: Rule["onNoData"]) =>
      judged([sample(0, 1, 1), sample(1, 2, 2)], [rule({ onNoData })], unknown).at(-1);
    expect([verdict("hold"), verdict("fail"), verdict("ignore")]).toEqual(["waits", "tripped", "holds"]);
  });
});

describe("the limits", () => {
  const miss = (at: number) => sample(at, 0, 0, [recorded({})]);
  const pass = (at: number) => sample(at, 0, 0);

  test("count failures in all as well as in a row", () => {
    const inAll = rule({ ...dropRule, consecutiveLimit: 99, failureLimit: 1 });
    expect(judged([miss(0), pass(1), miss(2)], [inAll])).toEqual(["waits", "holds", "tripped"]);
  });

  test("a criterion speaks once per interval and stands by its word in between", () => {
    const slow = rule({ ...dropRule, interval: 10 });
    expect(judged([pass(0), miss(5), miss(10)], [slow])).toEqual(["holds", "holds", "tripped"]);
  });

  test("severity decides what a trip does: end, wait, or only warn", () => {
    const by = (severity: Rule["severity"]) => judge(noMemory, [{ ...dropRule, severity }], watch, miss(0));
    expect(by("abort").verdict).toBe("tripped");
    expect(by("hold").verdict).toBe("waits");
    expect(by("warn")).toMatchObject({ verdict: "holds", warnings: [expect.stringContaining("10.20.1.10")] });
  });

  test("one that trips outweighs another that asks to wait", () => {
    expect(judged([miss(0)], [rule({}), dropRule])).toEqual(["tripped"]);
  });
});

describe("replies that are missing", () => {
  const missing = rule({ id: "replies", type: "replies-missing", consecutiveLimit: 0 });

  test("trip when a permit that was answered asks twice and has no answer", () => {
    expect(judged([sample(0, 5, 5), sample(1, 9, 9), sample(2, 11, 9)], [missing])).toEqual([
      "waits",
      "holds",
      "tripped",
    ]);
  });

  test("do not trip for one request on its way, nor where nobody ever answers", () => {
    expect(judged([sample(0, 5, 5), sample(1, 6, 5), sample(2, 7, 6)], [missing]).slice(1)).toEqual([
      "holds",
      "holds",
    ]);
    expect(judged([sample(0, 5, 0), sample(1, 9, 0)], [missing])[1]).toBe("holds");
  });
});

describe("unknown drops", () => {
  const unknown = rule({ id: "unknown", type: "unknown-drops", consecutiveLimit: 0, perMinute: 60 });
  const at = (time: number, packets: number, source = "10.20.1.77") =>
    sample(time, 0, 0, [recorded({ source, port: 22, packets })]);

  test("trip above so many packets a minute, of the flows that nobody decided about", () => {
    expect(judged([at(0, 100), at(1, 101), at(3, 103), at(4, 105)], [unknown])).toEqual([
      "waits",
      "holds",
      "holds",
      "tripped",
    ]);
  });

  test("do not count what was decided against", () => {
    expect(judged([at(0, 1, "10.20.1.66"), at(1, 999, "10.20.1.66")], [unknown])[1]).toBe("holds");
  });
});

test("a recording that is lost trips at once", () => {
  const lost = rule({ id: "record", type: "recording-lost", consecutiveLimit: 0 });
  const full = { ...sample(1, 0, 0), counters: { ...sample(1, 0, 0).counters, recordFull: true } };
  expect(judged([sample(0, 0, 0), full], [lost])).toEqual(["holds", "tripped"]);
});

describe("each further criterion, by what it is told", () => {
  const permits = (requests: number, replies = requests) => sample(0, requests, replies).counters;
  const verdicts = (type: Rule["type"], over: Partial<Rule>, ...samples: readonly Partial<Sample>[]) =>
    judged(
      samples.map((one, index): Sample => ({ at: 60 * index, counters: permits(0), ...one })),
      [rule({ id: "it", type, interval: 1, consecutiveLimit: 0, onNoData: "hold", ...over })],
      { ...watch, heartbeats: [], rates: [{ permit: "poll", perMinute: 100 }] },
    );

  test("a rate that collapses trips below its share of the baseline's, and not above", () => {
    expect(
      verdicts("rate-collapse", { percent: 50 }, ...[0, 30, 55, 80].map((n) => ({ counters: permits(n) }))),
    ).toEqual(["waits", "holds", "holds", "holds"]);
    expect(
      verdicts("rate-collapse", { percent: 50 }, ...[0, 30, 50].map((n) => ({ counters: permits(n) }))),
    ).toEqual(["waits", "holds", "tripped"]);
  });

  test("a rate that an interval is too short for has no data, and no packet is missed by chance", () => {
    expect(
      verdicts("rate-collapse", {}, { at: 0, counters: permits(0) }, { at: 2, counters: permits(0) }),
    ).toEqual(["waits", "waits"]);
  });

  const session = (key: string) => ({ ...poll, key, answered: true });
  test("a storm trips when more connections a minute are new than the limit, however many are open", () => {
    const open = (count: number, first = 0) => ({
      sessions: Array.from({ length: count }, (_, index) => session(`s${first + index}`)),
    });
    expect(verdicts("connection-storm", { perMinute: 5 }, open(50), open(55), open(50, 5))).toEqual([
      "waits",
      "holds",
      "holds",
    ]);
    expect(verdicts("connection-storm", { perMinute: 5 }, open(50), open(50, 30))).toEqual([
      "waits",
      "tripped",
    ]);
    expect(verdicts("connection-storm", { perMinute: 5, onNoData: "fail" }, {})).toEqual(["tripped"]);
  });

  const host = (entries: number, ...standing: readonly string[]) => ({
    host: { tracked: { entries, limit: 1000 }, standing, clock: 0, freeBytes: 0 },
  });
  test("a table of connections that fills up trips above its share", () => {
    expect(verdicts("conntrack-pressure", {}, host(800), host(801))).toEqual(["holds", "tripped"]);
    expect(verdicts("conntrack-pressure", { percent: 50 }, host(501))).toEqual(["tripped"]);
    expect(verdicts("conntrack-pressure", {}, {})).toEqual(["waits"]);
  });

  test("a failover is an address or role that comes or goes", () => {
    const [both, one] = [host(0, "eth0 10.0.0.1/24", "eth0 10.0.0.9/24"), host(0, "eth0 10.0.0.1/24")];
    expect(verdicts("ha-event", {}, one, one, both)).toEqual(["holds", "holds", "tripped"]);
    expect(verdicts("ha-event", {}, both, one)).toEqual(["holds", "tripped"]);
    expect(verdicts("ha-event", {}, host(0), host(0))).toEqual(["waits", "waits"]);
  });

  test("somebody else's change trips, and its first line says what it was", () => {
    expect(verdicts("drift", {}, { changes: [] }, { changes: ["other rules changed:\n+ x"] })).toEqual([
      "holds",
      "tripped",
    ]);
    expect(verdicts("drift", {}, {})).toEqual(["waits"]);
  });

  test("a conduit in which nothing is asked is quiet: with severity hold the soak stands still until it speaks", () => {
    const quiet = { type: "quiet-conduit", severity: "hold", consecutiveLimit: 0 } as const;
    expect(verdicts("quiet-conduit", quiet, ...[5, 6, 6, 7].map((n) => ({ counters: permits(n) })))).toEqual([
      "waits",
      "holds",
      "waits",
      "holds",
    ]);
  });

  test("probes and signals say what they found, and silence is no data", () => {
    const answers = (result: "pass" | "fail" | "no-data") => ({
      answers: new Map([["it", { result, reason: "" }]]),
    });
    for (const type of ["tcp-probe", "external-signal"] as const) {
      expect(verdicts(type, {}, answers("pass"), answers("fail"))).toEqual(["holds", "tripped"]);
      expect(verdicts(type, {}, answers("no-data"), {})).toEqual(["waits", "waits"]);
    }
  });
});

describe("an outside signal", () => {
  const file = { kind: "file", path: "line.txt", expect: "running", staleAfter: 60 } as const;
  const command = { kind: "command", argv: ["check"] } as const;
  test.each<[string, Parameters<typeof signalReading>, string]>([
    ["says what is expected", [file, { kind: "file", content: "running\n", age: 60 }], "pass"],
    ["says something else", [file, { kind: "file", content: "stopped\n", age: 1 }], "fail"],
    ["is empty", [file, { kind: "file", content: "", age: 1 }], "fail"],
    ["is stale, whatever it says", [file, { kind: "file", content: "running\n", age: 61 }], "no-data"],
    ["is not there", [file, { kind: "nothing", reason: "no such file" }], "no-data"],
    ["of a command that is well", [command, { kind: "exit", code: 0, output: "OK" }], "pass"],
    ["of a command that warns", [command, { kind: "exit", code: 1, output: "" }], "fail"],
    ["of a command that is critical", [command, { kind: "exit", code: 2, output: "" }], "fail"],
    ["of a command that does not know", [command, { kind: "exit", code: 3, output: "" }], "no-data"],
    ["of a command that cannot be found", [command, { kind: "exit", code: 127, output: "" }], "no-data"],
  ])("%s", (_name, [signal, found], result) => {
    expect(signalReading(signal, found).result).toBe(result);
  });
});

test("a dead flow does not hide behind the others of its permit", () => {
  const other = { ...poll, initiator: "10.20.1.11" };
  const by: Watch = {
    ...watch,
    heartbeats: [poll, other].map((flow) => ({ permit: "poll", flow, deadline: 3 })),
  };
  const counted = (at: number, one: number, two: number): Sample => ({
    at,
    counters: {
      ...sample(at, one + two, one + two).counters,
      admitted: [poll, other].map(({ initiator, responder, ...flow }, index) => ({
        ...{ ...flow, source: initiator, destination: responder },
        packets: 2 * [one, two][index]!,
        replies: [one, two][index]!,
      })),
    },
  });
  const samples = [counted(0, 1, 1), counted(1, 2, 2), counted(4, 5, 2), counted(5, 6, 2), counted(6, 7, 2)];
  expect(judged(samples, [rule({})], by)).toEqual(["waits", "holds", "holds", "waits", "tripped"]);
});

test("a criterion that runs dry ends nothing, and says what it would have done", () => {
  const dry = { ...dropRule, dryRun: true as const };
  const { verdict, warnings } = judge(noMemory, [dry], watch, sample(0, 0, 0, [recorded({})]));
  expect(verdict).toBe("holds");
  expect(warnings).toEqual([expect.stringMatching(/^dry run, would abort: dropped: .*10\.20\.1\.10/)]);
});

describe("whatever is measured, in whatever order", () => {
  const answer = fc.constantFrom<"pass" | "fail" | "no-data" | "early">("pass", "fail", "no-data", "early");
  const answersOf = (results: readonly Reading["result"][]) =>
    results.map(
      (result, at): Sample => ({
        at,
        counters: sample(at, 0, 0).counters,
        answers: new Map([["it", { result, reason: result }]]),
      }),
    );
  const limits = fc.record({ consecutiveLimit: fc.nat(3), failureLimit: fc.nat(4) });

  test("a failure is never success, and what is not known is success only where the rule ignores it", () => {
    fc.assert(
      fc.property(
        fc.array(answer, { minLength: 1, maxLength: 12 }),
        limits,
        fc.constantFrom<Rule["onNoData"]>("fail", "hold", "ignore"),
        (results, limit, onNoData) => {
          const it = rule({ id: "it", type: "external-signal", ...limit, onNoData });
          const found = judged(answersOf(results), [it]);
          for (const [at, verdict] of found.entries()) {
            if (verdict !== "holds") continue;
            expect(["pass", ...(onNoData === "ignore" ? ["no-data"] : [])]).toContain(results[at]);
          }
        },
      ),
      { seed: 20_261 },
    );
  });

  test("more failures than the limit trip, in all and in a row, and no order of the same samples undoes that", () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(["fail", "fail", "fail", "pass", "pass", "no-data"] as const),
        limits,
        (results, limit) => {
          const it = rule({ id: "it", type: "external-signal", ...limit, onNoData: "hold" });
          const tripped = judged(answersOf(results), [it]).includes("tripped");
          const failures = results.filter((one) => one === "fail").length;
          const longest = Math.max(
            0,
            ...results
              .join(" ")
              .split(/ ?(?:pass|no-data) ?/)
              .map((run) => (run.match(/fail/g) ?? []).length),
          );
          expect(tripped).toBe(failures > limit.failureLimit || longest > limit.consecutiveLimit);
          if (failures > limit.failureLimit) {
            expect(judged(answersOf(results.toReversed()), [it])).toContain("tripped");
          }
        },
      ),
      { seed: 20_262 },
    );
  });
});
