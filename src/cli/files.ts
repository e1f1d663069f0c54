import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

/** Reads a file. @throws what the system says, with the path, which it leaves out of a folder's. */
export function readWhole(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw Object.assign(error as NodeJS.ErrnoException, { path });
  }
}

/**
 * Writes a file so that a reader, or a power cut, sees the old content or the new one and never a part:
 * temporary file in the same folder, fsync, rename, fsync of the folder. A link keeps pointing to where it points;
 * a device or a pipe (`-o /dev/stdout`) is written to, since a rename would put a file in its place.
 * @throws what the system says, of `path` and not of the temporary file.
 */
export function writeFileAtomic(path: string, content: string | Uint8Array, mode = 0o644): void {
  try {
    write(path, content, mode);
  } catch (error) {
    throw Object.assign(error as NodeJS.ErrnoException, { path });
  }
}

function write(path: string, content: string | Uint8Array, mode: number): void {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  const there = statSync(path, { throwIfNoEntry: false });
  if (there && !there.isFile() && !there.isDirectory()) {
    writeAll(path, bytes, "w", mode);
    return;
  }
  const target = there ? realpathSync(path) : path;
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    writeAll(temporary, bytes, "wx", mode);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  const folder = openSync(dirname(target), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function writeAll(path: string, bytes: Uint8Array, flags: "w" | "wx", mode: number): void {
  const file = openSync(path, flags, mode);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    // Pipes and devices cannot be synced (EINVAL), and hold nothing that a power cut could lose.
    if (flags === "wx") fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
