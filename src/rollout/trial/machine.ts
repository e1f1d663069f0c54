import type { Firing, LeaseAnswer } from "../../target.ts";

// Times are seconds of one monotonic clock. The reducer knows no clock, no wire and no firewall.

/** A trial under way. `good` is how long all criteria have held, which is what the soak asks for. */
interface Running {
  readonly at: number;
  /** When the firewall ends the trial if nobody renews it. */
  readonly leaseEnds: number;
  /** When the trial ends in any case: its maximum, or its window less the reserve. */
  readonly endsBy: number;
  /** Which of them it is, for people. */
  readonly limit: string;
  readonly good: number;
}

/** Where a change stands (DESIGN: "A change, from plan to done"). */
export type State =
  | { readonly kind: "approved" }
  | { readonly kind: "preflight" }
  | { readonly kind: "drilled"; readonly firings: readonly Firing[] }
  /** The second dead man waits on the firewall: from here on something may change there. */
  | { readonly kind: "guarded" }
  /** Armed; the criteria have not all spoken yet. */
  | ({ readonly kind: "trial" } & Running)
  | ({ readonly kind: "soak" } & Running)
  /** A criterion asks to wait: the lease is renewed, the soak stands still. */
  | ({ readonly kind: "held"; readonly reason: string } & Running)
  /** The soak is over; a confirm is accepted. */
  | ({ readonly kind: "soaked" } & Running)
  /** Also where a session starts that confirms the trial of another one. */
  | { readonly kind: "confirming"; readonly leaseEnds: number }
  /** `again` once the firewall was looked at because a wire broke: then no second look is taken. */
  | { readonly kind: "confirmed"; readonly by: "us" | "another"; readonly again?: true }
  | { readonly kind: "persisted" }
  | { readonly kind: "done" }
  | { readonly kind: "refused"; readonly reasons: readonly string[] }
  | { readonly kind: "reverting"; readonly cause: string; readonly leaseEnds: number }
  | { readonly kind: "reverted"; readonly cause: string; readonly leaseEnds: number }
  | { readonly kind: "verified-back"; readonly cause: string }
  | { readonly kind: "revert-unproven"; readonly cause: string; readonly reason: string }
  /** `boots` where a reboot loads it, and only what else was to be written is not. */
  | { readonly kind: "confirmed-not-persisted"; readonly reason: string; readonly boots?: true };

export type Event =
  | { readonly kind: "start" }
  | { readonly kind: "checked"; readonly problems: readonly string[] }
  | { readonly kind: "drilled"; readonly firings: readonly Firing[]; readonly problems: readonly string[] }
  | { readonly kind: "guarded" }
  | { readonly kind: "armed"; readonly at: number; readonly endsBy: number; readonly limit: string }
  | { readonly kind: "tick"; readonly at: number }
  | {
      readonly kind: "measured";
      readonly at: number;
      readonly verdict: "holds" | "waits" | "tripped";
      readonly reason: string;
    }
  | { readonly kind: "lease"; readonly answer: LeaseAnswer; readonly at: number }
  | { readonly kind: "confirm-refused"; readonly reasons: readonly string[] }
  | { readonly kind: "disarmed" }
  /** What the firewall does, read after a trial ended. */
  | {
      readonly kind: "found";
      readonly what: "back" | "confirmed" | "other" | "unreachable";
      readonly reason: string;
    }
  | { readonly kind: "persisted" }
  | { readonly kind: "not-persisted"; readonly reason: string }
  | { readonly kind: "kept" }
  | { readonly kind: "abort"; readonly reason: string }
  /** The wire broke, or the firewall refused a step: how far the step got is not known. */
  | { readonly kind: "failed"; readonly at: number; readonly reason: string };

export type Effect =
  | { readonly kind: "check" }
  | { readonly kind: "drill" }
  /** Has the second dead man wait, before anything is loaded. */
  | { readonly kind: "guard" }
  /** Loads the rules and starts the lease. */
  | { readonly kind: "arm" }
  | { readonly kind: "renew" }
  | { readonly kind: "measure" }
  | { readonly kind: "confirm" }
  | { readonly kind: "persist" }
  /** Another session confirmed: waits until it has written the boot file. */
  | { readonly kind: "await-persist" }
  /** Keeps what was proven as a known-good. */
  | { readonly kind: "keep" }
  | { readonly kind: "disarm" }
  /** Reads, over a fresh connection if need be, whether the previous stage is what the firewall does. */
  | { readonly kind: "verify"; readonly leaseEnds: number };

