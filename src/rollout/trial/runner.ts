import type { Plan } from "../../plan/plan.ts";
import { SessionError } from "../../session.ts";
import { type Driver, DriverError, type OwnState } from "../../target.ts";
import { type Change, type Connection, type Outside, RecordError, usedName } from "../change.ts";
import { due, judge, noMemory } from "../criteria/judge.ts";
import { takeSample } from "../criteria/sample.ts";
import { drillProblems, rehearse } from "../drill.ts";
import { keepLock } from "../lock.ts";
import { preflight } from "../preflight/preflight.ts";
import { trialEnd, windowProblems } from "../window.ts";
import { announce, warnOfEnd } from "./announce.ts";
import { awaitPersist, confirm, keepKnownGood, persist } from "./confirmation.ts";
import { exercisePending } from "./exercise.ts";
import {
  type Effect,
  type Ending,
  type Event,
  isFinal,
  isRunning,
  type Settings,
  type State,
  step,
} from "./machine.ts";
import { farewellSeconds, patienceFor } from "./patience.ts";
import { noteSessions } from "./reconnect.ts";
import { release, verifyReturn } from "./return.ts";

/**
 * Carries a change from `start` to its end: performs what the machine asks for, one thing at a time, and tells it what
 * came of it. Broken wires and refusals of the firewall are events; only broken invariants are thrown.
 */
