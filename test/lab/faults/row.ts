import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { readJournalFile } from "../../../src/cli/rollout/journal-file.ts";
import { monotonicSeconds } from "../../../src/lab/poll-log.ts";
import type { Finished, Lab } from "../lab-fixture.ts";
import { type Bench, missedPolls, setRight, until, untilAllAnswer } from "./bench.ts";
import { hold, letGo, untilHeld, untilPassed } from "./breakpoint.ts";
import { clockWords, type Fault, faults, laptopClock, type Scene, sayNothing, sayOk } from "./faults.ts";
import type { Outcome } from "./matrix.ts";
import { type Moment, type MomentName, moments } from "./moments.ts";
import { conduit, lease, makePlan } from "./site.ts";

/** What the journal says of the end of a change, by the exit code of apply. */
const lastSaid = { 0: "done", 1: "refused", 3: "verified-back", 5: "confirmed-not-persisted" } as const;
const isEnd: ReadonlySet<string> = new Set(Object.values(lastSaid));

/** For what a busy machine may take its time with, in seconds. */
const patience = 90;

/** One thing that is done to one real rollout, and what is to come of it. */
export interface Row {
  readonly moment: MomentName;
  readonly fault: Fault;
  readonly outcome: Outcome;
}

/** Does one thing to one real rollout, and checks what the issue promises of it. Rejects when any of it is not so. */
export async function playRow(bench: Bench, row: Row, confirmed: (hash: string) => void): Promise<void> {
  const { lab, platform } = bench;
  const [at, what]: readonly [Moment, Fault] = [moments[row.moment], row.fault];
  await setRight(bench);
  const plan = bench.unused.pop() ?? (await makePlan(lab, "enforce", planFile(row)));
  const scene: Scene = { lab, platform, plan };
  await what.prepare?.(scene);
  const [missedBefore, entriesBefore] = [missedPolls(bench), readJournalFile(lab.folder.site).entries.length];

  const apply = await reach(scene, row);
  await what.strike(scene);
  await outlast(scene, row, monotonicSeconds());
  if (!what.outlastsApply) await what.mend?.(scene);
  const { code, stderr } = await apply.ended;
  if (what.outlastsApply) await what.mend?.(scene);
  if (at.first === "say nothing") sayOk(scene);

  const { stage } = row.outcome;
  const ended = row.outcome.apply === "goes on" ? 3 : row.outcome.apply;
  if (ended !== "killed") expect(code, stderr).toBe(ended);
  expect(await platform.trialRuns(lab)).toBe(false);
  const hash = await platform.hash(lab);
  if (stage === "previous") expect(hash, stderr).toBe(bench.previous);
  else {
    expect(hash, stderr).not.toBe(bench.previous);
    confirmed(hash);
  }
  if (what.costsPolls) await untilAllAnswer(bench);
  else expect(missedPolls(bench) - missedBefore, "polls missed").toBe(0);
  const status = await lab.engineer("sluice status");
  expect(status).toContain(`${conduit}: ${stage === "previous" ? "monitor" : "enforce"}`);
  expect(status).not.toContain("ON TRIAL");
  const actions = actionsSince(scene, entriesBefore);
  expect(actions.length).toBeGreaterThan(0);
  const ends = actions.filter((action) => isEnd.has(action));
  if (ended === "killed") expect(ends).toEqual([]);
  else expect(ends).toContain(lastSaid[ended]);
  if (!actions.includes("used")) bench.unused.push(plan);
  if (at.ended) await faults.disk.mend(scene);
  if (stage === "confirmed") await returnToMonitor(scene, ended);
}

const planFile = ({ moment, fault }: Row): string => `${moment}-${fault.name.replaceAll(/\W+/g, "-")}.plan`;

