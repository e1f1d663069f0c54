import { sha256 } from "../../src/digest.ts";
import type { Plan } from "../../src/plan/plan.ts";
import type { Outside } from "../../src/rollout/change.ts";
import type { SignalFound } from "../../src/rollout/criteria/external-signal.ts";
import { firstRing, keep, writeRing } from "../../src/rollout/known-good/known-good.ts";
import { SessionError } from "../../src/session.ts";
import type {
  Driver,
  LiveSession,
  LiveState,
  OwnState,
  ProbeAnswer,
  RecordedFlow,
  TrialOrder,
} from "../../src/target.ts";
import { conduitRules } from "./rules.ts";

/** A firewall in memory, with leases that end by a clock that only moves when somebody waits. */
export interface FakeFirewall {
  readonly driver: Driver;
  readonly outside: Outside;
  readonly told: string[];
  readonly recorded: string[];
  readonly files: Map<string, string>;
  now: number;
  /** What happens at a time, in seconds, while the rollout waits or works. */
  readonly script: Map<number, () => void>;
  wire: "up" | "cut";
  /** Seconds that each step takes. */
  latency: number;
  /** The step after which the wire breaks once, before its answer arrives. */
  cutAfter: string | undefined;
  /** From which step on nothing is answered, for how many of them, and whether they are done all the same. */
  silence: { readonly from: number; readonly steps: number; readonly done: boolean } | undefined;
  /** Steps that were asked for so far, and the time when the first of them was not answered. */
  asked: number;
  silentSince: number | undefined;
  abort: string | undefined;
  /** Whether the engineer takes over what somebody else does. */
  takeOver: boolean;
  foreign: string;
  confirmed: string;
  bootText: string | undefined;
  dropped: readonly RecordedFlow[];
  /** What the rules on trial counted of single flows. */
  admitted: readonly RecordedFlow[];
  sessions: readonly LiveSession[];
  speaking: boolean;
  drillSeconds: number;
  /** What the host says of itself: conntrack entries of 1,000, addresses, seconds that its clock is ahead, free space. */
  tracked: number;
  standing: readonly string[];
  clockOffset: number;
  freeBytes: number;
  client: string | undefined;
  probe: ProbeAnswer;
  signal: SignalFound;
  exercised: Set<string>;
  /** Set while a trial is armed; it counts only until its end. */
  trial: { plan: string; ends: number } | undefined;
  /** Somebody took the rules of the trial away, which its lease does not show. */
  emptied: boolean;
  readonly calls: string[];
}