export async function runChange(
  change: Change,
  start: State,
  settings: Settings,
  outside: Outside,
): Promise<Ending> {
  const { plan, order } = change;
  let connection: Connection | undefined;
  let broken = false;
  let memory = noMemory;
  let renewedAt = 0;
  let measuredAt = 0;
  let trouble: string | undefined;
  /** What ending the trial left on the firewall; nothing of ours changes it afterwards. */
  let left: OwnState | undefined;
  let waitingFor: string | undefined;
  /** Whether the second dead man was asked for: it waits there until it is told to go. */
  let isGuarded = false;
  /** How many seconds before its end the trial said so last. */
  let warned = 0;
  /** Exercise steps that are in the journal. */
  const noted = new Set<string>();

  const connected = async (seconds: number): Promise<Connection> => {
    if (!connection || broken) {
      await connection?.close();
      connection = await outside.connect();
      broken = false;
    }
    connection.allow(seconds);
    return connection;
  };

  const renew = async (driver: Driver): Promise<Extract<Event, { kind: "lease" }>> => {
    const answer = await driver.renew(order);
    renewedAt = outside.now();
    return { kind: "lease", answer, at: renewedAt };
  };

  const measure = async (driver: Driver): Promise<Event> => {
    const rules = due(memory, plan.criteria, outside.now());
    const sample = await takeSample(change, rules, driver, outside, "on trial");
    measuredAt = sample.at;
    const judgement = judge(memory, plan.criteria, change.watch, sample);
    memory = judgement.memory;
    // A trial never comes back: what it is accused of was measured of it only if it is still there now. Where its lease
    // holds and its rules are gone, somebody took them.
    if (judgement.verdict !== "holds" && !(await isOnTrial(plan, driver))) {
      const lease = await renew(driver);
      if (lease.answer !== "held") return lease;
    }
    for (const warning of judgement.warnings) outside.tell(`warning: ${warning}`);
    for (const step of plan.exercises) {
      if (noted.has(step.id) || !outside.exercised().has(step.id)) continue;
      noted.add(step.id);
      await outside.record("exercised", { step: step.id, do: step.do });
    }
    const pending =
      judgement.verdict === "holds" && exercisePending(plan.exercises, outside.exercised(), sample.counters);
    // A trial that waits for people says so, and once for each thing that it waits for.
    if (pending && pending !== waitingFor) outside.tell(pending);
    waitingFor = pending || undefined;
    const { verdict, reason } = pending ? { verdict: "waits" as const, reason: pending } : judgement;
    return { kind: "measured", at: measuredAt, verdict, reason };
  };

  const drill = async (driver: Driver): Promise<Event> => {
    const { firings } = await rehearse(driver, order.leaseSeconds);
    const lost = await keepLock(change, driver);
    return { kind: "drilled", firings, problems: [...drillProblems(firings), ...(lost ? [lost] : [])] };
  };

  const perform = async (effect: Effect, state: State): Promise<Event> => {
    const seconds = patienceFor(effect, state, order.leaseSeconds, outside.now());
    if (effect.kind === "verify") {
      return verifyReturn(change, effect.leaseEnds, () => connected(seconds), outside, left);
    }
    if (effect.kind === "confirm" && start.kind !== "confirming") return confirmAfresh(seconds);
    const { driver } = await connected(seconds);
    switch (effect.kind) {
      case "check":
        return { kind: "checked", problems: await preflight(change, driver, outside) };
      case "drill":
        return drill(driver);
      case "guard": {
        const stopped = abortReason();
        if (stopped !== undefined) return { kind: "abort", reason: stopped };
        isGuarded = true;
        await driver.guard?.(order);
        return { kind: "guarded" };
      }
      case "arm": {
        // A host that answers slowly may have eaten up the window since it was looked at, and whoever asked to stop meanwhile
        // must not see enforcement begin.
        const stopped = abortReason();
        const late = stopped === undefined ? windowProblems(change, outside) : [stopped];
        if (late.length > 0) return { kind: "checked", problems: late };
        const when = outside.time().toISOString();
        await outside.record("used", { plan: plan.id });
        await driver.writeFile(usedName(plan.id), `${order.holder} at ${when}\n`);
        await driver.load(change.rules);
        await noteSessions(change, driver);
        await driver.arm(order);
        renewedAt = outside.now();
        const { seconds, why } = trialEnd(change, outside);
        warned = seconds;
        return { kind: "armed", at: renewedAt, endsBy: renewedAt + seconds, limit: why };
      }
      case "renew":
        return renew(driver);
      case "measure":
        return measure(driver);
      case "disarm":
        left = await driver.disarm(order.holder);
        return { kind: "disarmed" };
      case "confirm":
        return confirm(change, driver, heeding, "ask the firewall");
      case "persist":
        return persist(change, driver).catch(whatIsNotPersisted);
      case "await-persist":
        return awaitPersist(change, driver, outside);
      case "keep":
        return keepKnownGood(change, driver, outside);
    }
  };

  /** A wire that was open before the trial would not notice that no new one can be opened. */
  const confirmAfresh = async (seconds: number): Promise<Event> => {
    const fresh = await outside.connect().catch((error: unknown) => {
      if (!(error instanceof SessionError)) throw error;
      return error;
    });
    // The wire of the trial is another one, and carries the way back while it lives.
    if (fresh instanceof SessionError) return { kind: "failed", at: outside.now(), reason: fresh.message };
    fresh.allow(seconds);
    try {
      return await confirm(change, fresh.driver, heeding, "known to be over");
    } finally {
      await fresh.close();
    }
  };

  const attempt = async (action: () => Promise<Event>): Promise<Event> => {
    try {
      return await action();
    } catch (error) {
      const isMeant = [SessionError, DriverError, RecordError].some((kind) => error instanceof kind);
      if (!isMeant) throw error;
      broken ||= error instanceof SessionError;
      return { kind: "failed", at: outside.now(), reason: (error as Error).message };
    }
  };

  /** What comes next in a trial when nothing is to be done at once: a measurement, or the renewal. */
  const idle = async (state: State): Promise<Event> => {
    if (!isRunning(state)) throw new Error(`nothing leads on from ${state.kind}`);
    warned = warnOfEnd(state, warned, outside);
    const renewal = Math.min(renewedAt + plan.trial.renewEvery, state.endsBy);
    const measurement = measuredAt + Math.min(...plan.criteria.map((rule) => rule.interval));
    await outside.sleep(Math.max(0, Math.min(renewal, measurement) - outside.now()));
    const reason = abortReason();
    if (reason !== undefined) return { kind: "abort", reason };
    return measurement < renewal
      ? attempt(() => perform({ kind: "measure" }, state))
      : { kind: "tick", at: outside.now() };
  };

  /** A trial that cannot be written down any more must end, in the same orderly way as any other, and be told all the same. */
  const note = async (state: State): Promise<void> => {
    const { kind, ...details } = state;
    try {
      await outside.record(kind, details);
    } catch (error) {
      if (trouble === undefined) outside.tell("what follows is NOT in the journal: keep these lines");
      trouble = `the record cannot be kept: ${(error as Error).message}`;
    }
    await announce(change, state, connection, outside);
  };
  const abortReason = (): string | undefined => outside.abortReason() ?? trouble;
  /** What cannot be written down is not confirmed either. */
  const heeding: Outside = { ...outside, abortReason };

  let current = step(start, { kind: "start" }, settings);
  await note(current.state);
  for (;;) {
    const { state, effect } = current;
    if (isFinal(state)) {
      // Who only confirms never had the lock; the session of the trial gives it back.
      if (connection && start.kind !== "confirming") {
        await giveBack(change, state, connection, outside, isGuarded);
      }
      await connection?.close();
      return state;
    }
    const event = effect ? await attempt(() => perform(effect, state)) : await idle(state);
    const reason = isInterruptible(state) ? abortReason() : undefined;
    const next = step(state, reason === undefined ? event : { kind: "abort", reason }, settings);
    if (next.state.kind !== state.kind) await note(next.state);
    current = next;
  }
}

/** A firewall that refuses to keep a file has answered; a broken wire has not. */
function whatIsNotPersisted(error: unknown): Event {
  if (error instanceof DriverError) return { kind: "not-persisted", reason: error.message };
  throw error;
}

const isOnTrial = async (plan: Plan, driver: Driver): Promise<boolean> =>
  (await driver.read()).conduits.some(({ trial }) => trial && plan.id.startsWith(trial.plan));

/** Before arming an abort means that nothing is done. A step that is under way is finished first. */
const isInterruptible = (state: State): boolean => state.kind === "approved" || state.kind === "preflight";

/** Releases the lock, unless the firewall could not be read: whoever looks next must find what is there. */
async function giveBack(
  change: Change,
  state: State,
  { driver, allow }: Connection,
  outside: Outside,
  isGuarded: boolean,
): Promise<void> {
  if (state.kind === "revert-unproven") return;
  allow(farewellSeconds);
  try {
    if (state.kind === "refused" && !isGuarded) await driver.unlock(change.order.holder);
    else await release(change, driver);
  } catch (error) {
    if (!(error instanceof SessionError || error instanceof DriverError)) throw error;
    outside.tell(`the firewall's lock was not given back (${error.message}); it ends by itself`);
  }
}
