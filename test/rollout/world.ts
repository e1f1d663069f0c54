import type { Effect, Event, Settings } from "../../src/rollout/trial/machine.ts";

/** A generator of numbers in [0, 1) that a seed decides (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Seconds that a step may take to reach the firewall; a wire that is silent for longer is given up. */
const slowest = 5;

/**
 * A firewall and everything around it, as the reducer's effects meet them: wires that break before or after a step
 * arrived, answers that are late, other people, reboots. `broken` collects what must never be.
 */
export interface World {
  now: number;
  readonly firewall: {
    stage: "previous" | "confirmed";
    booted: "previous" | "confirmed";
    isGuarded: boolean;
    isLoaded: boolean;
    wasRebooted: boolean;
    /** When the kernel ends the trial; undefined when none runs. */
    trialEnds: number | undefined;
  };
  readonly broken: string[];
  /** Performs an effect and gives the event that tells its outcome. */
  perform(effect: Effect): Event;
  /** What comes next in a trial in which nothing is to be done at once. */
  idle(): Event;
  /** Lets time pass until no lease can hold any more, with nobody acting. */
  leaveAlone(): void;
  /** Whether the window was outlived by a trial. */
  readonly windowEnds: number;
}

export function makeWorld(random: () => number, settings: Settings): World {
  const chance = (share: number): boolean => random() < share;
  const pick = <T>(...choices: readonly T[]): T => choices[Math.floor(random() * choices.length)]!;
  const trouble = pick(0, 0.02, 0.2);
  const windowEnds = random() * 200;
  const endsBy = windowEnds - settings.lease - slowest;
  const world: World = {
    now: 0,
    windowEnds,
    firewall: {
      stage: "previous",
      booted: "previous",
      isGuarded: false,
      isLoaded: false,
      wasRebooted: false,
      trialEnds: undefined,
    },
    broken: [],
    perform: () => failed(),
    idle: () => ({ kind: "tick", at: world.now }),
    leaveAlone: () => pass(settings.lease + 1),
  };
  const { firewall } = world;

  const pass = (seconds: number): void => {
    world.now += seconds;
    if (firewall.trialEnds !== undefined && firewall.trialEnds <= world.now) {
      if (firewall.trialEnds > windowEnds) world.broken.push("a trial outlived its window");
      firewall.trialEnds = undefined;
    }
    if (chance(trouble / 4)) reboot();
    if (chance(trouble / 4) && firewall.trialEnds !== undefined && firewall.isGuarded)
      pick(otherConfirms, otherAborts)();
  };
  let isWireBroken = false;
  /** A firewall that reboots takes the wire to it along: the next step does not arrive. */
  const reboot = (): void => {
    isWireBroken = true;
    firewall.wasRebooted = true;
    firewall.stage = firewall.booted;
    firewall.trialEnds = undefined;
    firewall.isGuarded = false;
    firewall.isLoaded = false;
  };
  const otherConfirms = (): void => {
    firewall.trialEnds = undefined;
    firewall.stage = "confirmed";
    if (chance(0.8)) firewall.booted = "confirmed";
  };
  const otherAborts = (): void => {
    firewall.trialEnds = undefined;
  };
  const failed = (): Event => ({ kind: "failed", at: world.now, reason: "the wire broke" });
  const cut = (): Event => {
    isWireBroken = false;
    return failed();
  };
  const answer = (): "confirmed" | "expired" => (firewall.stage === "confirmed" ? "confirmed" : "expired");

  /** What each step does on the firewall, and how it is told when the answer arrives. */
  const steps: Readonly<Record<Effect["kind"], () => Event>> = {
    check: () => ({ kind: "checked", problems: chance(0.05) ? ["something"] : [] }),
    drill: () => ({ kind: "drilled", firings: [], problems: chance(0.05) ? ["silent"] : [] }),
    guard: () => {
      firewall.isGuarded = true;
      return { kind: "guarded" };
    },
    arm: () => {
      if (world.now > endsBy - settings.lease) return { kind: "checked", problems: ["too late"] };
      pass(random() * (chance(trouble) ? slowest : 0.3));
      if (isWireBroken) return cut();
      if (!firewall.isGuarded) world.broken.push("something was loaded before its undo was armed");
      firewall.isLoaded = true;
      if (chance(trouble)) return failed();
      firewall.trialEnds = world.now + settings.lease;
      return { kind: "armed", at: world.now, endsBy, limit: "the window" };
    },
    renew: () => {
      if (firewall.trialEnds === undefined) return { kind: "lease", answer: answer(), at: world.now };
      if (chance(trouble / 2)) return { kind: "lease", answer: pick("foreign", "unguarded"), at: world.now };
      firewall.trialEnds = world.now + settings.lease;
      return { kind: "lease", answer: "held", at: world.now };
    },
    measure: () => ({
      kind: "measured",
      at: world.now,
      verdict: chance(trouble) ? pick("waits", "tripped") : "holds",
      reason: "because",
    }),
    confirm: () => {
      if (chance(trouble)) return { kind: "confirm-refused", reasons: ["not seen"] };
      if (firewall.trialEnds === undefined) return { kind: "lease", answer: answer(), at: world.now };
      firewall.trialEnds = undefined;
      firewall.stage = "confirmed";
      return { kind: "lease", answer: "confirmed", at: world.now };
    },
    persist: () => {
      if (chance(trouble)) return { kind: "not-persisted", reason: "disk full" };
      firewall.booted = firewall.stage;
      return firewall.stage === "confirmed"
        ? { kind: "persisted" }
        : { kind: "not-persisted", reason: "the rules that run are not those of the boot file" };
    },
    "await-persist": () =>
      firewall.booted === "confirmed"
        ? { kind: "persisted" }
        : { kind: "not-persisted", reason: "nobody wrote it" },
    keep: () => ({ kind: "kept" }),
    disarm: () => {
      firewall.trialEnds = undefined;
      return { kind: "disarmed" };
    },
    verify: () => {
      // As the runner does: it looks until the lease has ended for certain.
      if (firewall.trialEnds !== undefined) pass(firewall.trialEnds - world.now + 0.1);
      if (chance(trouble)) return { kind: "found", what: "unreachable", reason: "no route" };
      if (chance(trouble / 4)) return { kind: "found", what: "other", reason: "somebody else's" };
      return { kind: "found", what: firewall.stage === "confirmed" ? "confirmed" : "back", reason: "" };
    },
  };

  return Object.assign(world, {
    perform(effect: Effect): Event {
      if (effect.kind !== "arm") pass(random() * (chance(trouble) ? slowest : 0.3));
      if (effect.kind === "verify") return chance(trouble / 8) ? failed() : steps.verify();
      if (isWireBroken) return cut();
      if (chance(trouble / 2)) return failed();
      const event = steps[effect.kind]();
      pass(random() * (chance(trouble) ? settings.lease * 1.5 : 0.3));
      return chance(trouble / 2) ? failed() : event;
    },
    idle(): Event {
      pass(0.2 + random() * 3);
      if (chance(trouble)) return { kind: "abort", reason: "Ctrl-C" };
      return chance(0.5) ? { kind: "tick", at: world.now } : steps.measure();
    },
  } satisfies Partial<World>);
}
