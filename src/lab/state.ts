import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { LabFolder } from "./lab-folder.ts";

/** How the lab was started: by root, or by anybody in a user namespace of their own. */
export type Mode = "root" | "user";

/** The process that holds the lab: when it ends, everything ends. The start time tells it from a later namesake. */
export interface LabState {
  readonly schema: "sluice/lab";
  readonly version: 1;
  readonly mode: Mode;
  readonly pid: number;
  readonly startTime: string;
}

/** Writes JSON so that a reader never sees a part of it. */
export function writeJson(file: string, value: unknown): void {
  writeFileSync(`${file}.tmp`, `${JSON.stringify(value)}\n`);
  renameSync(`${file}.tmp`, file);
}

/** The lab that runs in a folder, or undefined when none does. */
export function runningLab(folder: LabFolder): LabState | undefined {
  const text = readIfThere(folder.state);
  if (text === undefined) return undefined;
  const state = JSON.parse(text) as LabState;
  return startTimeOf(state.pid) === state.startTime ? state : undefined;
}

/** When a process started, in clock ticks since boot (proc(5), stat field 22); undefined when it does not run. */
export function startTimeOf(pid: number): string | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  // The second field is the command's name in parentheses, and may hold anything.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields === undefined || fields[0] === "Z" ? undefined : fields[19];
}

/** Processes by parent, as this process numbers them. */
export function childrenOf(pid: number): readonly number[] {
  return processes().filter((candidate) => statusField(candidate, "PPid") === String(pid));
}

/** The process that holds a host, as this process numbers it. Undefined when the lab has no such host. */
export function holderOf(folder: LabFolder, lab: LabState, host: string): number | undefined {
  const holders = JSON.parse(readFileSync(folder.holders, "utf8")) as Readonly<Record<string, number>>;
  const inner = holders[host];
  if (inner === undefined) return undefined;
  const supervisors = childrenOf(lab.pid);
  return supervisors
    .flatMap(childrenOf)
    .find((pid) => statusField(pid, "NSpid")?.split(/\s+/).at(-1) === String(inner));
}

const processes = (): readonly number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** A field of /proc/PID/status; undefined when the process does not run. */
const statusField = (pid: number, name: string): string | undefined =>
  readIfThere(`/proc/${pid}/status`)?.match(new RegExp(`^${name}:\\s+(.*)$`, "m"))?.[1];

/** The text of a file that may vanish at any time, as those in /proc do. */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}
