import type { ConduitRules, Stage } from "../src/compile/ir.ts";
import { parseRange } from "../src/net/address.ts";
import type { Driver, TrialOrder } from "../src/target.ts";
import { createDriver } from "../targets/nftables/driver.ts";
import { emit } from "../targets/nftables/emit.ts";
import { startFirewallHost } from "../test/support/firewall-host.ts";
import { localSession } from "../test/support/local-session.ts";
import { conduitRules, tcpPermit } from "../test/support/rules.ts";
import type { Figure } from "./figure.ts";
import { startPolls } from "./polls.ts";

const flips = 100;
const renewals = 100;
const rollbacks = 20;

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

/** Real nft in namespaces, real packets through it: what a renewal and a rollback take, and what a stage flip loses. */
export async function bench(): Promise<readonly Figure[]> {
  const host = startFirewallHost();
  try {
    const driver = createDriver(localSession(host.prefix), host.paths);
    await driver.restore(emit({ firewall: "fw1", conduits: [rules("monitor")] }));
    const polls = await startPolls(host);
    const flipping = await seconds(() => flip(driver));
    const { sent, lost } = await polls.stop();
    const renewing = await seconds(() => renew(driver));
    const restoring = await seconds(() => rollBack(driver));
    return [
      { name: `polls sent during ${flips} stage flips`, value: sent, unit: "polls" },
      { name: `polls lost during ${flips} stage flips`, value: lost, unit: "polls" },
      { name: "one stage flip: load, arm, confirm", value: (1000 * flipping) / flips, unit: "ms" },
      { name: "lease renewal", value: (1000 * renewing) / renewals, unit: "ms" },
      { name: "rollback of 501 permits, read back", value: (1000 * restoring) / rollbacks, unit: "ms" },
    ];
  } finally {
    host.stop();
  }
}

const order = (stage: Stage): TrialOrder => ({
  plan: "a".repeat(64),
  holder: "bench plan:aaaaaaaaaaaaaaaa",
  rules: rules(stage),
  leaseSeconds: 30,
});

async function arm(driver: Driver, trial: TrialOrder): Promise<void> {
  await driver.lock(trial.holder, 60);
  await driver.guard?.(trial);
  await driver.load(trial.rules);
  await driver.arm(trial);
}

async function flip(driver: Driver): Promise<void> {
  for (let number = 0; number < flips; number += 1) {
    const trial = order(number % 2 === 0 ? "enforce" : "monitor");
    await arm(driver, trial);
    if ((await driver.confirm(trial)) !== "confirmed") throw new Error("a trial was not confirmed");
  }
}

async function renew(driver: Driver): Promise<void> {
  const trial = order("enforce");
  await arm(driver, trial);
  for (let number = 0; number < renewals; number += 1) {
    if ((await driver.renew(trial)) !== "held") throw new Error("a lease was not held");
  }
}

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
