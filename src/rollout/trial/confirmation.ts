import { sha256 } from "../../digest.ts";
import { differencesSince } from "../../plan/differences.ts";
import { SessionError } from "../../session.ts";
import { type Driver, DriverError } from "../../target.ts";
import { type Change, type Outside, trialNoteName } from "../change.ts";
import { heardIn, heartbeatName } from "../criteria/heartbeat-lost.ts";
import { currentOf, keep, readRing, writeRing } from "../known-good/known-good.ts";
import { cutSessions } from "../sessions.ts";
import type { Event } from "./machine.ts";
import { notReconnected } from "./reconnect.ts";

/**
 * Makes the trial permanent, if what runs on trial is what the plan says, nothing else changed, and every critical
 * flow was seen since it was armed, and what must reconnect did. `soak` tells where to learn that the soak is over.
 */
export async function confirm(
  change: Change,
  driver: Driver,
  outside: Outside,
  soak: "known to be over" | "ask the firewall",
): Promise<Event> {
  const { plan } = change;
  const live = await driver.read();
  const trial = live.conduits.find((one) => one.trial);
  if (!trial?.trial || !plan.id.startsWith(trial.trial.plan)) {
    const already = live.ownHash === plan.expected.ownHash && live.ownHash !== plan.base.ownHash;
    if (!already) return refused("no trial of this plan runs on the firewall");
    const ring = await readRing(driver);
    const isWhole = live.bootText === plan.boot.text && ring && currentOf(ring).plan === plan.id;
    // What was confirmed and could not be persisted, or kept, is finished by confirming it once more.
    return isWhole
      ? refused("this plan is confirmed and persisted already")
      : { kind: "lease", answer: "confirmed", at: 0 };
  }
  if (trial.rulesHash !== plan.expected.rulesHash || trial.stage !== plan.to) {
    return refused("the rules that run on trial are not those of the plan");
  }
  const differences = differencesSince(plan.base, live, plan.base);
  if (differences.length > 0) return { kind: "confirm-refused", reasons: differences };
  if (soak === "ask the firewall" && !(await soakIsOver(change, driver))) {
    return refused(
      "the soak is not over, or a criterion asks to wait: look at the session that holds the trial",
    );
  }
  const counters = await driver.counters(plan.conduit);
  const heard = heardIn({ counters });
  const unheard = plan.watch.heartbeats.filter((heartbeat) => {
    const { requests, replies } = heard(heartbeat);
    return requests === 0 || replies === 0;
  });
  if (unheard.length > 0) {
    return refused(`not seen during the trial: ${[...new Set(unheard.map(heartbeatName))].join(", ")}`);
  }
  const old = await notReconnected(change, driver, counters);
  if (old.length > 0) return { kind: "confirm-refused", reasons: old };
  // Until here nothing is confirmed: whoever asked to stop is heard at the last moment too.
  const stopped = outside.abortReason();
  if (stopped !== undefined) return refused(stopped);
  const holder = live.lock?.holder ?? change.order.holder;
  const answer = await driver.confirm({ ...change.order, holder });
  if (answer === "confirmed" && plan.to === "enforce" && plan.sessions?.mode === "cut") {
    await cut(change, driver, outside);
  }
  return { kind: "lease", answer, at: 0 };
}

/** What is confirmed stays confirmed, also where the sessions that it drops could not be ended. */
async function cut({ rules }: Change, driver: Driver, outside: Outside): Promise<void> {
  const ended = await cutSessions(driver, rules).catch((error: Error) => {
    if (!(error instanceof SessionError || error instanceof DriverError)) throw error;
    return error.message;
  });
  const details = typeof ended === "number" ? { ended } : { failed: ended };
  await outside.record("sessions-cut", details).catch((error: Error) => {
    outside.tell(`warning: the record cannot be kept: ${error.message}`);
  });
  outside.tell(
    typeof ended === "number"
      ? `sessions that no permit admits, ended for good: ${ended}`
      : `warning: sessions that no permit admits were dropped, but not ended: ${ended}`,
  );
}

const refused = (reason: string): Event => ({ kind: "confirm-refused", reasons: [reason] });

async function soakIsOver({ plan }: Change, driver: Driver): Promise<boolean> {
  const note = await driver.readFile(trialNoteName);
  const { plan: about, phase } = note === undefined ? {} : (JSON.parse(note) as Record<string, unknown>);
  return about === plan.id && phase === "soaked";
}

/** Brings the boot file in line with what was confirmed, and proves that a reboot would load it. */
export async function persist({ plan }: Change, driver: Driver): Promise<Event> {
  const fail = (reason: string): Event => ({ kind: "not-persisted", reason });
  const written = await driver.writeBoot(plan.boot.text);
  if (written !== sha256(plan.boot.text))
    return fail("the boot file reads back otherwise than it was written");
  const [live, booted] = [await driver.read(), await driver.rehearseBoot()];
  if (booted.ownHash !== plan.expected.ownHash) return fail("a reboot would not load what was confirmed");
  if (live.ownHash !== booted.ownHash) return fail("the rules that run are not those of the boot file");
  return { kind: "persisted" };
}

/** Adds what was confirmed and persisted to the known-goods, as the current one. */
export async function keepKnownGood({ plan }: Change, driver: Driver, outside: Outside): Promise<Event> {
  const ring = await readRing(driver);
  if (!ring) return { kind: "failed", at: outside.now(), reason: "the known-goods on the firewall are gone" };
  const kept = keep(ring, plan.id, plan.boot.rules, plan.boot.text, outside.time().toISOString());
  await writeRing(driver, kept, driver.absence);
  return { kind: "kept" };
}

/** Waits until the session that confirmed has written the boot file. */
export async function awaitPersist({ plan }: Change, driver: Driver, outside: Outside): Promise<Event> {
  const deadline = outside.now() + persistPatience;
  while (outside.now() < deadline) {
    const { bootText } = await driver.read();
    if (bootText === plan.boot.text) return { kind: "persisted" };
    await outside.sleep(0.5);
  }
  return { kind: "not-persisted", reason: "the session that confirmed did not write the boot file" };
}
const persistPatience = 60;
