import type { CommandResult } from "../../src/session.ts";
import { type DeadMan, DriverError, type GuardState } from "../../src/target.ts";
import { armScript, disarmScript, drillScript, executorScript, guardScript, stateScript } from "./scripts.ts";

/** A reboot empties it, as it does with the trial. */
export const guardFolder = "/run/sluice";
const traceFile = "/var/lib/sluice/guard.log";

/** Seconds that the second dead man leaves to the first one: then it sees whether the trial is over, and ends it. */
const margin = 2;

/** What a target says about its own rules, in shell. */
export interface Undoing {
  /** Defines `undo TOKEN`: ends the trial of that token, prints `ended` or `nothing`, and fails while it cannot. */
  readonly undo: string;
  /** Defines `prepare TOKEN` and `met`, in a network namespace of their own. */
  readonly rehearsal: string;
}

/**
 * The second dead man of a Linux host: a timer of the init system where systemd runs, else a process in a session of
 * its own, which outlives the SSH session. It knows nothing of the kernel's lease and takes the trial's rules away.
 */
export interface Guard {
  /** Undefined when neither can run here. */
  executor(): Promise<Exclude<DeadMan, "kernel"> | undefined>;
  /** @throws {DriverError} unless it waits. */
  arm(plan: string, leaseSeconds: number): Promise<void>;
  disarm(): Promise<void>;
  state(): Promise<GuardState | undefined>;
  /** Resolves with the uptimes before and after, as the host prints them. */
  rehearse(seconds: number): Promise<string>;
}

/** @param run runs a script with words; @param inNamespace the same in a network namespace that ends with it. */
export function createGuard(
  undoing: Undoing,
  run: (script: string, words: readonly string[]) => Promise<CommandResult>,
  inNamespace: typeof run,
): Guard {
  const output = async (what: string, result: Promise<CommandResult>): Promise<string> => {
    const { code, stdout, stderr } = await result;
    if (code === 0) return stdout;
    throw new DriverError(`the host could not ${what}: ${stderr.trim() || `exit code ${code}`}`);
  };
  const text = guardScript(undoing.undo);
  return {
    async executor() {
      const named = (await output("name its init system", run(executorScript, []))).trim();
      return named === "init" || named === "process" ? named : undefined;
    },
    async arm(plan, leaseSeconds) {
      const words = [guardFolder, tokenOf(plan), guardTenths(leaseSeconds), traceFile, text];
      await output("arm the second dead man", run(armScript, words));
    },
    async disarm() {
      await output("disarm the second dead man", run(disarmScript, [guardFolder]));
    },
    state: async () =>
      readGuardState(await output("tell of its second dead man", run(stateScript, [guardFolder]))),
    rehearse: (seconds) =>
      output(
        "rehearse the second dead man",
        inNamespace(drillScript(undoing.rehearsal), [guardFolder, tenths(seconds), text]),
      ),
  };
}

/** An obstacle: nothing that is independent of the kernel's lease could end a trial. */
export const noGuard =
  "no second dead man can run here: install the package util-linux (setsid), or run systemd";

const tokenOf = (plan: string): string => plan.slice(0, 16);
const tenths = (seconds: number): string => String(Math.ceil(seconds * 10));
const guardTenths = (leaseSeconds: number): string => tenths(leaseSeconds + margin);

/** The words behind `extend` in a script that renews a lease. */
export const extensionOf = (plan: string, leaseSeconds: number): readonly string[] => [
  guardFolder,
  tokenOf(plan),
  guardTenths(leaseSeconds),
];

/** Reads `NOW TOKEN TENTHS|disarmed|fired EXECUTOR [ended|nothing] [gone]`. */
export function readGuardState(printed: string): GuardState | undefined {
  const [now, plan, until, executor, ...rest] = printed.trim().split(/\s+/);
  if (now === undefined || plan === undefined || until === undefined) return undefined;
  const by = executor === "init" ? "init" : "process";
  if (until === "fired") return { kind: "fired", plan, by, found: rest[0] === "ended" ? "trial" : "nothing" };
  if (until === "disarmed") return { kind: "disarmed", plan, by };
  return rest.includes("gone")
    ? { kind: "gone", plan, by }
    : { kind: "waits", plan, by, secondsLeft: Math.max(0, (Number(until) - Number(now)) / 10) };
}

/** The uptimes before and after a rehearsal, in the host's own words, as seconds between them. @throws {DriverError} */
export function secondsBetween(output: string): number {
  const [start, end] = output.trim().split(" ").map(Number);
  if (start === undefined || end === undefined || Number.isNaN(end - start)) {
    throw new DriverError(`the drill answered something that is not understood: ${output}`);
  }
  return end - start;
}
