import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { giveOrder, type Order } from "./control.ts";
import { layOutDisk } from "./firewall-host.ts";
import type { FirewallTarget } from "./firewall-kind.ts";
import { LabError } from "./lab-error.ts";
import { type LabFolder, labFolder } from "./lab-folder.ts";
import { firewall } from "./plant.ts";
import { labProgram } from "./programs.ts";
import { isolated, missingForLab, modeOfThisUser, searchPath } from "./requirements.ts";
import { type Decisions, makeKeys, people, writeLauncher, writeSiteFolder } from "./site-folder.ts";
import { childrenOf, type LabState, runningLab, startTimeOf, writeJson } from "./state.ts";

/** sun_path of a Unix socket holds 108 bytes with the closing zero (unix(7)). */
const longestSocketPath = 107;

/** Opens a lab's folder. `path` is relative to `cwd`. */
export function openLabFolder(cwd: string, path: string): LabFolder {
  const folder = labFolder(resolve(cwd, path));
  if (Buffer.byteLength(folder.control) > longestSocketPath) {
    throw new LabError(
      `the path ${folder.root} is too long for a socket in it: choose a shorter one with --dir`,
    );
  }
  return folder;
}

/** How long a lab lives: until it is told to end, or no longer than the process that started it. */
export type Life = "own" | "caller";

/** What a new lab is like. */
export interface LabOrder {
  readonly decisions: Decisions;
  readonly life: Life;
  readonly target: FirewallTarget;
}

/** Builds the plant and waits until every session of it runs. Rejects with LabError, and then leaves nothing behind. */
export async function startLab(folder: LabFolder, lab: LabOrder): Promise<void> {
  const missing = missingForLab(lab.target);
  if (missing.length > 0) {
    const list = missing.map(({ what, mend }) => `\n  missing: ${what}\n      fix: ${mend}`).join("");
    throw new LabError(
      `the lab cannot run on this machine${list}\nobserve, baseline, check, compile, verify and explain need none of this.`,
    );
  }
  requireRoom(folder);
  try {
    layOut(folder, lab);
    launch(folder, lab);
    await untilReady(folder);
  } catch (error) {
    await stopLab(folder);
    throw error;
  }
}

/** Ends the lab of a folder, running or crashed, and removes the folder. Resolves when nothing is left. */
export async function stopLab(folder: LabFolder): Promise<void> {
  await endProcesses(folder);
  rmSync(folder.root, { recursive: true, force: true });
}

/** Ends the lab of a folder and makes its files the user's: the repository, logs and the firewall's disk. */
export async function leaveFiles(folder: LabFolder): Promise<void> {
  await endProcesses(folder);
  rmSync(folder.state);
}

async function endProcesses(folder: LabFolder): Promise<void> {
  const lab = runningLab(folder);
  if (!lab) return;
  // The kernel ends every other process of the lab with the first one, before that one is gone.
  const processes = [...childrenOf(lab.pid), lab.pid];
  for (const pid of processes) process.kill(pid, "SIGKILL");
  while (processes.some((pid) => startTimeOf(pid) !== undefined)) await sleep(10);
}

/** Has a running lab carry out an order, and gives its output. Rejects with LabError when none runs, or it could not. */
export async function order(folder: LabFolder, what: Order): Promise<string> {
  if (!runningLab(folder)) throw notRunning(folder);
  return giveOrder(folder.control, what).catch((error: Error) => {
    throw new LabError(`the lab could not ${what.do}: ${error.message}`);
  });
}

export const notRunning = (folder: LabFolder): LabError =>
  new LabError(`no lab runs in ${folder.root}: start one with \`sluice lab up\``);

/** True when a folder is a lab's: one that runs, or what a crashed one left. */
export const isLab = (folder: LabFolder): boolean => existsSync(folder.state);

/** A new lab takes nobody's place: an engineer may have worked on the files of one that crashed. */
function requireRoom(folder: LabFolder): void {
  if (!existsSync(folder.root) || readdirSync(folder.root).length === 0) return;
  throw new LabError(
    runningLab(folder)
      ? `a lab already runs in ${folder.root} (\`sluice lab down\` ends it)`
      : isLab(folder)
        ? `${folder.root} holds what a lab that crashed left (\`sluice lab down\` removes it)`
        : `${folder.root} holds something else than a lab: choose another folder with --dir`,
  );
}

function layOut(folder: LabFolder, { decisions, target }: LabOrder): void {
  mkdirSync(folder.root, { recursive: true, mode: 0o700 });
  mkdirSync(folder.polls);
  const keys = makeKeys(folder);
  const administrators = people.map((person) => keys.get(person)!);
  layOutDisk(folder.disk, target, join(folder.keys, firewall.name), administrators);
  writeSiteFolder(folder, keys, decisions, target);
  writeLauncher(folder);
}

function launch(folder: LabFolder, { life, target }: LabOrder): void {
  const mode = modeOfThisUser();
  const [command, ...words] = isolated(mode, [
    process.execPath,
    labProgram("supervisor"),
    folder.root,
    life,
    target,
  ]);
  const log = openSync(folder.log, "a");
  const child = spawn(command!, words, {
    detached: true,
    env: { ...process.env, PATH: searchPath },
    // The far end of the pipe closes when this process ends, however it ends.
    stdio: [life === "caller" ? "pipe" : "ignore", log, log],
  });
  closeSync(log);
  child.unref();
  const pid = child.pid!;
  const state: LabState = { schema: "sluice/lab", version: 1, mode, pid, startTime: startTimeOf(pid)! };
  writeJson(folder.state, state);
}

/** The supervisor opens its control socket when the whole plant runs. */
async function untilReady(folder: LabFolder): Promise<void> {
  while (!existsSync(folder.control)) {
    if (!runningLab(folder)) {
      throw new LabError(`the lab did not start:\n${readFileSync(folder.log, "utf8").trimEnd()}`);
    }
    await sleep(20);
  }
}
