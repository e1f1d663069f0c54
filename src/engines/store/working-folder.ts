import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const pattern = /^\.work-(\d+)$/;

/** A folder in the store for one run: on the same disk, so that what is finished is moved and not copied. */
export interface WorkingFolder {
  readonly path: string;
  remove(): void;
}

/** Makes it, and removes those of runs that were killed. */
export function workingFolder(store: string, pid: number): WorkingFolder {
  mkdirSync(store, { recursive: true });
  for (const name of readdirSync(store)) {
    const owner = Number(pattern.exec(name)?.[1]);
    if (owner === pid || (owner > 0 && !isRunning(owner)))
      rmSync(join(store, name), { recursive: true, force: true });
  }
  const path = join(store, `.work-${pid}`);
  mkdirSync(path);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
