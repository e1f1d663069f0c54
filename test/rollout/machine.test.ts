import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Effect,
  type Event,
  isFinal,
  isRunning,
  type Settings,
  type State,
  step,
} from "../../src/rollout/trial/machine.ts";

const settings: Settings = { lease: 10, soak: 20, confirm: "by-another" };

/** Plays a script from the start and gives the states that it went through, with what was asked for in each. */
function play(
  events: readonly Event[],
  by: Settings = settings,
): readonly (readonly [State["kind"], Effect["kind"] | undefined])[] {
  let state: State = { kind: "approved" };
  return events.map((event) => {
    const next = step(state, event, by);
    state = next.state;
    return [state.kind, next.effect?.kind] as const;
  });
}
const good = (at: number): Event => ({ kind: "measured", at, verdict: "holds", reason: "" });
const held = (at: number): Event => ({ kind: "lease", answer: "held", at });
const toTrial: readonly Event[] = [
  { kind: "start" },
  { kind: "checked", problems: [] },
  { kind: "drilled", firings: [], problems: [] },
  { kind: "guarded" },
  { kind: "armed", at: 0, endsBy: 100, limit: "the window" },
];
const afterTrial = (events: readonly Event[], by = settings) =>
  play([...toTrial, ...events], by).slice(toTrial.length);

describe("a change, as a story", () => {
  test("is checked, drilled, armed, soaked, and confirmed by another session", () => {
    expect(
      play([
        ...toTrial,
        good(1),
        { kind: "tick", at: 5 },
        held(5),
        good(11),
        good(21),
        { kind: "lease", answer: "confirmed", at: 25 },
        { kind: "persisted" },
      ]),
    ).toEqual([
      ["preflight", "check"],
      ["preflight", "drill"],
      ["drilled", "guard"],
      ["guarded", "arm"],
      ["trial", "measure"],
      ["soak", undefined],
      ["soak", "renew"],
      ["soak", "measure"],
      ["soak", undefined],
      ["soaked", undefined],
      ["confirmed", "await-persist"],
      ["done", undefined],
    ]);
  });

  test("confirms itself after the soak only when it was told to", () => {
    const events = [
      good(1),
      good(21),
      { kind: "lease", answer: "confirmed", at: 22 },
      { kind: "persisted" },
      { kind: "kept" },
    ] as const;
    expect(afterTrial(events, { ...settings, confirm: "after-soak" })).toEqual([
      ["soak", undefined],
      ["confirming", "confirm"],
      ["confirmed", "persist"],
      ["persisted", "keep"],
      ["done", undefined],
    ]);
  });

  test.each<[string, Event]>([
    ["a criterion that trips", { kind: "measured", at: 2, verdict: "tripped", reason: "heartbeat" }],
    ["an operator's abort", { kind: "abort", reason: "Ctrl-C" }],
    ["a broken wire", { kind: "failed", at: 2, reason: "lost" }],
    ["an expired lease", { kind: "lease", answer: "expired", at: 2 }],
    ["a foreign change", { kind: "lease", answer: "foreign", at: 2 }],
    ["a second dead man that is gone", { kind: "lease", answer: "unguarded", at: 2 }],
    ["the end of its time", { kind: "tick", at: 100 }],
  ])("%s leads back, and being back is read from the firewall", (_name, event) => {
    const back = { kind: "found", what: "back", reason: "" } as const;
    expect(afterTrial([good(1), event, { kind: "disarmed" }, back]).slice(1)).toEqual([
      ["reverting", "disarm"],
      ["reverted", "verify"],
      ["verified-back", undefined],
    ]);
  });

  test("a disarm that does not arrive still ends in a look at the firewall", () => {
    const lost = { kind: "failed", at: 2, reason: "lost" } as const;
    const unreachable = { kind: "found", what: "unreachable", reason: "no route" } as const;
    expect(afterTrial([lost, lost, unreachable]).at(-1)).toEqual(["revert-unproven", undefined]);
  });

  test("a wire that breaks while arming counts as armed", () => {
    expect(play([...toTrial.slice(0, 4), { kind: "failed", at: 3, reason: "lost" }]).at(-1)).toEqual([
      "reverting",
      "disarm",
    ]);
  });

  test.each([1, 2, 3])("a wire that breaks before arming, after %i steps, changes nothing", (steps) => {
    expect(play([...toTrial.slice(0, steps), { kind: "failed", at: 3, reason: "lost" }]).at(-1)).toEqual([
      "refused",
      undefined,
    ]);
  });

  test("a dead man that does not fire in the drill is never armed", () => {
    const silent = { kind: "drilled", firings: [], problems: ["silent"] } as const;
    expect(play([...toTrial.slice(0, 2), silent]).at(-1)).toEqual(["refused", undefined]);
  });

  test("time in which a criterion asks to wait does not count for the soak", () => {
    const waits = (at: number): Event => ({ kind: "measured", at, verdict: "waits", reason: "quiet" });
    const kinds = afterTrial([good(0), good(15), waits(16), good(40), good(44), good(46)]).map(
      ([kind]) => kind,
    );
    expect(kinds).toEqual(["soak", "soak", "held", "soak", "soak", "soaked"]);
  });

  test("a confirm that was made while the wire was broken is completed, not taken back", () => {
    const lost = { kind: "failed", at: 2, reason: "lost" } as const;
    const confirmed = { kind: "found", what: "confirmed", reason: "" } as const;
    expect(afterTrial([lost, { kind: "disarmed" }, confirmed]).at(-1)).toEqual(["confirmed", "persist"]);
  });

  test("a boot file that cannot be written is said, and the running rules are not taken back", () => {
    const events = [
      { kind: "lease", answer: "confirmed", at: 2 },
      { kind: "not-persisted", reason: "disk full" },
    ] as const;
    expect(afterTrial(events).at(-1)).toEqual(["confirmed-not-persisted", undefined]);
  });

  test("a session that only confirms leaves the trial alone when it is refused", () => {
    const start: State = { kind: "confirming", leaseEnds: 10 };
    expect(step(start, { kind: "start" }, settings).effect).toEqual({ kind: "confirm" });
    const refused = step(start, { kind: "confirm-refused", reasons: ["soak"] }, settings);
    expect(refused).toEqual({ state: { kind: "refused", reasons: ["soak"] } });
  });
});