export interface Settings {
  readonly lease: number;
  readonly soak: number;
  /** Who confirms: a person in another session, or this one when the soak is over. */
  readonly confirm: "by-another" | "after-soak";
}

/** The state after an event, and the one thing to do now; its outcome is the next event. */
export interface Step {
  readonly state: State;
  readonly effect?: Effect;
}

/** Where a change can end. */
export type Ending = Extract<
  State,
  { kind: "done" | "refused" | "verified-back" | "revert-unproven" | "confirmed-not-persisted" }
>;

export const isFinal = (state: State): state is Ending => finals.has(state.kind);
const finals: ReadonlySet<State["kind"]> = new Set([
  "done",
  "refused",
  "verified-back",
  "revert-unproven",
  "confirmed-not-persisted",
]);

export const isRunning = (state: State): state is Extract<State, Running> =>
  state.kind === "trial" || state.kind === "soak" || state.kind === "held" || state.kind === "soaked";

/** What happens next. An event that has no meaning in a state changes nothing. */
export function step(state: State, event: Event, settings: Settings): Step {
  if (isRunning(state)) return whileRunning(state, event, settings);
  switch (state.kind) {
    case "approved":
      return event.kind === "start" ? to({ kind: "preflight" }, "check") : beforeArming(state, event);
    case "preflight":
      if (event.kind === "checked") {
        return event.problems.length > 0
          ? to({ kind: "refused", reasons: event.problems })
          : to(state, "drill");
      }
      if (event.kind === "drilled") {
        return event.problems.length > 0
          ? to({ kind: "refused", reasons: event.problems })
          : to({ kind: "drilled", firings: event.firings }, "guard");
      }
      return beforeArming(state, event);
    case "drilled":
      return event.kind === "guarded" ? to({ kind: "guarded" }, "arm") : beforeArming(state, event);
    case "guarded":
      return whileArming(state, event, settings);
    case "confirming":
      return whileConfirming(state, event, settings);
    case "confirmed":
      return whileConfirmed(state, event);
    case "persisted":
      // The stage is proven and survives a reboot; a ring that could not be written must not take that back.
      if (event.kind === "kept") return to({ kind: "done" });
      if (event.kind === "failed") {
        return to({ kind: "confirmed-not-persisted", reason: event.reason, boots: true });
      }
      return to(state);
    case "reverting":
      if (event.kind === "disarmed" || event.kind === "failed") {
        return {
          state: { ...state, kind: "reverted" },
          effect: { kind: "verify", leaseEnds: state.leaseEnds },
        };
      }
      return to(state);
    case "reverted":
      if (event.kind === "found") return afterRevert(state, event);
      // Where looking itself fails nothing would be looked for again: a human must.
      if (event.kind === "failed")
        return to({ kind: "revert-unproven", cause: state.cause, reason: event.reason });
      return to(state);
    case "done":
    case "refused":
    case "verified-back":
    case "revert-unproven":
    case "confirmed-not-persisted":
      return to(state);
  }
}

const to = (state: State, kind?: Exclude<Effect["kind"], "verify">): Step =>
  kind === undefined ? { state } : { state, effect: { kind } };

const revert = (cause: string, leaseEnds: number): Step =>
  to({ kind: "reverting", cause, leaseEnds }, "disarm");

/** Nothing on the firewall has changed yet: whatever goes wrong, the change is simply not made. */
function beforeArming(state: State, event: Event): Step {
  if (event.kind === "failed" || event.kind === "abort")
    return to({ kind: "refused", reasons: [event.reason] });
  return to(state);
}

function whileArming(state: State, event: Event, settings: Settings): Step {
  switch (event.kind) {
    // What was checked before the drill holds no more: nothing was loaded.
    case "checked":
      return event.problems.length > 0 ? to({ kind: "refused", reasons: event.problems }) : to(state);
    case "armed":
      return to(
        {
          kind: "trial",
          at: event.at,
          leaseEnds: event.at + settings.lease,
          endsBy: event.endsBy,
          limit: event.limit,
          good: 0,
        },
        "measure",
      );
    // The order to arm may have arrived: the lease that it started must be seen to end.
    case "failed":
      return revert(event.reason, event.at + settings.lease);
    default:
      return to(state);
  }
}

function whileRunning(state: Extract<State, Running>, event: Event, settings: Settings): Step {
  switch (event.kind) {
    case "tick":
      if (event.at >= state.endsBy)
        return revert(`the time for this trial is over: ${state.limit}`, state.leaseEnds);
      return to(state, "renew");
    case "measured":
      return afterMeasurement(state, event, settings);
    case "lease":
      return afterRenewal(state, event, settings);
    case "abort":
      return revert(event.reason, state.leaseEnds);
    case "failed":
      return revert(event.reason, state.leaseEnds);
    default:
      return to(state);
  }
}

