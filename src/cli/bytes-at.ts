import { closeSync, openSync, readSync } from "node:fs";

/** So many bytes of a file from a place on; fewer where it ends before. */
export function bytesAt(path: string, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const file = openSync(path, "r");
  try {
    return bytes.subarray(0, readSync(file, bytes, 0, length, at));
  } finally {
    closeSync(file);
  }
}
