import { spawn } from "node:child_process";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { notRunning } from "./lab.ts";
import { LabError } from "./lab-error.ts";
import type { LabFolder } from "./lab-folder.ts";
import { hosts } from "./plant.ts";
import { searchPath } from "./requirements.ts";
import { childrenOf, holderOf, runningLab } from "./state.ts";

/** A command that runs inside a host of the lab when it is started from outside. */
export interface Entry {
  readonly command: string;
  readonly words: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/**
 * How to run `argv` in a host, in the folder of the engineer's repository. Whoever runs commands there is eva, unless
 * SLUICE_IDENTITY says otherwise. Throws LabError when no lab runs or it has no such host.
 */
export function entryTo(folder: LabFolder, host: string, argv: readonly string[]): Entry {
  const lab = runningLab(folder);
  if (!lab) throw notRunning(folder);
  const holder = holderOf(folder, lab, host);
  if (holder === undefined) {
    throw new LabError(`the lab has no host ${host}; it has ${hosts.map(({ name }) => name).join(", ")}`);
  }
  const user = lab.mode === "user" ? ["--user", "--preserve-credentials"] : [];
  return {
    command: "nsenter",
    words: [
      `--target=${holder}`,
      ...user,
      "--net",
      "--mount",
      "--uts",
      "--pid",
      "--",
      "env",
      `--chdir=${folder.site}`,
      ...argv,
    ],
    env: {
      SLUICE_IDENTITY: join(folder.keys, "eva"),
      ...process.env,
      PATH: [folder.bin, searchPath].join(delimiter),
    },
  };
}

/**
 * What waits for the command in nsenter's place, which would die of a signal and leave the command alone: a shell that hears it, does
 * nothing, and goes on waiting. What a shell hears, and does not ignore, reaches its commands as usual.
 */
const waiter = ["sh", "-c", 'trap : HUP INT QUIT TERM; "$@"', "sh"];

/** Runs a command in a host with the caller's own terminal or pipes. Resolves with its exit code. */
export async function runInHost(folder: LabFolder, host: string, argv: readonly string[]): Promise<number> {
  const { command, words, env } = entryTo(folder, host, argv);
  const way = words.indexOf("--");
  const waited = [...words.slice(0, way), "--no-fork", "--", ...waiter, ...words.slice(way + 1)];
  const child = spawn(command, waited, { env, stdio: "inherit" });
  // A terminal sends Ctrl-C to the command as well: this process only waits for what it makes of it. Other signals are
  // passed on, past what waits for it.
  const wait = (): void => undefined;
  const passOn = (signal: NodeJS.Signals): void => {
    for (const pid of childrenOf(child.pid!)) signalIfThere(pid, signal);
  };
  process.on("SIGINT", wait);
  process.on("SIGTERM", passOn);
  process.on("SIGHUP", passOn);
  return new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  }).finally(() => {
    process.off("SIGINT", wait);
    process.off("SIGTERM", passOn);
    process.off("SIGHUP", passOn);
  });
}

/** Gives a signal to a process, which may have gone since it was looked for. */
export function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
