import { closeSync, openSync, readSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Baseline, BaselineSource } from "../../baseline/flow.ts";
import { type Recorded, recording } from "../../baseline/observe.ts";
import { clockSkew } from "../../baseline/points/ledger.ts";
import type { ClockSettings } from "../../baseline/sources/clock.ts";
import { printable } from "../../diagnostics/printable.ts";
import { type LineScan, lineScan } from "../../engines/duckdb/line-scan.ts";
import { leadingHeader } from "../../engines/duckdb/zeek-header.ts";
import type { BulkSource, ZeekFile } from "../../engines/duckdb/zeek-log.ts";
import { EngineError } from "../../engines/engine-error.ts";
import { type Addition, addition, type Bulk, storedBaseline } from "../../engines/store/flow-store.ts";
import { CommandError, type Context } from "../context.ts";
import { untilInterrupted } from "../rollout/interruption.ts";
import { observeInput } from "./files.ts";
import { compressionOf, findInputs, type Input, readInput } from "./input.ts";
import { type Progress, progress } from "./progress.ts";

/**
 * Adds files to a flow store, all of them or none, and derives the baseline of everything in it.
 * @throws {CommandError} when a file cannot be used or the work is interrupted; the store is as it was then.
 */
export async function observeIntoStore(
  context: Context,
  names: readonly string[],
  store: string,
  clock: ClockSettings,
): Promise<Baseline> {
  const folder = resolve(context.cwd, store);
  try {
    if (names.length > 0) {
      const inputs = findInputs(context, names);
      await untilInterrupted((signal) => addFiles(context, inputs, folder, clock, signal));
    }
    return await storedBaseline(folder, join(tmpdir(), `sluice-${process.pid}`));
  } catch (error) {
    if (isDiskFull(error))
      throw new CommandError("the disk is full: nothing was added, the store is as it was");
    throw error instanceof EngineError ? new CommandError(error.message) : error;
  }
}

/** Node has a code for it, an engine its own words around those of the system. */
const isDiskFull = (error: unknown): boolean =>
  error instanceof Error &&
  ((error as NodeJS.ErrnoException).code === "ENOSPC" ||
    (error instanceof EngineError && /No space left on device|ENOSPC/.test(error.message)));

async function addFiles(
  context: Context,
  inputs: readonly Input[],
  folder: string,
  clock: ClockSettings,
  signal: AbortSignal,
): Promise<void> {
  const adding = await addition(folder, process.pid);
  const stop = (): void => adding.database.interrupt();
  signal.addEventListener("abort", stop);
  const bar = progress(context.process.stderr);
  const total = inputs.reduce((sum, { size }) => sum + (size ?? 0), 0);
  let before = 0;
  try {
    const scanned: ScannedFile[] = [];
    for (const input of inputs) {
      let bytes = 0;
      const passed = (count: number): void => {
        if (signal.aborted) throw new EngineError(String(signal.reason));
        bytes = count;
      };
      // An engine reads the file too, and is mostly behind.
      const show = (): void =>
        bar.show(input.name, before + Math.min(bytes, adding.aggregated() * (input.size ?? 0)), total);
      const shown = setInterval(show, refresh);
      try {
        const { sha256, bulk } = await scan(context, input, adding, passed);
        const known = adding.nameOf(sha256) ?? scanned.find((other) => other.sha256 === sha256)?.input.name;
        if (known !== undefined) {
          note(context, bar, `${input.name}: skipped, the store has it already (as ${known})`);
          const rows = await bulk?.rows;
          if (typeof rows === "object") await rows.drop();
        } else {
          const read = await inBulk(bulk);
          if (typeof read === "string") note(context, bar, `${input.name}: read line by line, since ${read}`);
          scanned.push({ input, sha256, bulk: typeof read === "object" ? read : undefined });
        }
      } finally {
        clearInterval(shown);
      }
      before += input.size ?? 0;
    }
    const readLines = async (files: readonly ScannedFile[], from: Context): Promise<Recorded> => {
      const lines = recording(adding.add, { clock });
      for (const { input } of files)
        await observeInput(from, input, lines, bar, (bytes) => {
          if (signal.aborted) throw new EngineError(String(signal.reason));
          bar.show(input.name, bytes, input.size);
        });
      return lines.end();
    };
    let kept = new Map(
      scanned.flatMap((file) => (file.bulk === undefined ? [] : [[file, file.bulk] as const])),
    );
    if (await adding.haveCopies([...kept.values()].map(({ rows }) => rows.file))) {
      note(context, bar, "the logs hold the same connections, which count once: they are read line by line");
      kept = new Map();
    }
    const rest = (): readonly ScannedFile[] => scanned.filter((file) => !kept.has(file));
    let others = await readLines(rest(), context);
    const meeting = [...kept].filter(([, { source }]) =>
      others.sources.some((other) => mayMeet(source, other)),
    );
    for (const [file] of meeting) {
      note(context, bar, `${file.input.name}: read line by line, since another file of the same time is`);
      kept.delete(file);
    }
    if (meeting.length > 0) {
      // In their order, as without a store: which of two is the copy depends on it. What there is to tell was told.
      adding.readAgain();
      others = await readLines(rest(), silent(context));
    }
    for (const { rows } of kept.values()) rows.keep();
    const sources = scanned.flatMap((file): readonly BaselineSource[] => {
      const { input, sha256 } = file;
      const bulk = kept.get(file);
      if (bulk !== undefined) return [{ name: input.name, sha256, ...bulk.source }];
      return others.sources.filter((other) => other.sha256 === sha256);
    });
    const inBoth = sources.length > 0 ? await adding.commit({ ...others, sources }) : undefined;
    if (inBoth !== undefined)
      note(
        context,
        bar,
        `the store has ${inBoth} of the added flows from earlier additions, at the same time: connections that two sensors saw count ` +
          "twice there; add logs of several sensors in one run, which tells them apart",
      );
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new CommandError(`${signal.reason}: nothing was added, the store is as it was`);
  } finally {
    bar.clear();
    signal.removeEventListener("abort", stop);
    adding.close();
  }
}