const at = fc.integer({ min: 0, max: 200 });
const reason = fc.constant("because");
const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  fc.constantFrom<Event>({ kind: "start" }, { kind: "disarmed" }, { kind: "persisted" }, { kind: "kept" }),
  fc.constant({ kind: "guarded" as const }),
  fc.record({ kind: fc.constant("checked" as const), problems: fc.constantFrom([], ["x"]) }),
  fc.record({
    kind: fc.constant("drilled" as const),
    firings: fc.constant([]),
    problems: fc.constantFrom([], ["x"]),
  }),
  fc.record({ kind: fc.constant("armed" as const), at, endsBy: at, limit: fc.constant("") }),
  fc.record({ kind: fc.constant("tick" as const), at }),
  fc.record({
    kind: fc.constant("measured" as const),
    at,
    verdict: fc.constantFrom("holds", "waits", "tripped"),
    reason,
  }),
  fc.record({
    kind: fc.constant("lease" as const),
    answer: fc.constantFrom("held", "expired", "confirmed", "foreign", "unguarded"),
    at,
  }),
  fc.record({ kind: fc.constant("confirm-refused" as const), reasons: fc.constant(["x"]) }),
  fc.record({
    kind: fc.constant("found" as const),
    what: fc.constantFrom("back", "confirmed", "other", "unreachable"),
    reason,
  }),
  fc.record({ kind: fc.constant("not-persisted" as const), reason }),
  fc.record({ kind: fc.constant("abort" as const), reason }),
  fc.record({ kind: fc.constant("failed" as const), at, reason }),
);
const anySettings: fc.Arbitrary<Settings> = fc.record({
  lease: fc.integer({ min: 1, max: 20 }),
  soak: fc.integer({ min: 0, max: 40 }),
  confirm: fc.constantFrom("by-another", "after-soak"),
});

test("over 100,000 random stories, nothing is armed before its dead man fired, and finals are final", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 25 }), anySettings, (events, by) => {
      let state: State = { kind: "approved" };
      let fired = false;
      for (const event of events) {
        const next = step(state, event, by);
        if (event.kind === "drilled" && state.kind === "preflight") fired = event.problems.length === 0;
        if (next.effect?.kind === "arm") expect(fired).toBe(true);
        if (isRunning(next.state) || next.effect?.kind === "confirm") expect(fired).toBe(true);
        if (isFinal(state)) expect(next).toEqual({ state });
        state = next.state;
      }
    }),
    { numRuns: 100_000 },
  );
}, 60_000);

test("a lease is never renewed after the trial's deadline, and never while a criterion has tripped", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 40 }), anySettings, (events, by) => {
      let state: State = step({ kind: "guarded" }, { kind: "armed", at: 0, endsBy: 50, limit: "" }, by).state;
      for (const event of events) {
        const next = step(state, event, by);
        if (next.effect?.kind === "renew") expect(event.kind === "tick" && event.at < 50).toBe(true);
        if (isRunning(state) && event.kind === "measured" && event.verdict === "tripped") {
          expect(next.effect).toEqual({ kind: "disarm" });
        }
        state = next.state;
      }
    }),
    { numRuns: 20_000 },
  );
}, 30_000);
