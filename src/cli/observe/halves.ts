import { createHash } from "node:crypto";
import { createReadStream, existsSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { BaselineSource } from "../../baseline/flow.ts";
import { joinedSightings, type LinkSighting } from "../../baseline/links/sightings.ts";
import { leadingHeader, type ZeekHeader } from "../../baseline/sources/zeek-header.ts";
import { comment } from "../../baseline/sources/zeek-tsv.ts";
import { bytesAt } from "../bytes-at.ts";
import type { FromHalf, Half, HalfOrder } from "./log-half.ts";

/** A log that was read in two halves. */
export interface Halves {
  readonly header: ZeekHeader;
  readonly sha256: string;
  readonly source: Omit<BaselineSource, "name">;
  readonly links: readonly LinkSighting[];
  /** How many partials each half has. */
  readonly written: readonly number[];
}

/** Two threads are started for no less, in bytes. */
const fewestBytes = 1 << 25;
const pieceSize = 1 << 20;
const lineFeed = 10;
/** How much of a log is looked at for its header, or for the end of a line. */
export const headLength = 1 << 16;
/** Built beside this file; where the sources run as they are, there is none. */
const thread = fileURLToPath(new URL("./log-half.js", import.meta.url));

/**
 * Reads a large conn.log by two threads, each a half, while its digest is made: sums of both halves are those of the whole, as
 * those of two days are. Undefined where it is small, compressed or not read on its own, and where anything of it is not as
 * usual: one thread reads it then, and says what it is.
 * @param into files for the partials of the halves, of which none is there.
 * @param passed is told how many bytes were read so far; what it throws ends the reading.
 */
export async function readInHalves(
  path: string,
  into: readonly [string, string],
  passed: (bytes: number) => void,
  least = fewestBytes,
): Promise<Halves | undefined> {
  const before = statSync(path);
  if (!before.isFile() || before.size < least || availableParallelism() < 2 || !existsSync(thread))
    return undefined;
  const head = headerOf(path);
  if (head === undefined) return undefined;
  const middle = lineStartBehind(path, before.size >> 1);
  const orders = [
    { path, from: 0, to: middle, header: "", into: into[0] },
    { path, from: middle, to: before.size, header: head.text, into: into[1] },
  ] as const satisfies readonly HalfOrder[];
  let bytes = 0;
  const threads = orders.map((order) => new Worker(thread, { workerData: order }));
  try {
    const reading = threads.map((one) =>
      halfOf(one, (more) => {
        bytes += more;
        passed(bytes);
      }),
    );
    const [sha256, ...halves] = await Promise.all([digestOf(path, () => passed(bytes)), ...reading]);
    const after = statSync(path);
    const isSame = before.size === after.size && before.ctimeMs === after.ctimeMs && before.ino === after.ino;
    return isSame && halves.every(isUsual)
      ? { header: head.header, sha256, ...joined(halves, head.text, sha256) }
      : undefined;
  } finally {
    await Promise.all(threads.map((one) => one.terminate()));
  }
}

/** What a thread gives; undefined where it failed. @param passed may throw, which ends the reading. */
const halfOf = (one: Worker, passed: (bytes: number) => void): Promise<Half | undefined> =>
  new Promise((resolve, reject) => {
    one.on("message", (message: FromHalf) => {
      if ("half" in message) resolve(message.half);
      else
        try {
          passed(message.passed);
        } catch (error) {
          reject(error);
        }
    });
    one.on("error", () => resolve(undefined));
    one.on("exit", () => resolve(undefined));
  });

async function digestOf(path: string, goOn: () => void): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path, { highWaterMark: pieceSize })) {
    hash.update(piece as Buffer);
    goOn();
  }
  return hash.digest("hex");
}

const isUsual = (half: Half | undefined): half is Half =>
  half?.isUniform === true &&
  Object.keys(half.source.accounting.rejected).length === 0 &&
  half.source.copies === undefined &&
  half.source.accounting.losses === undefined;

function joined(
  halves: readonly Half[],
  header: string,
  sha256: string,
): Pick<Halves, "source" | "links" | "written"> {
  const sources = halves.map(({ source }) => source);
  const [{ format, accounting }] = sources as [BaselineSource];
  const [firstSeen] = sources.flatMap((source) => source.firstSeen ?? []).toSorted();
  const lastSeen = sources
    .flatMap((source) => source.lastSeen ?? [])
    .toSorted()
    .at(-1);
  const sums: Record<string, number> = {};
  for (const [reason, lines] of sources.flatMap((source) => Object.entries(source.accounting.ignored)))
    sums[reason] = (sums[reason] ?? 0) + lines;
  // The second half was given the header again.
  const again = header.split("\n").length - 1;
  sums[comment.reason]! -= again;
  const total = (count: "read" | "used"): number =>
    sources.reduce((sum, source) => sum + source.accounting[count], 0);
  return {
    source: {
      format,
      sha256,
      ...(firstSeen === undefined ? {} : { firstSeen }),
      ...(lastSeen === undefined ? {} : { lastSeen }),
      accounting: {
        unit: accounting.unit,
        read: total("read") - again,
        used: total("used"),
        ignored: Object.fromEntries(Object.entries(sums).toSorted()),
        rejected: {},
      },
    },
    links: joinedSightings(halves.map(({ links }) => links)),
    written: halves.map(({ written }) => written),
  };
}

/** The comment lines at the start of a conn.log, as text, and what they say; undefined where it is none that can be added up. */
function headerOf(path: string): { readonly text: string; readonly header: ZeekHeader } | undefined {
  const lines = bytesAt(path, 0, headLength).toString().split("\n");
  const header = leadingHeader(lines);
  if (header === undefined) return undefined;
  const end = lines.findIndex((line) => !line.startsWith("#"));
  return {
    header,
    text: lines
      .slice(0, end)
      .map((line) => `${line}\n`)
      .join(""),
  };
}

/** Where the first line starts that starts behind a place; the end of the file where there is none near. */
function lineStartBehind(path: string, at: number): number {
  const bytes = bytesAt(path, at, headLength);
  const found = bytes.indexOf(lineFeed);
  return found < 0 ? statSync(path).size : at + found + 1;
}