/** Starts apply. Resolves when the moment has come, with what becomes of apply, in a box lest it be waited for. */
async function reach(scene: Scene, { moment, fault }: Row): Promise<{ readonly ended: Promise<Finished> }> {
  const { lab, platform } = scene;
  const at: Moment = moments[moment];
  const breakpoint = platform.breakpoints[moment === "unpersisted" ? "persisting" : moment]!;
  if (at.held && !at.first) await hold(lab, breakpoint);
  const ended = startApply(scene, at, fault === faults.laptop);
  if (at.told !== undefined) await untilSaid(scene, at.told);
  if (at.first === "interrupt") {
    await hold(lab, breakpoint);
    await interrupt(scene);
  }
  if (at.first === "say nothing") sayNothing(scene);
  if (at.tellsThen !== undefined) await untilSaid(scene, at.tellsThen);
  if (at.held) {
    await untilHeld(lab, patience).catch((error: Error) => {
      throw new Error(`${error.message}: ${read(logOf(scene))}`);
    });
  }
  if (at.ended) {
    await faults.disk.strike(scene);
    await letGo(lab);
    await ended;
  }
  if (fault === faults.late) {
    await hold(lab, platform.renewal);
    await untilHeld(lab, patience);
    await untilOver(scene, lease + 5);
  }
  return { ended };
}

/** What was held up goes on, at its time, and what is broken stays so for longer than any lease holds. */
async function outlast(scene: Scene, { moment, fault, outcome }: Row, struck: number): Promise<void> {
  const { lab, platform } = scene;
  const at: Moment = moments[moment];
  const isHeld = fault === faults.late || (at.held && !at.ended && fault !== faults.reboot);
  if (isHeld && !at.late) await passOn(lab);
  if (outcome.apply === "goes on") {
    await untilSaid(scene, "soak: all criteria hold");
    await sleep((lease + 1) * 1000);
    expect(await platform.trialRuns(lab), "the trial runs").toBe(true);
    await interrupt(scene);
  } else if (outcome.stage === "previous") {
    await untilOver(scene, lease + 10);
    expect(monotonicSeconds() - struck, "seconds until the trial was over").toBeLessThan(lease + 5);
  }
  if (at.late || (fault.mend && !fault.outlastsApply)) {
    await sleep(Math.max(0, struck + lease + 0.5 - monotonicSeconds()) * 1000);
  }
  if (isHeld && at.late) await passOn(lab);
}

/** What the journal, which must be whole, says of a plan behind so many entries. */
function actionsSince(scene: Scene, entriesBefore: number): readonly string[] {
  const { entries, faults: broken, torn } = readJournalFile(scene.lab.folder.site);
  expect(broken).toEqual([]);
  expect(torn).toBe(false);
  const { id } = JSON.parse(read(join(scene.lab.folder.site, scene.plan))) as { id: string };
  return entries
    .slice(entriesBefore)
    .filter(({ plan }) => plan === id)
    .map(({ action }) => action);
}

/** What was confirmed and could not be finished is finished by confirming it again; then one command leads back. */
async function returnToMonitor({ lab, plan }: Scene, ended: Outcome["apply"]): Promise<void> {
  if (ended !== 0) await lab.engineer(`sluice confirm ${plan}`);
  await lab.engineer("sluice rollback fw1");
}

function startApply({ lab, plan }: Scene, at: Moment, fakeClock: boolean): Promise<Finished> {
  const clock = fakeClock ? `env ${clockWords(laptopClock({ lab }))} ` : "";
  const flags = at.confirms ? "--confirm-after-soak" : "";
  return lab.on(
    "laptop",
    `: > ${plan}.log; ${clock}sluice apply ${plan} ${flags} 2> ${plan}.log; code=$?; cat ${plan}.log >&2; exit $code`,
  );
}

const interrupt = ({ lab, plan }: Scene): Promise<unknown> =>
  lab.on("laptop", `pkill -INT -f '[m]ain.js apply ${plan}'`);

async function passOn(lab: Lab): Promise<void> {
  await letGo(lab);
  await untilPassed(lab, patience);
}

const untilOver = ({ lab, platform }: Scene, seconds: number): Promise<void> =>
  until("the trial is over", async () => !(await platform.trialRuns(lab)), seconds);

const logOf = ({ lab, plan }: Scene): string => join(lab.folder.site, `${plan}.log`);
const untilSaid = (scene: Scene, words: string): Promise<void> =>
  until(`it says "${words}"`, () => read(logOf(scene)).includes(words), patience).catch((error: Error) => {
    throw new Error(`${error.message}: ${read(logOf(scene))}`);
  });
const read = (file: string): string => readFileSync(file, { encoding: "utf8", flag: "a+" });
