import { closeSync, openSync, readSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Baseline, BaselineSource } from "../../baseline/flow.ts";
import { recording } from "../../baseline/observe.ts";
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
    const scanned: { readonly input: Input; readonly sha256: string; readonly bulk: InBulk | undefined }[] =
      [];
    for (const input of inputs) {
      const passed = (bytes: number): void => {
        if (signal.aborted) throw new EngineError(String(signal.reason));
        bar.show(input.name, before + bytes, total);
      };
      const { sha256, bulk, count } = await scan(context, input, adding, passed);
      const known = adding.nameOf(sha256) ?? scanned.find((other) => other.sha256 === sha256)?.input.name;
      if (known !== undefined) {
        note(context, bar, `${input.name}: skipped, the store has it already (as ${known})`);
        const rows = await bulk;
        if (typeof rows === "object") await rows.drop();
      } else {
        const read = await inBulk(bulk, count);
        if (typeof read === "string") note(context, bar, `${input.name}: read line by line, since ${read}`);
        scanned.push({ input, sha256, bulk: typeof read === "object" ? read : undefined });
      }
      before += input.size ?? 0;
    }
    const together = await readTogether(scanned, adding);
    if (together === "copies")
      note(context, bar, "the logs hold the same connections, which count once: they are read line by line");
    const lineByLine = recording(adding.add, { clock });
    const inBulkOnly = new Map<string, BaselineSource>();
    for (const { input, sha256, bulk } of scanned) {
      if (bulk !== undefined && together === undefined) {
        bulk.rows.keep();
        inBulkOnly.set(sha256, { name: input.name, sha256, ...bulk.source });
        continue;
      }
      await bulk?.rows.drop();
      await observeInput(context, input, lineByLine, bar, (bytes) => {
        if (signal.aborted) throw new EngineError(String(signal.reason));
        bar.show(input.name, bytes, input.size);
      });
    }
    const others = lineByLine.end();
    const sources = scanned.flatMap(
      ({ sha256 }) => inBulkOnly.get(sha256) ?? others.sources.find((other) => other.sha256 === sha256) ?? [],
    );
    if (sources.length > 0) await adding.commit({ ...others, sources });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new CommandError(`${signal.reason}: nothing was added, the store is as it was`);
  } finally {
    bar.clear();
    signal.removeEventListener("abort", stop);
    adding.close();
  }
}

interface Scanned {
  readonly sha256: string;
  /** Under way, or the reason why the file cannot be read in bulk although it looks like it; absent for others. */
  readonly bulk: Promise<Bulk | string> | undefined;
  readonly count: LineScan;
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
  const count = lineScan();
  let bulk: Scanned["bulk"];
  let isFirst = true;
  const sha256 = await readInput(
    context,
    input,
    (piece) => {
      if (isFirst) bulk = started(adding, path, piece);
      isFirst = false;
      if (bulk !== undefined) count.push(piece);
    },
    passed,
  );
  return { sha256, bulk, count };
}

/** How much of a log is looked at for its header. */
const headLength = 1 << 16;

function started(adding: Addition, path: string, piece: Uint8Array): Scanned["bulk"] {
  const header = leadingHeader(new TextDecoder().decode(piece.subarray(0, headLength)).split("\n"));
  if (header === undefined) return undefined;
  const file: ZeekFile = { path, compression: compressionOf(firstBytes(path)), header };
  return adding.bulk(file).catch((error: unknown) => {
    if (error instanceof EngineError) return error.message.split("\n")[0]!;
    throw error;
  });
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
async function inBulk(bulk: Scanned["bulk"], scan: LineScan): Promise<InBulk | string | undefined> {
  const rows = await bulk;
  if (rows === undefined) return undefined;
  const count = scan.end();
  if (typeof rows === "string") return count.windowsEnds ? windowsEnds : rows;
  const source = count.windowsEnds ? windowsEnds : await rows.account(count);
  if (typeof source === "object") return { rows, source };
  await rows.drop();
  return source;
}

/** Whether files hold the same traffic, or may, which only single conversations tell: then none is read in bulk. */
async function readTogether(
  files: readonly { readonly bulk: InBulk | undefined }[],
  adding: Addition,
): Promise<"copies" | "mixed" | undefined> {
  const bulks = files.flatMap(({ bulk }) => bulk ?? []);
  if (bulks.length === 0) return undefined;
  if (bulks.length < files.length) return "mixed";
  return (await adding.haveCopies(bulks.map(({ rows }) => rows.file))) ? "copies" : undefined;
}

function note({ process }: Context, bar: Progress, text: string): void {
  bar.clear();
  process.stderr.write(`note: ${printable(text)}\n`);
}
