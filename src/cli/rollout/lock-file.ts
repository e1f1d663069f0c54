import { readlinkSync, rmSync, symlinkSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { startTimeOf } from "../../lab/state.ts";
import { CommandError } from "../context.ts";

/** A writer holds a lock for milliseconds; longer than this, somebody must look. */
const patienceMs = 20_000;

/**
 * Runs a step, without a pause in it, while no other process does. The lock is a symbolic link to a text that names its
 * holder (as Emacs locks files): it is made in one step or not at all, and it outlives a process that was killed. Such a
 * lock is taken over as soon as its process is gone; that of a process that merely stands still never is, because it may
 * go on. @throws {CommandError} when the lock does not become free.
 */
export async function withLock<T>(path: string, step: () => T): Promise<T> {
  const deadline = performance.now() + patienceMs;
  while (!taken(path)) {
    const holder = holderOf(path);
    if (holder !== undefined && isGone(holder) && takeAway(path, holder)) continue;
    if (performance.now() > deadline) {
      throw new CommandError(
        `${path} is held by ${holder ?? "somebody"}: wait for that process, or remove the lock if it is on a machine that is gone`,
      );
    }
    await sleep(10);
  }
  try {
    return step();
  } finally {
    rmSync(path, { force: true });
  }
}

function taken(path: string): boolean {
  try {
    symlinkSync(self(), path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/**
 * Takes a lock away whose holder is gone; false while another process does. One at a time does it, so that none takes away
 * the next one's, under a lock that is taken away in the same way should its holder be killed.
 */
function takeAway(path: string, holder: string): boolean {
  const breaking = `${path}.break`;
  if (!taken(breaking)) {
    const breaker = holderOf(breaking);
    return breaker !== undefined && isGone(breaker) && takeAway(breaking, breaker);
  }
  try {
    if (holderOf(path) === holder) rmSync(path, { force: true });
    return true;
  } finally {
    rmSync(breaking, { force: true });
  }
}

function holderOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (["ENOENT", "EINVAL"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

/** Process numbers mean something within one namespace of one machine; the start tells a process from a namesake. */
const self = (): string => `${process.pid}.${startTimeOf(process.pid) ?? "?"}@${machine()}`;

function machine(): string {
  try {
    return `${hostname()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    // Not Linux: no such namespaces.
    return hostname();
  }
}

function isGone(holder: string): boolean {
  const [, pid, start, where] = /^(\d+)\.(\d+|\?)@(.*)$/.exec(holder) ?? [];
  if (pid === undefined || where !== machine()) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
  return start !== "?" && startTimeOf(Number(pid)) !== start;
}
