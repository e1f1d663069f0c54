import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { setTimeout as timer } from "node:timers/promises";
import type { Observation, OpenSource } from "../../baseline/observe.ts";
import { printable } from "../../diagnostics/printable.ts";
import { CommandError, type Context, exitCodes } from "../context.ts";
import { asCommandError, endSource } from "./files.ts";
import { compressionOf } from "./input.ts";

const pieceSize = 1 << 20;
/** How long to wait where no file has grown. */
const pauseMs = 200;
/** How long a log that was rotated is still read after its last growth, once its successor is written to. */
const lingerMs = 1000;
/** How many of a log's first bytes tell whether it is still the same. */
const markLength = 64;
const newline = 0x0a;

const behindHole = (bytes: Buffer): Buffer => {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? Buffer.alloc(0) : bytes.subarray(first);
};

/** One file that is read as it grows, and anew when another one has taken its place. */
interface Tail {
  /** Reads what is there, at most one piece; false when there was nothing. @throws {CommandError} */
  advance(): boolean;
  /** Ends what is being read. A line that is not whole yet is left out. @throws {CommandError} */
  end(): void;
}

/**
 * Reads logs from their beginning and goes on as they grow, until the signal. A log that was rotated (another file under
 * its name) is read to its end first, under whatever name it goes on, compressed later or not; its program may write to it
 * until it is told of the rotation, and so it is over only when the new one is written to and it no longer. A log that was
 * truncated is read from its new beginning.
 * @throws {CommandError}
 */
export async function followFiles(
  context: Context,
  names: readonly string[],
  seen: Pick<Observation, "open">,
  signal: AbortSignal,
): Promise<void> {
  if (names.includes("-")) {
    throw new CommandError("--follow watches files: a pipe ends by itself", exitCodes.usage);
  }
  const tails = names.map((name) => openTail(context, name, seen));
  while (!signal.aborted) {
    const grew = tails.map((tail) => tail.advance()).includes(true);
    // Signals are heard between the pieces only.
    await timer(grew ? 0 : pauseMs, undefined, { signal }).catch((error: Error) => {
      if (error.name !== "AbortError") throw error;
    });
  }
  for (const tail of tails) tail.end();
}

function openTail(context: Context, name: string, seen: Pick<Observation, "open">): Tail {
  const path = resolve(context.cwd, name);
  const shown = basename(path);
  const piece = Buffer.allocUnsafe(pieceSize);
  /** Undefined while nothing stands under the name, as within a rotation. */
  const openFile = (): number | undefined => {
    try {
      const fd = openSync(path, "r");
      if (!fstatSync(fd).isFile()) throw new CommandError(`${name} is no file that can grow`);
      return fd;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  };
  const opened = openFile();
  if (opened === undefined) throw new CommandError(`${name} does not exist`);
  let fd = opened;
  /** The file that has taken the place of the one that is read. */
  let successor: number | undefined;
  let grewAt = performance.now();
  let position = 0;
  let mark: Uint8Array = new Uint8Array(0);
  let now: { readonly source: OpenSource; readonly hash: ReturnType<typeof createHash> } | undefined;
  /** Of a line that is not whole yet. */
  let rest: Uint8Array = new Uint8Array(0);

  const push = (bytes: Uint8Array): void => {
    now ??= { source: seen.open(shown), hash: createHash("sha256") };
    const { source, hash } = now;
    hash.update(bytes);
    asCommandError(shown, () => source.push(bytes));
  };
  const readPiece = (): boolean => {
    const length = readSync(fd, piece, 0, pieceSize, position);
    if (length === 0) return false;
    grewAt = performance.now();
    const stored = Buffer.from(piece.subarray(0, length));
    if (position === 0 && compressionOf(stored) !== "none")
      throw new CommandError(
        `${name} is compressed, which no log is while it grows: read it without --follow`,
      );
    if (mark.length < markLength) mark = Buffer.concat([mark, stored]).subarray(0, markLength);
    position += length;
    // What was emptied under a program that writes on where it was begins with a hole.
    const bytes = now === undefined && rest.length === 0 ? behindHole(stored) : stored;
    const isText = !bytes.includes(0);
    const whole = isText ? bytes.lastIndexOf(newline) + 1 : length;
    if (whole === 0) rest = Buffer.concat([rest, bytes]);
    else {
      push(Buffer.concat([rest, bytes.subarray(0, whole)]));
      rest = bytes.subarray(whole);
    }
    return true;
  };
  /** Ends what was read of a file, where it was anything. */
  const finish = (isWhole: boolean): void => {
    if (isWhole && rest.length > 0) push(rest);
    const [ended, left] = [now, rest.length];
    [now, rest, mark, position] = [undefined, new Uint8Array(0), new Uint8Array(0), 0];
    if (ended !== undefined) endSource(context, shown, ended.source, ended.hash.digest("hex"));
    else if (left === 0)
      context.process.stderr.write(`warning: ${printable(shown)}: nothing was written to it\n`);
  };
  /**
   * Whether the file was emptied and begins anew, though it may have grown again since. Where a hole is in the place of
   * what was read, its program writes on behind it.
   */
  const wasTruncated = (): boolean => {
    if (fstatSync(fd).size < position) return true;
    const there = Buffer.alloc(mark.length);
    if (readSync(fd, there, 0, there.length, 0) !== there.length) return true;
    return !there.equals(mark) && behindHole(there).length > 0;
  };
  const isReplaced = (): boolean => {
    const [there, mine] = [statSync(path, { throwIfNoEntry: false }), fstatSync(fd)];
    return there !== undefined && (there.ino !== mine.ino || there.dev !== mine.dev);
  };
  const goOn = (file: number): void => {
    finish(true);
    closeSync(fd);
    fd = file;
    successor = undefined;
  };
  return {
    advance() {
      if (wasTruncated()) finish(true);
      if (readPiece()) return true;
      if (successor === undefined && isReplaced()) successor = openFile();
      if (successor === undefined || fstatSync(successor).size === 0) return false;
      if (performance.now() - grewAt < lingerMs) return false;
      goOn(successor);
      return true;
    },
    end() {
      if (successor !== undefined && fstatSync(successor).size > 0) {
        while (readPiece());
        goOn(successor);
        while (readPiece());
      }
      finish(false);
      closeSync(fd);
      if (successor !== undefined) closeSync(successor);
    },
  };
}
