import { closeSync, fsyncSync, openSync, writeFileSync } from "node:fs";

/** Waits until a file, or the entries of a folder, would survive a power cut. */
export function sync(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
export const syncFolder = sync;

export function writeSynced(path: string, content: string): void {
  writeFileSync(path, content, { flag: "wx" });
  sync(path);
}
