import { setTimeout as sleep } from "node:timers/promises";
import type { ConduitRules, Stage } from "../src/compile/ir.ts";
import { parseRange } from "../src/net/address.ts";
import type { Driver, TrialOrder } from "../src/target.ts";
import { createDriver } from "../targets/nftables/driver.ts";
import { emit } from "../targets/nftables/emit.ts";
import { startFirewallHost } from "../test/support/firewall-host.ts";
import { conduitRules, tcpPermit } from "../test/support/rules.ts";
import { overSshd } from "../test/support/wires.ts";
import type { Figure } from "./figure.ts";
import { connectEnds, type Polls } from "./polls.ts";

const changes = 500;
const renewals = 1_000;
const aborts = 50;
const rollbacks = 20;
/** Seconds of the lease of a wrong trial that is left alone. */
const wrongLease = 3;

/** A conduit with the poll that the bench sends, and `others` more permits, so that its rules have some weight. */
function rules(stage: Stage, others = 500): ConduitRules {
  const permits = Array.from({ length: others }, (_, index) =>
    tcpPermit(`p${index}`, `10.20.1.${index % 250}`, "10.10.1.10", 1_000 + index),
  );
  const poll = tcpPermit("poll", "10.20.1.10", "10.10.1.10");
  const boxes = [
    {
      source: parseRange("10.20.1.10"),
      destination: parseRange("10.10.1.10"),
      service: { kind: "ports" as const, protocol: 17, from: 502, to: 502 },
    },
  ];
  return conduitRules(stage, [{ ...poll, boxes }, ...permits]);
}

/** Real nft in namespaces, real packets through it, commands over a real sshd: what each step takes, and what it loses. */
export async function bench(): Promise<readonly Figure[]> {
  const host = startFirewallHost();
  const session = await overSshd(host);
  try {
    const driver = createDriver(session, host.paths);
    await driver.restore(emit({ firewall: "fw1", conduits: [rules("monitor")] }));
    const ends = await connectEnds(host);
    const permitted = await ends.poll("permitted");
    const changing = await seconds(() => change(driver));
    const { sent, lost } = await permitted.stop();
    const aborting = await abort(driver);
    const restoring = await seconds(() => rollBack(driver));
    const renewed = await renew(driver, () => ends.poll("forbidden"));
    const outage = await leaveAlone(driver, () => ends.poll("permitted"));
    ends.stop();
    return [
      { name: `polls sent during ${changes} applies and rollbacks`, value: sent, unit: "polls" },
      { name: `polls lost during ${changes} applies and rollbacks`, value: lost, unit: "polls" },
      {
        name: "one apply (guard, load, arm, confirm) or rollback",
        value: (1000 * changing) / changes,
        unit: "ms",
      },
      { name: "abort to restored and read back, median", value: 1000 * median(aborting), unit: "ms" },
      { name: "abort to restored and read back, worst", value: 1000 * Math.max(...aborting), unit: "ms" },
      { name: `forbidden polls sent during ${renewals} renewals`, value: renewed.sent, unit: "polls" },
      {
        name: `forbidden polls that slipped through during ${renewals} renewals`,
        value: renewed.slipped,
        unit: "polls",
      },
      {
        name: "renewal of lease and second dead man",
        value: (1000 * renewed.seconds) / renewals,
        unit: "ms",
      },
      { name: `outage by a wrong trial left alone, lease ${wrongLease} s`, value: outage, unit: "s" },
      { name: "rollback of 501 permits, read back", value: (1000 * restoring) / rollbacks, unit: "ms" },
    ];
  } finally {
    await session.close();
    host.stop();
  }
}

const order = (stage: Stage, leaseSeconds = 30): TrialOrder => ({
  plan: "a".repeat(64),
  holder: "bench plan:aaaaaaaaaaaaaaaa",
  rules: rules(stage),
  leaseSeconds,
});

async function arm(driver: Driver, trial: TrialOrder): Promise<void> {
  await driver.lock(trial.holder, 60);
  await driver.guard?.(trial);
  await driver.load(trial.rules);
  await driver.arm(trial);
}

/** Takes the conduit to enforce by a trial that is confirmed, and back to monitor by restoring, in turns. */
async function change(driver: Driver): Promise<void> {
  const before = emit({ firewall: "fw1", conduits: [rules("monitor")] });
  const trial = order("enforce");
  for (let number = 0; number < changes / 2; number += 1) {
    await arm(driver, trial);
    if ((await driver.confirm(trial)) !== "confirmed") throw new Error("a trial was not confirmed");
    await driver.restore(before);
  }
}

/** Seconds from the order to abort until it was read that the previous stage is what runs, for each. */
async function abort(driver: Driver): Promise<readonly number[]> {
  const trial = order("enforce");
  const taken: number[] = [];
  for (let number = 0; number < aborts; number += 1) {
    await arm(driver, trial);
    const { conduits, ownHash } = await driver.read();
    if (!conduits.some((one) => one.trial)) throw new Error("no trial ran");
    taken.push(
      await seconds(async () => {
        const left = await driver.disarm(trial.holder);
        if (left.ownHash !== ownHash || left.conduits.some((one) => one.trial))
          throw new Error("the previous stage is not what runs");
      }),
    );
  }
  return taken;
}

/** Renews a trial that forbids what is polled: an answer is a packet that slipped through between two leases. */
async function renew(driver: Driver, poll: () => Promise<Polls>) {
  const trial = order("enforce");
  await arm(driver, trial);
  const forbidden = await poll();
  const taken = await seconds(async () => {
    for (let number = 0; number < renewals; number += 1) {
      if ((await driver.renew(trial)) !== "held") throw new Error("a lease was not held");
    }
  });
  const { sent, lost } = await forbidden.stop();
  await driver.disarm(trial.holder);
  return { sent, slipped: sent - lost, seconds: taken };
}

/** Puts a trial in place that forbids what must run, and goes away; gives the longest time without an answer. */
async function leaveAlone(driver: Driver, poll: () => Promise<Polls>): Promise<number> {
  const permitted = await poll();
  const wrong = order("enforce", wrongLease);
  await arm(driver, { ...wrong, rules: { ...wrong.rules, permits: [] } });
  await sleep((wrongLease + 2) * 1000);
  return (await permitted.stop()).longestSilence;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function rollBack(driver: Driver): Promise<void> {
  for (let number = 0; number < rollbacks; number += 1) {
    await driver.restore(
      emit({ firewall: "fw1", conduits: [rules(number % 2 === 0 ? "enforce" : "monitor")] }),
    );
    await driver.read();
  }
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