/** Milliseconds between two looks at how far an engine has come. */
const refresh = 200;

interface ScannedFile {
  readonly input: Input;
  readonly sha256: string;
  readonly bulk: InBulk | undefined;
}

interface Scanned {
  readonly sha256: string;
  /** Under way, for a file that looks as if it could be read in bulk. */
  readonly bulk: Started | undefined;
}

/** Reads the bytes of a file once: its digest, its lines, and at its first bytes whether an engine takes it. */
async function scan(
  context: Context,
  input: Input,
  adding: Addition,
  passed: (bytes: number) => void,
): Promise<Scanned> {
  const { path } = input;
  if (path === undefined)
    throw new CommandError("a store takes files, which are read twice; the standard input cannot be");
  let bulk: Started | undefined;
  let isFirst = true;
  const sha256 = await readInput(
    context,
    input,
    (piece) => {
      if (isFirst) bulk = started(adding, path, piece);
      isFirst = false;
      bulk?.count.push(piece);
    },
    passed,
  );
  return { sha256, bulk };
}

/** How much of a log is looked at for its header. */
const headLength = 1 << 16;

interface Started {
  /** The reason, where the file cannot be read in bulk although it looks like it. */
  readonly rows: Promise<Bulk | string>;
  readonly count: LineScan;
}

function started(adding: Addition, path: string, piece: Uint8Array): Started | undefined {
  const header = leadingHeader(new TextDecoder().decode(piece.subarray(0, headLength)).split("\n"));
  if (header === undefined) return undefined;
  const file: ZeekFile = { path, compression: compressionOf(firstBytes(path)), header };
  const rows = adding.bulk(file).catch((error: unknown) => {
    if (error instanceof EngineError) return error.message.split("\n")[0]!;
    throw error;
  });
  return { rows, count: lineScan(header.separator) };
}

function firstBytes(path: string): Uint8Array {
  const file = openSync(path, "r");
  const bytes = new Uint8Array(4);
  try {
    return bytes.subarray(0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

const windowsEnds = "its lines end as those of Windows do";

interface InBulk {
  readonly rows: Bulk;
  readonly source: BulkSource;
}

/** What a bulk reading gave, or why the file must be read line by line; undefined for no bulk at all. */
async function inBulk(bulk: Started | undefined): Promise<InBulk | string | undefined> {
  if (bulk === undefined) return undefined;
  const rows = await bulk.rows;
  const count = bulk.count.end();
  if (typeof rows === "string") return count.windowsEnds ? windowsEnds : rows;
  const source = count.windowsEnds ? windowsEnds : await rows.account(count);
  if (typeof source === "object") return { rows, source };
  await rows.drop();
  return source;
}

/** Whether two files may hold the same traffic, as two sensors see it: only single conversations tell. */
function mayMeet(one: Span, other: Span): boolean {
  const time = (text: string | undefined): number => Date.parse(text ?? "");
  // Dates have milliseconds.
  const margin = 1000 * clockSkew + 1;
  return (
    time(one.firstSeen) <= time(other.lastSeen) + margin &&
    time(other.firstSeen) <= time(one.lastSeen) + margin
  );
}
type Span = Pick<BaselineSource, "firstSeen" | "lastSeen">;

/** A context that tells nothing. */
const silent = ({ process, ...others }: Context): Context => ({
  ...others,
  process: { ...process, stderr: { ...process.stderr, write: () => true } as unknown as NodeJS.WriteStream },
});

function note({ process }: Context, bar: Progress, text: string): void {
  bar.clear();
  process.stderr.write(`note: ${printable(text)}\n`);
}
