import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from "vitest";
import { rulesetHash } from "../../src/lab/demo/ruleset-hash.ts";
import { untilTrial } from "../../src/lab/demo/trial-watch.ts";
import { sessions } from "../../src/lab/plant.ts";
import { isGood, monotonicSeconds } from "../../src/lab/poll-log.ts";
import { hold, installBreakpoints, letGo, untilHeld } from "./breakpoint.ts";
import { type Fault, faults, type Moment, moments, starting } from "./faults.ts";
import { type Finished, type Lab, labMissing, needingLab, startTestLab } from "./lab-fixture.ts";

const conduit = "it-cell1";
/** Seconds, of every trial here. */
const lease = 5;
const permitted = sessions.filter(({ forbidden }) => forbidden === undefined);

type Stage = "previous" | "confirmed";
/** What `sluice apply` says of the end, by its exit code. */
const ends: Readonly<Record<number, string>> = {
  0: "done",
  1: "refused, nothing changed",
  3: "back, and proven",
  4: "not proven: asks for a human",
  5: "confirmed, not persisted",
};

interface Case {
  readonly moment: keyof typeof moments;
  readonly fault: keyof typeof faults;
  readonly stage: Stage;
  /** The exit codes with which apply may end, none when it is killed; or the trial goes on until the engineer ends it. */
  readonly codes: readonly number[] | "survives";
}
const cases: readonly Case[] = [
  ...rows("preflight", "previous", { kill: [], cut: [1] }),
  ...rows("loading", "previous", { kill: [], cut: [3] }),
  ...rows("arming", "previous", { cut: [3] }),
  ...rows("armed", "previous", { kill: [] }),
  ...rows("soak", "previous", {
    ...{ kill: [], cut: [3], sshd: [3], reboot: [3], helper: [3], opened: [3], late: [3] },
    ...{ disk: "survives", second: "survives" },
  }),
  ...rows("soaked", "previous", { cut: [3], criterion: [3] }),
  ...rows("confirming", "previous", { kill: [], cut: [3] }),
  ...rows("confirmed", "confirmed", { kill: [], cut: [0] }),
  ...rows("persisting", "confirmed", { cut: [0], disk: [5] }),
  ...rows("persisting", "previous", { reboot: [3] }),
  ...rows("reverting", "previous", { cut: [3] }),
];
function rows(
  moment: keyof typeof moments,
  stage: Stage,
  byFault: Partial<Record<keyof typeof faults, Case["codes"]>>,
): readonly Case[] {
  return Object.entries(byFault).map(([fault, codes]) => ({
    ...{ moment, stage, codes },
    fault: fault as keyof typeof faults,
  }));
}

