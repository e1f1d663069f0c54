import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { setTimeout as timer } from "node:timers/promises";
import type { Observation, OpenSource } from "../../baseline/observe.ts";
import { CommandError, type Context, exitCodes } from "../context.ts";
import { asCommandError, endSource } from "./files.ts";

const pieceSize = 1 << 20;
/** How long to wait where no file has grown. */
const pauseMs = 200;
const newline = 0x0a;

/** One file that is read as it grows, and anew when another one has taken its place. */
interface Tail {
  /** Reads what is there, at most one piece; false when there was nothing. @throws {CommandError} */
  advance(): boolean;
  /** Ends what is being read. A line that is not whole yet is left out. @throws {CommandError} */
  end(): void;
}

/**
 * Reads logs from their beginning and goes on as they grow, until the signal. A log that was rotated (another file under
 * its name) is read to its end first, under whatever name it goes on, compressed later or not; one that was truncated is
 * read from its new beginning.
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
  const open = (): {
    readonly fd: number;
    readonly source: OpenSource;
    readonly hash: ReturnType<typeof createHash>;
  } => {
    try {
      const fd = openSync(path, "r");
      if (!fstatSync(fd).isFile()) throw new CommandError(`${name} is no file that can grow`);
      return { fd, source: seen.open(shown), hash: createHash("sha256") };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT")
        throw new CommandError(`${name} does not exist`);
      throw error;
    }
  };
  let now = open();
  let position = 0;
  /** Of a line that is not whole yet. */
  let rest: Uint8Array = new Uint8Array(0);

  const push = (bytes: Uint8Array): void => {
    now.hash.update(bytes);
    asCommandError(shown, () => now.source.push(bytes));
  };
  const readPiece = (): boolean => {
    const length = readSync(now.fd, piece, 0, pieceSize, position);
    if (length === 0) return false;
    position += length;
    const bytes = Buffer.from(piece.subarray(0, length));
    const isText = !bytes.includes(0);
    const whole = isText ? bytes.lastIndexOf(newline) + 1 : length;
    if (whole === 0) rest = Buffer.concat([rest, bytes]);
    else {
      push(Buffer.concat([rest, bytes.subarray(0, whole)]));
      rest = bytes.subarray(whole);
    }
    return true;
  };
  const finish = (isWhole: boolean): void => {
    if (isWhole && rest.length > 0) push(rest);
    rest = new Uint8Array(0);
    closeSync(now.fd);
    endSource(context, shown, now.source, now.hash.digest("hex"));
  };
  /** Whether another file stands under the name now, or this one was emptied. */
  const isOver = (): boolean => {
    const [there, mine] = [statSync(path, { throwIfNoEntry: false }), fstatSync(now.fd)];
    return there !== undefined && (there.ino !== mine.ino || there.dev !== mine.dev || there.size < position);
  };
  return {
    advance() {
      if (readPiece()) return true;
      if (!isOver()) return false;
      // What was written between the last look and the rotation.
      while (readPiece());
      finish(true);
      now = open();
      position = 0;
      return true;
    },
    end: () => finish(false),
  };
}