/** Starts where `plan` was made: in monitor, with a known-good to go back to. */
export async function fakeFirewall(plan: Plan): Promise<FakeFirewall> {
  let lock: { holder: string; ends: number } | undefined;
  let rememberedPlan: string | undefined;
  const fake: FakeFirewall = {
    told: [],
    recorded: [],
    files: new Map(),
    now: 0,
    script: new Map(),
    wire: "up",
    latency: 0.05,
    cutAfter: undefined,
    silence: undefined,
    asked: 0,
    silentSince: undefined,
    abort: undefined,
    takeOver: false,
    foreign: "",
    confirmed: "monitor",
    bootText: "old boot",
    dropped: [],
    admitted: [],
    sessions: [],
    speaking: true,
    drillSeconds: 2,
    tracked: 100,
    standing: ["eth0 192.0.2.1/24"],
    clockOffset: 0,
    freeBytes: 1e9,
    client: undefined,
    probe: "open",
    signal: { kind: "exit", code: 0, output: "" },
    exercised: new Set(),
    trial: undefined,
    emptied: false,
    calls: [],
    driver: undefined as unknown as Driver,
    outside: undefined as unknown as Outside,
  };
  const pass = (seconds: number): void => {
    const until = fake.now + seconds;
    for (const [at, action] of [...fake.script].toSorted(([a], [b]) => a - b)) {
      if (at > until) break;
      fake.now = Math.max(fake.now, at);
      fake.script.delete(at);
      action();
    }
    fake.now = until;
  };
  /** Until when the session waits for what it does, as it was told last. */
  let allowedUntil = Number.POSITIVE_INFINITY;
  const isSilent = (): boolean => {
    const { from, steps } = fake.silence ?? { from: 0, steps: 0 };
    fake.asked += 1;
    return fake.asked >= from && fake.asked < from + steps;
  };
  /** A session gives a command up by itself, in a time of its own or in the one that it was given. */
  const giveUp = (seconds: number): void => {
    fake.silentSince ??= fake.now;
    pass(Math.max(0, Math.min(seconds, allowedUntil - fake.now)));
  };
  const own = (form: string): OwnState => ({
    text: form,
    form,
    ownHash: sha256(form),
    conduits:
      form === "" ? [] : [{ conduit: plan.conduit, stage: form as "monitor", rulesHash: sha256("rules") }],
  });
  const texts = new Map([
    ["conduit text", "enforce"],
    ["boot text", "enforce"],
    ["old boot", "monitor"],
    ["", ""],
  ]);
  const isLive = (): boolean => fake.trial !== undefined && fake.trial.ends > fake.now;
  const holds = (order: TrialOrder): boolean => lock?.holder === order.holder && lock.ends > fake.now;
  const answer = (order: TrialOrder) => (rememberedPlan === order.plan ? "confirmed" : "expired");
  const arm = (order: TrialOrder): void => {
    fake.trial = { plan: order.plan.slice(0, 16), ends: fake.now + order.leaseSeconds };
    lock = { holder: order.holder, ends: fake.now + order.leaseSeconds };
  };
  const live = (): LiveState => ({
    ...own(fake.confirmed),
    conduits: [
      ...own(fake.confirmed).conduits,
      ...(isLive() && !fake.emptied
        ? [
            {
              conduit: plan.conduit,
              stage: plan.to,
              rulesHash: sha256("rules"),
              trial: { plan: fake.trial!.plan, secondsLeft: fake.trial!.ends - fake.now },
            },
          ]
        : []),
    ],
    foreignForm: fake.foreign,
    foreignHash: sha256(fake.foreign),
    bootText: fake.bootText,
    lock:
      lock && lock.ends > fake.now ? { holder: lock.holder, secondsLeft: lock.ends - fake.now } : undefined,
  });
  const steps: Driver = {
    absence: "",
    undoByHand: (file) => [`load ${file}`],
    undoLasts: "for good",
    facts: async () => ({ kernel: "6.1", version: "1.0.6", obstacles: [], deadMen: ["kernel", "process"] }),
    read: async () => live(),
    check: async () => undefined,
    lock: async (holder, seconds) => {
      const current = live().lock;
      if (current && current.holder !== holder) return current.holder;
      lock = { holder, ends: fake.now + seconds };
      return undefined;
    },
    unlock: async (holder) => {
      if (lock?.holder === holder) lock = undefined;
    },
    drill: async () => [
      { by: "kernel", due: 2, seconds: 2 },
      { by: "process", due: 2, seconds: fake.drillSeconds },
    ],
    guard: async () => undefined,
    load: async () => undefined,
    arm: async (order) => arm(order),
    renew: async (order) => {
      if (!isLive() || !holds(order)) return answer(order);
      arm(order);
      return "held";
    },
    confirm: async (order) => {
      if (!isLive()) return answer(order);
      fake.trial = undefined;
      fake.confirmed = plan.to;
      rememberedPlan = order.plan;
      return "confirmed";
    },
    disarm: async (holder) => {
      if (lock?.holder === holder) fake.trial = undefined;
      return live();
    },
    counters: async () => {
      const packets = fake.speaking ? Math.floor(fake.now * 5) : 7;
      return {
        permits: [{ permit: "poll", requests: packets, replies: packets }],
        recorded: isLive() ? fake.dropped : [],
        recordFull: false,
        admitted: isLive() ? fake.admitted : [],
        epoch: { record: "boot", rules: "boot" },
      };
    },
    readings: async () => ({
      tracked: { entries: fake.tracked, limit: 1000 },
      standing: fake.standing,
      clock: fake.outside.time().getTime() / 1000 + fake.clockOffset,
      freeBytes: fake.freeBytes,
      ...(fake.client !== undefined && { client: fake.client }),
    }),
    probe: async () => fake.probe,
    sessions: async () => ({ kind: "listed", sessions: fake.sessions, unread: 0, endable: true }),
    endSessions: async (ended) => {
      fake.sessions = fake.sessions.filter((one) => !ended.some(({ key }) => key === one.key));
      return ended.length;
    },
    endSessionCommand: ({ key }) => `end ${key}`,
    restore: async (text) => {
      fake.confirmed = texts.get(text ?? "") ?? "?";
    },
    writeBoot: async (text) => {
      fake.bootText = text;
      return sha256(text ?? "");
    },
    rehearseBoot: async (candidate) => own(texts.get(candidate ?? fake.bootText ?? "") ?? "?"),
    preview: async (text) => own(texts.get(text) ?? "?"),
    readFile: async (name) => fake.files.get(name),
    removeFile: async (name) => {
      fake.files.delete(name);
    },
    pathOf: (name) => `/var/lib/sluice/${name}`,
    writeFile: async (name, content) => {
      fake.files.set(name, content);
    },
    note: async (line) => {
      fake.files.set("log", line);
    },
  };
  const driver = Object.fromEntries(
    Object.entries(steps).map(([name, step]) => [
      name,
      typeof step !== "function" || name === "undoByHand" || name === "pathOf"
        ? step
        : async (...words: readonly unknown[]) => {
            pass(fake.latency);
            if (fake.wire === "cut") throw new SessionError("lost", "the connection is lost");
            if (isSilent()) {
              if (fake.silence?.done) await (step as (...words: readonly unknown[]) => unknown)(...words);
              giveUp(60);
              throw new SessionError("timeout", `the host did not finish "${name}"`);
            }
            fake.calls.push(name);
            const answer = await (step as (...words: readonly unknown[]) => unknown)(...words);
            if (fake.cutAfter !== name) return answer;
            fake.cutAfter = undefined;
            throw new SessionError("lost", "the connection is lost");
          },
    ]),
  ) as unknown as Driver;
  const nothing = { firewall: "fw1", conduits: [] };
  const monitor = { firewall: "fw1", conduits: [conduitRules("monitor")] };
  const ring = keep(firstRing(nothing, undefined, undefined, "t0"), "p0", monitor, "old boot", "t1");
  await writeRing(steps, ring, "");
  return Object.assign(fake, {
    driver,
    outside: {
      now: () => fake.now,
      probe: async () => fake.probe,
      signal: async () => fake.signal,
      exercised: () => fake.exercised,
      time: () => new Date(Date.UTC(2026, 2, 1, 2) + fake.now * 1000),
      sleep: async (seconds: number) => pass(Math.max(seconds, 0.01)),
      abortReason: () => fake.abort,
      connect: async () => {
        pass(0.2);
        if (fake.wire === "cut") throw new SessionError("unreachable", "no route to host");
        allowedUntil = Number.POSITIVE_INFINITY;
        if (isSilent()) {
          giveUp(15);
          throw new SessionError("unreachable", "the host does not answer");
        }
        const allow = (seconds: number): void => {
          allowedUntil = fake.now + seconds;
        };
        return { driver, allow, close: async () => undefined };
      },
      record: async (action: string) => {
        fake.recorded.push(action);
      },
      mayTakeOver: async () => fake.takeOver,
      tell: (line: string) => {
        fake.told.push(line);
      },
    } satisfies Outside,
  });
}
