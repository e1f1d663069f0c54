import { isUtf8 } from "node:buffer";
import { readFileSync, statSync } from "node:fs";
import { CommandError } from "./context.ts";

/**
 * A text file as UTF-8 without its byte order mark. Messages call it `name`.
 * @throws {CommandError} when it is not there, not a file, larger than `limit` bytes, or not UTF-8.
 */
export function readTextFile(path: string, name: string, limit: number): string {
  const bytes = readBytes(path, name, limit);
  if (isUtf8(bytes)) return bytes.toString("utf8").replace(/^\ufeff/, "");
  const at = firstInvalidByte(bytes);
  const before = bytes.toString("utf8", 0, at).split("\n");
  const place = `${name}:${before.length}:${(before.at(-1) ?? "").length + 1}`;
  const byte = `0x${bytes[at]?.toString(16).padStart(2, "0")}`;
  throw new CommandError(`${place}: not UTF-8: the byte ${byte} is no text here; save the file as UTF-8`);
}

function readBytes(path: string, name: string, limit: number): Buffer {
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) throw new CommandError(`${name} is a folder, not a file`);
    if (!stats.isFile()) throw new CommandError(`${name} is not a file`);
    if (stats.size > limit) {
      throw new CommandError(`${name} has ${stats.size} bytes; at most ${limit} are read`);
    }
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof CommandError || code === undefined) throw error;
    if (code === "ENOENT" || code === "ENOTDIR") throw new CommandError(`${name} does not exist`);
    throw new CommandError(`${name} cannot be read (${code})`);
  }
}

/** The offset where the text stops being UTF-8: a decoder takes every start of the file up to it, and none beyond. */
function firstInvalidByte(bytes: Buffer): number {
  let [valid, invalid] = [0, bytes.length + 1];
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (startsWell(bytes.subarray(0, middle))) valid = middle;
    else invalid = middle;
  }
  // A character that was begun and not ended counts from its first byte.
  while (!isUtf8(bytes.subarray(0, valid))) valid--;
  return valid;
}

function startsWell(bytes: Buffer): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