function afterRenewal(
  state: Extract<State, Running>,
  event: Extract<Event, { kind: "lease" }>,
  settings: Settings,
): Step {
  switch (event.answer) {
    case "held":
      return to({ ...state, leaseEnds: event.at + settings.lease }, "measure");
    case "confirmed":
      return to({ kind: "confirmed", by: "another" }, "await-persist");
    case "expired":
      return revert(whyItEnded(event.at - state.leaseEnds, settings), state.leaseEnds);
    case "foreign":
      return revert("somebody else changed the rules during the trial", state.leaseEnds);
    case "unguarded":
      return revert("the second dead man on the firewall is gone", state.leaseEnds);
  }
}

/** A lease that ended long before it was asked for was not renewed; one that ended early was ended by somebody. */
const whyItEnded = (secondsLate: number, { lease }: Settings): string =>
  secondsLate > 0
    ? `its lease of ${lease} s was not renewed in time: this program came ${Math.ceil(secondsLate)} s too late`
    : "the trial was ended on the firewall before its lease was over, by an abort or a rollback (the journal names it) or a restart";

function afterMeasurement(
  state: Extract<State, Running>,
  event: Extract<Event, { kind: "measured" }>,
  settings: Settings,
): Step {
  const { at, leaseEnds, endsBy, limit } = state;
  // Only time between two good measurements counts: a criterion that does not speak is not a success.
  const since = state.kind === "trial" || state.kind === "held" ? 0 : Math.max(0, event.at - at);
  switch (event.verdict) {
    case "tripped":
      return revert(event.reason, leaseEnds);
    case "waits": {
      const running = { at: event.at, leaseEnds, endsBy, limit, good: state.good };
      return to(
        state.kind === "trial"
          ? { kind: "trial", ...running }
          : { kind: "held", reason: event.reason, ...running },
      );
    }
    case "holds": {
      const running = { at: event.at, leaseEnds, endsBy, limit, good: state.good + since };
      if (running.good < settings.soak) return to({ kind: "soak", ...running });
      return settings.confirm === "after-soak"
        ? to({ kind: "confirming", leaseEnds }, "confirm")
        : to({ kind: "soaked", ...running });
    }
  }
}

function whileConfirming(
  state: Extract<State, { kind: "confirming" }>,
  event: Event,
  settings: Settings,
): Step {
  switch (event.kind) {
    case "start":
      return to(state, "confirm");
    case "lease":
      if (event.answer === "confirmed") return to({ kind: "confirmed", by: "us" }, "persist");
      return revert("the trial had ended before it could be confirmed", state.leaseEnds);
    case "confirm-refused":
      return settings.confirm === "after-soak"
        ? revert(event.reasons.join("; "), state.leaseEnds)
        : to({ kind: "refused", reasons: event.reasons });
    case "failed":
      return revert(event.reason, state.leaseEnds);
    default:
      return to(state);
  }
}

function whileConfirmed(state: Extract<State, { kind: "confirmed" }>, event: Event): Step {
  switch (event.kind) {
    case "persisted":
      return state.by === "us" ? to({ kind: "persisted" }, "keep") : to({ kind: "done" });
    case "not-persisted":
      return to({ kind: "confirmed-not-persisted", reason: event.reason });
    case "failed":
      if (state.again) return to({ kind: "confirmed-not-persisted", reason: event.reason });
      // The boot file may be in place, or the firewall may have rebooted into the stage before: it is read.
      return {
        state: {
          kind: "reverted",
          cause: `it was confirmed, and then: ${event.reason}`,
          leaseEnds: event.at,
        },
        effect: { kind: "verify", leaseEnds: event.at },
      };
    default:
      return to(state);
  }
}

function afterRevert(
  state: Extract<State, { kind: "reverted" }>,
  event: Extract<Event, { kind: "found" }>,
): Step {
  switch (event.what) {
    case "back":
      return to({ kind: "verified-back", cause: state.cause });
    // A confirm that was on its way when the wire broke, or whose maker went away: the boot file may lack it.
    case "confirmed":
      return to({ kind: "confirmed", by: "us", again: true }, "persist");
    case "other":
    case "unreachable":
      return to({ kind: "revert-unproven", cause: state.cause, reason: event.reason });
  }
}