/** Real faults at chosen moments of real rollouts: real sshd, real nft, real Modbus sessions that were open before. */
describe.skipIf(labMissing)(needingLab("whatever goes wrong, and whenever"), { timeout: 60_000 }, () => {
  let lab: Lab;
  let hashes: Readonly<Record<Stage, string>>;
  const outcomes = new Map<string, string>();

  beforeAll(async () => {
    lab = await startTestLab("--decided");
    const file = join(lab.folder.site, "site.yaml");
    const short = { lease: `${lease}s`, soak: "2s", reserve: "0s" };
    const text = Object.entries(short).reduce(
      (site, [key, value]) => site.replace(new RegExp(`^  ${key}: .*$`, "m"), `  ${key}: ${value}`),
      readFileSync(file, "utf8"),
    );
    writeFileSync(file, text);
    await prepare("monitor", "monitor.plan");
    await lab.engineer("sluice apply monitor.plan --confirm-after-soak");
    const previous = await rulesetHash(lab);
    await prepare("enforce", "first.plan");
    await lab.engineer("sluice apply first.plan --confirm-after-soak");
    hashes = { previous, confirmed: await rulesetHash(lab) };
    await lab.engineer("sluice rollback fw1");
    await prepare("enforce", "second.plan");
  }, 120_000);
  afterAll(() => lab.down());

  async function prepare(to: "monitor" | "enforce", plan: string): Promise<void> {
    await lab.engineer(
      `sluice plan ${conduit} --to ${to} -o ${plan}${to === "enforce" ? " --accept coverage=Seconds" : ""} && ` +
        `sluice approve ${plan} --identity ../keys/olaf`,
    );
  }
  const missed = (): number =>
    permitted.flatMap(({ id }) => lab.polls(id)).filter((poll) => !isGood(poll)).length;

  test.each(cases.map((one) => [`${one.moment}: ${one.fault}`, one] as const))(
    "[slow] %s",
    async (_, one) => {
      const { moment, fault, stage, codes } = one;
      const [at, what] = [moments[moment] as Moment, faults[fault] as Fault];
      const plan = `${moment}-${fault}.plan`;
      await installBreakpoints(lab);
      // A row that fails must not take the next ones with it.
      onTestFailed(async () => {
        await lab.on("laptop", "pkill -9 -f '[m]ain.js apply'");
        await letGo(lab);
        await untilTrial(lab, "is over", 2 * lease + 10);
      });
      // A tool that was killed leaves the firewall's lock, which ends by itself within minutes.
      await lab.console("nft flush set inet sluice lock");
      await prepare("enforce", plan);
      const missedBefore = missed();
      const { apply, heldUp } = await startApply(lab, plan, at);
      if (fault === "late") {
        await hold(lab, "before", starting);
        await untilHeld(lab, 5);
        await untilTrial(lab, "is over", lease + 5);
      }
      const struck = monotonicSeconds();
      await what.strike(lab, plan);
      if (fault !== "reboot" && !at.late) await letGo(lab);
      if (codes === "survives") {
        await sleep((lease + 1) * 1000);
        await untilTrial(lab, "runs", 1);
        await lab.on("laptop", `pkill -INT -f '[m]ain.js apply ${plan}'`);
      } else if (stage === "previous") {
        await untilTrial(lab, "is over", lease + 10);
        expect(monotonicSeconds() - struck, "seconds until the trial was over").toBeLessThan(lease + 5);
      }
      // What is broken stays so for longer than any lease holds.
      if (what.mend) await sleep(Math.max(0, struck + lease + 0.5 - monotonicSeconds()) * 1000);
      if (at.late && fault !== "reboot") await letGo(lab);
      if (!what.outlastsApply) await what.mend?.(lab);
      const { code, stderr: said } = await apply;
      const stderr = `held up: ${heldUp}\n${said}`;
      if (what.outlastsApply) await what.mend?.(lab);
      if (codes === "survives") expect(code, stderr).toBe(3);
      else if (codes.length > 0) expect(codes, stderr).toContain(code);
      expect(await rulesetHash(lab), stderr).toBe(hashes[stage]);
      if (what.costsPolls) await untilAllAnswer(lab);
      else expect(missed()).toBe(missedBefore);
      const [status, journal] = [
        await lab.engineer("sluice status"),
        await lab.engineer("sluice journal verify"),
      ];
      expect(status).toContain(`${conduit}: ${stage === "previous" ? "monitor" : "enforce"}`);
      expect(status).not.toContain("ON TRIAL");
      expect(journal).toContain("journal is whole");
      const told =
        codes === "survives"
          ? "the trial goes on; Ctrl-C ends it: back, and proven"
          : codes.length === 0
            ? "nothing more: it was killed"
            : ends[code];
      outcomes.set(
        `${at.state} | ${what.name}`,
        `${stage === "previous" ? "monitor, the stage before" : "enforce, as confirmed"} | ${told}`,
      );
      if (stage === "confirmed") await lab.engineer("sluice rollback fw1");
      expect(await rulesetHash(lab)).toBe(hashes.previous);
    },
  );

  test("docs/rollout-faults.md says what came of each", async () => {
    const page = faultPage(outcomes);
    process.stdout.write(page);
    expect(outcomes.size).toBe(cases.length);
    await expect(page).toMatchFileSnapshot(join(import.meta.dirname, "../../docs/rollout-faults.md"));
  });
});

/** Starts `sluice apply` and resolves when the moment has come, with what will become of it. */
async function startApply(
  lab: Lab,
  plan: string,
  at: Moment,
): Promise<{ readonly apply: Promise<Finished>; readonly heldUp: string }> {
  if (at.held && !at.first) await hold(lab, at.held.when, at.held.expression);
  const log = join(lab.folder.site, `${plan}.log`);
  const flags = at.confirms ? "--confirm-after-soak" : "";
  const apply = lab.on(
    "laptop",
    `sluice apply ${plan} ${flags} 2> ${plan}.log; code=$?; cat ${plan}.log >&2; exit $code`,
  );
  if (at.told !== undefined) await untilSaid(log, at.told);
  if (at.first) {
    await hold(lab, at.held!.when, at.held!.expression);
    await lab.on("laptop", `pkill -INT -f '[m]ain.js apply ${plan}'`);
  }
  let heldUp = "";
  if (at.held) {
    heldUp = await untilHeld(lab, 20).catch((error: Error) => {
      throw new Error(`${error.message}: ${readFileSync(log, "utf8")}`);
    });
  }
  return { apply, heldUp };
}

async function untilSaid(file: string, words: string): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!readFileSync(file, { encoding: "utf8", flag: "a+" }).includes(words)) {
    if (performance.now() > deadline)
      throw new Error(`"${words}" was not said: ${readFileSync(file, "utf8")}`);
    await sleep(30);
  }
}

/** After a reboot the permitted sessions go on by themselves: a connection is picked up from its request side. */
const untilAllAnswer = (lab: Lab): Promise<void> =>
  expect
    .poll(() => permitted.map(({ id }) => lab.polls(id).at(-1)?.result), { timeout: 15_000 })
    .toEqual(permitted.map(() => "ok"));

const faultPage = (
  outcomes: ReadonlyMap<string, string>,
): string => `# What goes wrong, when, and what comes of it

Each line was done to a real rollout: real sshd, real nft, Modbus sessions that were open before. A test does them again
(\`npx vitest run test/lab/faults.test.ts\`, with \`--update\` to write this page) and compares. In every one of them the
trial was over within its lease of ${lease} s and 5 s more, no poll of a permitted session was missed (but for those that
the reboot of the router itself costs), the journal was whole, and \`sluice status\` named the stage.

| when | what | the firewall is in | the tool says |
|---|---|---|---|
${[...outcomes].map(([key, outcome]) => `| ${key} | ${outcome} |`).join("\n")}
`;
