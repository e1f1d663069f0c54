import { createHash } from "node:crypto";
import { createReadStream, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { printable } from "../../diagnostics/printable.ts";
import { CommandError, type Context } from "../context.ts";
import { expandGlob } from "./glob.ts";
import { gunzip } from "./gunzip.ts";

/** A file to be read, or the standard input. */
export interface Input {
  /** As the engineer wrote it, or found in the folder that they named. */
  readonly name: string;
  readonly path: string | undefined;
  /** In bytes; undefined for the standard input. */
  readonly size: number | undefined;
  /** The engineer named its folder, not the file itself. */
  readonly origin: "named" | "in a folder";
}

/** Large enough that the cost of a piece does not count, small enough to be nothing in memory. */
const pieceSize = 1 << 20;

/**
 * The files that arguments name: a folder stands for all files in it and below it, sorted; a pattern for what it matches,
 * where there is no file of that name; `-` is the standard input.
 */
export function findInputs(context: Context, names: readonly string[]): readonly Input[] {
  return names.flatMap((name): readonly Input[] => {
    if (name === "-") return [{ name: "stdin", path: undefined, size: undefined, origin: "named" }];
    const path = resolve(context.cwd, name);
    const stats = statsOf(path);
    if (stats === undefined) {
      const found = expandGlob(context.cwd, name);
      if (found.length === 0) throw new CommandError(`${name} does not exist`);
      return findInputs(context, found);
    }
    if (!stats.isDirectory()) {
      return [{ name: basename(path), path, size: stats.isFile() ? stats.size : undefined, origin: "named" }];
    }
    const found = filesIn(context, path);
    if (found.length === 0) throw new CommandError(`the folder ${name} holds no files`);
    return found.map((file) => ({
      name: basename(file),
      path: file,
      size: statSync(file).size,
      origin: "in a folder",
    }));
  });
}

/** Undefined where nothing stands under a name, or a link that leads nowhere or round in a circle. */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ELOOP") return undefined;
    throw error;
  }
}

/** All files in a folder and below it, links to files elsewhere among them; what else there is, is told. */
function filesIn({ process }: Context, folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => ({ path: join(entry.parentPath, entry.name), isFile: entry.isFile() }));
  const unreadable = entries.find(({ path, isFile }) => isFile && statsOf(path) === undefined);
  if (unreadable?.path.includes("\ufffd"))
    throw new CommandError(`${printable(unreadable.path)}: its name is not UTF-8: rename it`);
  const files = new Set(entries.filter(({ isFile }) => isFile).map(({ path }) => realpathSync(path)));
  const isWanted = (path: string): boolean => {
    if (statsOf(path)?.isFile() !== true) {
      process.stderr.write(
        `warning: skipped ${printable(basename(path))}: neither a file nor a link to one\n`,
      );
      return false;
    }
    const target = realpathSync(path);
    const isOther = !files.has(target);
    files.add(target);
    return isOther;
  };
  return entries
    .filter(({ path, isFile }) => isFile || isWanted(path))
    .map(({ path }) => path)
    .sort();
}

/** RFC 1952 and RFC 8878. */
const magics = { gzip: [0x1f, 0x8b], zstd: [0x28, 0xb5, 0x2f, 0xfd] } as const;
/** A frame that is skipped (RFC 8878, 3.1.2), behind a first byte of 0x50 to 0x5f: pzstd begins with one. */
const skippable = [0x2a, 0x4d, 0x18];

/** How a file's bytes are compressed, by its first ones. */
export function compressionOf(head: Uint8Array): keyof typeof magics | "none" {
  const starts = (magic: readonly number[]): boolean => magic.every((byte, index) => head[index] === byte);
  const isSkippable = head[0]! >> 4 === 5 && skippable.every((byte, index) => head[index + 1] === byte);
  return starts(magics.zstd) || isSkippable ? "zstd" : starts(magics.gzip) ? "gzip" : "none";
}

/**
 * Feeds a file's bytes, with gzip or zstd (of one or several members) undone, in pieces.
 * @param passed is told how many stored bytes were read so far.
 * @returns the SHA-256 of the stored bytes, in hex.
 * @throws {CommandError} when the file cannot be read or its compression is broken.
 */
export async function readInput(
  context: Context,
  input: Input,
  take: (piece: Uint8Array) => void,
  passed: (bytes: number) => void,
): Promise<string> {
  const hash = createHash("sha256");
  let bytes = 0;
  const stored = async function* (): AsyncGenerator<Uint8Array> {
    const stream =
      input.path === undefined
        ? context.process.stdin
        : createReadStream(input.path, { highWaterMark: pieceSize });
    for await (const piece of stream as AsyncIterable<Buffer>) {
      hash.update(piece);
      bytes += piece.length;
      passed(bytes);
      yield piece;
    }
  };
  const pieces = stored();
  const head = await firstBytes(pieces, magics.zstd.length);
  const all = async function* (): AsyncGenerator<Uint8Array> {
    yield head;
    yield* pieces;
  };
  const compression = compressionOf(head);
  if (compression === "zstd") {
    // Node has zstd from 22.15 on only.
    const { unzstd } = await import("./unzstd.ts");
    await unzstd(all(), take).catch((error: unknown) => {
      throw brokenZstd(error, bytes);
    });
  } else if (compression === "gzip") {
    await gunzip(all(), take).catch((error: unknown) => {
      throw brokenGzip(error, bytes);
    });
  } else {
    for await (const piece of all()) take(piece);
  }
  return hash.digest("hex");
}

/** The first pieces as one, with at least `least` bytes where there are so many. */
async function firstBytes(pieces: AsyncGenerator<Uint8Array>, least: number): Promise<Uint8Array> {
  let head = Buffer.alloc(0);
  while (head.length < least) {
    const { value, done } = await pieces.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  return head;
}

function brokenZstd(error: unknown, bytes: number): unknown {
  // fzstd marks its own errors by a number.
  if (!(error instanceof Error) || typeof (error as { readonly code?: unknown }).code !== "number")
    return error;
  return new CommandError(
    `the zstd data is broken (${error.message}), at or before byte ${bytes}: get the file again`,
  );
}

function brokenGzip(error: unknown, bytes: number): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "Z_BUF_ERROR") {
    return new CommandError(
      `the gzip data ends too early, after ${bytes} bytes: the file was cut short. What is left of it can be read with ` +
        "`gzip -dc FILE | sluice observe -`",
    );
  }
  return code?.startsWith("Z_") === true
    ? new CommandError(`the gzip data is corrupt (${(error as Error).message}), at or before byte ${bytes}`)
    : error;
}
