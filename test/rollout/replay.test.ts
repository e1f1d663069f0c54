import { expect, test } from "vitest";
import type { Rule, Watch } from "../../src/rollout/criteria/reading.ts";
import { type KeptSample, replay } from "../../src/rollout/criteria/replay.ts";

const watch: Watch = {
  expected: [],
  heartbeats: [{ permit: "poll", deadline: 25 }],
  rates: [],
  decisions: { permits: [], denials: [] },
};
const rule = (over: Partial<Rule>): Rule => ({
  ...{ id: "heartbeat", type: "heartbeat-lost", interval: 1, failureLimit: Number.MAX_SAFE_INTEGER },
  ...{ consecutiveLimit: 1, onNoData: "hold", severity: "hold" },
  ...over,
});
/** A sample every 10 s: how many polls there were by then, and whether the record was full. */
const kept = (...polls: readonly (number | [number, "full"])[]): readonly KeptSample[] =>
  polls.map((poll, index) => {
    const [count, full] = typeof poll === "number" ? [poll, undefined] : poll;
    return {
      time: new Date(Date.UTC(2026, 0, 1) + 10_000 * index).toISOString(),
      counters: {
        permits: [{ permit: "poll", requests: count, replies: count }],
        recorded: [],
        recordFull: full !== undefined,
      },
    };
  });

test("nothing kept is no history", () => {
  expect(replay([rule({})], watch, [])).toBeUndefined();
});

test("a trip is counted when it begins, with its time and reason, over the stretch that was sampled", () => {
  const silentTwice = kept(1, 2, 3, 3, 3, 3, 3, 4, 5, 5, 5, 5, 5, 6);
  expect(replay([rule({})], watch, silentTwice)).toEqual({
    samples: 14,
    from: "2026-01-01T00:00:00.000Z",
    to: "2026-01-01T00:02:10.000Z",
    every: 10,
    criteria: [
      {
        id: "heartbeat",
        trips: 2,
        last: { time: "2026-01-01T00:02:00.000Z", reason: "heartbeat: poll asked nothing for 40.0 s" },
      },
    ],
  });
  expect(replay([rule({})], watch, kept(1, 2, 3, 4))?.criteria).toEqual([{ id: "heartbeat", trips: 0 }]);
});

test("a sum of failures begins anew after it tripped, and a criterion that runs dry is judged all the same", () => {
  const full = rule({
    id: "full",
    type: "recording-lost",
    failureLimit: 1,
    consecutiveLimit: 99,
    dryRun: true,
  });
  const samples = kept([1, "full"], 2, [3, "full"], 4, [5, "full"], 6, [7, "full"], 8);
  expect(replay([full], watch, samples)?.criteria).toMatchObject([{ id: "full", trips: 2 }]);
});

test("what the samples do not hold is not judged, which is not the same as never", () => {
  const host = rule({ id: "fill", type: "conntrack-pressure" });
  expect(replay([host], watch, kept(1, 2))?.criteria).toEqual([{ id: "fill" }]);
});
