import type { ConduitRules } from "../../compile/ir.ts";
import { overlaps, parseAddress } from "../../net/address.ts";
import { differencesSince } from "../../plan/differences.ts";
import type { Plan } from "../../plan/plan.ts";
import { criterionTypes } from "../../policy/criterion-types.ts";
import type { Driver, LiveSession, LiveState, ProbeAnswer } from "../../target.ts";
import { type SignalFound, signalReading } from "./external-signal.ts";
import type { Reading, Rule, Sample } from "./reading.ts";
import { probeReading } from "./tcp-probe.ts";

/** What the engineer's machine can be asked. */
export interface Surroundings {
  /** Seconds of a monotonic clock. */
  now(): number;
  /** Tries to open a TCP connection from here. */
  probe(address: string, port: number, seconds: number): Promise<ProbeAnswer>;
  signal(signal: NonNullable<Rule["signal"]>): Promise<SignalFound>;
}

/** The change that is measured: of its rules, the conduit's pairs of addresses. */
interface Measurable {
  readonly plan: Plan;
  readonly rules: Pick<ConduitRules, "pairs">;
}

/** A probe that is not answered within so many seconds is closed. */
const patience = 3;

/**
 * Measures what these rules ask for, and nothing else: probes and listings are work for the plant and the firewall.
 * The counters come last, so that the time of the sample is theirs.
 */
export async function takeSample(
  { plan, rules: { pairs } }: Measurable,
  rules: readonly Rule[],
  driver: Driver,
  surroundings: Surroundings,
  when: "beforehand" | "on trial",
): Promise<Sample> {
  const sources = new Set(rules.map(({ type }) => criterionTypes[type].source));
  const host = sources.has("host") ? await driver.readings() : undefined;
  const listing = sources.has("sessions") ? await driver.sessions() : undefined;
  const live = sources.has("rules") ? await driver.read() : undefined;
  const answers = new Map(await Promise.all(rules.map((rule) => answerOf(rule, driver, surroundings))));
  const counters = await driver.counters(plan.conduit);
  return {
    at: surroundings.now(),
    asked: new Set(rules.map(({ id }) => id)),
    counters,
    ...(host && { host }),
    ...(listing?.kind === "listed" && {
      sessions: listing.sessions.filter((session) => isBetween(session, pairs)),
    }),
    ...(live && { changes: changesIn(plan, live, when === "on trial") }),
    answers,
  };
}

/** Side by side, so that several that are slow do not add up to a lease. */
async function answerOf(
  { id, probe, signal }: Rule,
  driver: Driver,
  surroundings: Surroundings,
): Promise<readonly [string, Reading]> {
  if (probe) {
    const from = probe.from === "firewall" ? driver : surroundings;
    return [id, probeReading(probe, await from.probe(probe.address, probe.port, patience))];
  }
  if (signal) return [id, signalReading(signal, await surroundings.signal(signal))];
  return [id, { result: "no-data", reason: "nothing was asked" }];
}

/** What differs from the firewall that the plan was made for, but for the plan's own trial. */
function changesIn(plan: Plan, live: LiveState, isOnTrial: boolean): readonly string[] {
  const trial = live.conduits.find((one) => one.trial);
  const isOther = trial !== undefined && trial.rulesHash !== plan.expected.rulesHash;
  return [
    ...differencesSince(plan.base, live, plan.base),
    ...(isOnTrial && !trial ? ["the rules of the trial are gone"] : []),
    ...(isOther ? ["the rules that run on trial are not those of the plan"] : []),
  ];
}

export function isBetween(
  { initiator, responder }: Pick<LiveSession, "initiator" | "responder">,
  pairs: ConduitRules["pairs"],
): boolean {
  const [from, to] = [parseAddress(initiator), parseAddress(responder)];
  return pairs.some(
    ({ left, right }) =>
      (overlaps(from, left) && overlaps(to, right)) || (overlaps(from, right) && overlaps(to, left)),
  );
}
