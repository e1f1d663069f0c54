import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { rulesetHash } from "../../src/lab/demo/ruleset-hash.ts";
import { untilTrial } from "../../src/lab/demo/trial-watch.ts";
import { sessions } from "../../src/lab/plant.ts";
import { answeredAt, isGood, monotonicSeconds } from "../../src/lab/poll-log.ts";
import { type Finished, type Lab, labMissing, needingLab, startTestLab } from "./lab-fixture.ts";

const conduit = "it-cell1";
/** Of rulesets/lab-plant/site.yaml, in seconds. */
const lease = 10;
const permitted = sessions.filter(({ forbidden }) => forbidden === undefined);
const forbidden = sessions.find((session) => session.forbidden !== undefined)!;

/** Whole rollouts as an engineer types them: real sshd, real nft, real Modbus sessions that were open before. */
describe.skipIf(labMissing)(needingLab("a rollout over real SSH"), { timeout: 120_000 }, () => {
  let lab: Lab;
  let monitor: string;
  beforeAll(async () => {
    lab = await startTestLab("--decided");
    await prepare("monitor", "monitor.plan");
    await lab.engineer("sluice apply monitor.plan --confirm-after-soak");
    monitor = await rulesetHash(lab);
  }, 120_000);
  afterAll(() => lab.down());

  /** Polls of every permitted session that had no good answer, so far. */
  const missed = (): number =>
    permitted.flatMap(({ id }) => lab.polls(id)).filter((poll) => !isGood(poll)).length;
  const lastForbiddenAnswer = (): number =>
    Math.max(0, ...lab.polls(forbidden.id).filter(isGood).map(answeredAt));

  let missedBefore: number;
  beforeEach(() => {
    missedBefore = missed();
  });
  afterEach(({ task }) => {
    // A reboot cuts every session for a moment; what it may cost is said in its own test.
    if (!task.name.includes("reboot")) expect(missed()).toBe(missedBefore);
  });

  async function prepare(to: "monitor" | "enforce", plan: string): Promise<void> {
    const accepted = to === "enforce" ? " --accept coverage=Seconds" : "";
    await lab.engineer(`sluice plan ${conduit} --to ${to} -o ${plan}${accepted}`);
    await lab.engineer(`sluice approve ${plan} --identity ../keys/olaf`);
  }

  /** Does something while the site file says that a permit of the conduit must reconnect. */
  async function whileReconnecting<T>(work: () => Promise<T>): Promise<T> {
    const file = join(lab.folder.site, "site.yaml");
    const text = readFileSync(file, "utf8");
    const wanted = text.replace(/(it-cell1:[\s\S]*?\n( +)critical: true)/, "$1\n$2reconnect-required: true");
    expect(wanted).not.toBe(text);
    writeFileSync(file, wanted);
    try {
      return await work();
    } finally {
      writeFileSync(file, text);
    }
  }

  /** Applies a fresh plan to enforce, and resolves when packets meet the trial. */
  async function trialOf(
    plan: string,
  ): Promise<{ readonly apply: Promise<Finished>; readonly armed: number }> {
    await prepare("enforce", plan);
    const apply = lab.on("laptop", `sluice apply ${plan}`);
    const { after } = await untilTrial(lab, "runs", 60);
    return { apply, armed: after };
  }

  async function expectMonitorRemains(since: number): Promise<void> {
    const back = await untilTrial(lab, "is over", lease + 5);
    expect(back.before - since).toBeLessThan(lease + 5);
    expect(await rulesetHash(lab)).toBe(monitor);
  }

  test("[slow] a link cut in a trial ends it within the lease, and apply proves the way back", async () => {
    const { apply, armed } = await trialOf("cut.plan");
    await sleep(1200);
    expect(lastForbiddenAnswer() - armed).toBeLessThan(1);
    const cut = monotonicSeconds();
    await lab.fault("cut-link");
    await expectMonitorRemains(cut);
    await lab.fault("mend-link");
    const { code, stderr } = await apply;
    expect(code).toBe(3);
    expect(stderr).toContain("back: the previous stage is what runs");
    expect(await rulesetHash(lab)).toBe(monitor);
  });

  test("a second apply of a used plan is refused", async () => {
    const { code, stderr } = await lab.on("laptop", "sluice apply cut.plan");
    expect(code).toBe(1);
    expect(stderr).toContain("a plan is used once");
  });

  test("[slow] kill -9 of apply ends the trial within the lease, with nobody acting", async () => {
    const { apply } = await trialOf("killed.plan");
    const killed = monotonicSeconds();
    await lab.on("laptop", "pkill -9 -f '[a]pply killed.plan'");
    expect((await apply).code).not.toBe(0);
    await expectMonitorRemains(killed);
  });

  test("[slow] Ctrl-C ends the trial at once, and apply exits with 3", async () => {
    const { apply } = await trialOf("stopped.plan");
    const stopped = monotonicSeconds();
    await lab.on("laptop", "pkill -INT -f '[m]ain.js apply stopped.plan'");
    expect((await apply).code).toBe(3);
    expect(monotonicSeconds() - stopped).toBeLessThan(lease);
    await expectMonitorRemains(stopped);
  });

  test("[slow] a second engineer is told who is there, and takes over only when told to", async () => {
    await prepare("enforce", "second.plan");
    const { apply: first } = await trialOf("first.plan");
    const refused = await lab.on("laptop", "sluice apply second.plan");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /locked by eva, since .* UTC, for \d+ s more.*a trial of it-cell1 runs.*--take-over/s,
    );
    const second = lab.on("laptop", "sluice apply second.plan --take-over");
    expect((await first).code).toBe(3);
    await untilTrial(lab, "runs", 60);
    await lab.on("laptop", "pkill -INT -f '[m]ain.js apply second.plan'");
    expect((await second).code).toBe(3);
    expect(await lab.engineer("sluice journal show")).toContain("take-over");
    await expectMonitorRemains(monotonicSeconds());
  });

  test("[slow] a reboot of the firewall in a trial lands in the stage before", async () => {
    const { apply } = await trialOf("rebooted.plan");
    const rebooted = monotonicSeconds();
    await lab.fault("reboot");
    expect([3, 4]).toContain((await apply).code);
    await expectMonitorRemains(rebooted);
  });

  test("a host that presents another key than the pinned one is refused, with both fingerprints", async () => {
    const file = join(lab.folder.site, "site.yaml");
    const text = readFileSync(file, "utf8");
    const other = readFileSync(join(lab.folder.keys, "eva.pub"), "utf8").trim();
    writeFileSync(file, text.replace(/ssh-ed25519 \S+ fw1/, other));
    const { code, stderr } = await lab.on(
      "laptop",
      `sluice plan ${conduit} --to enforce -o other.plan --accept coverage=Seconds`,
    );
    writeFileSync(file, text);
    expect(code).toBe(1);
    expect(stderr.match(/SHA256:[\w+/]{43}/g)).toHaveLength(2);
  });

  test("a firewall that somebody else changed since the plan is refused, and left as it is", async () => {
    await prepare("enforce", "foreign.plan");
    await lab.console("nft add table inet foreign");
    const before = await rulesetHash(lab);
    const { code, stderr } = await lab.on("laptop", "sluice apply foreign.plan");
    const after = await rulesetHash(lab);
    await lab.console("nft delete table inet foreign");
    expect(code).toBe(1);
    expect(stderr).toContain("foreign");
    expect(after).toBe(before);
  });

  test("[slow] what must reconnect is not confirmed by the session that was open before", async () => {
    const { code, stderr } = await whileReconnecting(async () => {
      await prepare("enforce", "reconnect.plan");
      return lab.on("laptop", "sluice apply reconnect.plan --confirm-after-soak");
    });
    expect(code).toBe(3);
    expect(stderr).toMatch(/must reconnect, and the session \S+ \S+ 6 502 was not made anew/);
    expect(await rulesetHash(lab)).toBe(monitor);
  });

  test("[slow] a confirmed trial outlives a reboot of the firewall, and one rollback undoes it", async () => {
    // Also what must reconnect, and does: somebody ends its connections at the client.
    await whileReconnecting(async () => {
      await prepare("enforce", "kept.plan");
      const applying = lab.engineer("sluice apply kept.plan --confirm-after-soak");
      const meanwhile = untilTrial(lab, "runs", 60).then(() => lab.on("mes", "ss -K dport = 502"));
      await Promise.all([applying, meanwhile]);
    });
    const enforce = await rulesetHash(lab);
    expect(enforce).not.toBe(monitor);
    await lab.fault("reboot");
    expect(await rulesetHash(lab)).toBe(enforce);
    await sleep(3000);
    const [cut, now] = [lastForbiddenAnswer(), monotonicSeconds()];
    expect(now - cut).toBeGreaterThan(3);
    // The permitted sessions go on by themselves: a connection is picked up from its request side.
    await expect
      .poll(() => permitted.map(({ id }) => lab.polls(id).at(-1)?.result), { timeout: 10_000 })
      .toEqual(permitted.map(() => "ok"));
    expect(await lab.engineer("sluice rollback fw1")).toContain("is what runs");
    expect(await rulesetHash(lab)).toBe(monitor);
    await lab.fault("reboot");
    expect(await rulesetHash(lab)).toBe(monitor);
  });

  test("the journal holds all of it, and is whole", async () => {
    expect(await lab.engineer("sluice journal verify")).toContain("journal is whole");
  });
});
