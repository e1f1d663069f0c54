import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Baseline, BaselineSource } from "../../baseline/flow.ts";
import { type Recorded, recording } from "../../baseline/observe.ts";
import { clockSkew } from "../../baseline/points/ledger.ts";
import type { ClockSettings } from "../../baseline/sources/clock.ts";
import { printable } from "../../diagnostics/printable.ts";
import { EngineError } from "../../engines/engine-error.ts";
import { type Addition, addition, storedBaseline } from "../../engines/store/flow-store.ts";
import { CommandError, type Context } from "../context.ts";
import { untilInterrupted } from "../rollout/interruption.ts";
import { type InBulk, inBulk, scan } from "./bulk.ts";
import { observeInput } from "./files.ts";
import { findInputs, type Input } from "./input.ts";
import { type Progress, progress, refresh } from "./progress.ts";

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

/** What all steps of an addition share. */
interface Work {
  readonly context: Context;
  readonly adding: Addition;
  readonly bar: Progress;
  readonly signal: AbortSignal;
}

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
  const work: Work = { context, adding, bar, signal };
  try {
    const scanned = await scanFiles(work, inputs);
    const { bulks, others } = await readOthers(work, scanned, clock);
    for (const { rows } of bulks.values()) rows.keep();
    const sources = scanned.flatMap((file): readonly BaselineSource[] => {
      const { input, sha256 } = file;
      const bulk = bulks.get(file);
      if (bulk !== undefined) return [{ name: input.name, sha256, ...bulk.source }];
      return others.sources.filter((other) => other.sha256 === sha256);
    });
    const inBoth =
      sources.length > 0
        ? await watched(work, "writing the store", adding.commit({ ...others, sources }))
        : undefined;
    if (inBoth !== undefined)
      note(
        work,
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

const sizeOf = (inputs: readonly Input[]): number => inputs.reduce((sum, { size }) => sum + (size ?? 0), 0);

/** Waits for a step of which the engine does not say how far it is: of sorting it counts the reading alone. */
async function watched<T>({ bar }: Work, label: string, step: Promise<T>): Promise<T> {
  bar.begin();
  const shown = setInterval(() => bar.wait(label), refresh);
  try {
    return await step;
  } finally {
    clearInterval(shown);
  }
}

interface ScannedFile {
  readonly input: Input;
  readonly sha256: string;
  readonly bulk: InBulk | undefined;
}

/** Reads each file once, and has an engine aggregate what it can; without those that the store has. */
async function scanFiles(work: Work, inputs: readonly Input[]): Promise<readonly ScannedFile[]> {
  const { context, adding, bar, signal } = work;
  const scanned: ScannedFile[] = [];
  const total = sizeOf(inputs);
  let before = 0;
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
        note(work, `${input.name}: skipped, the store has it already (as ${known})`);
        const rows = await bulk?.rows;
        if (typeof rows === "object") await rows.drop();
      } else {
        const read = await inBulk(bulk);
        // An engine that was stopped is no reason to read on in another way.
        if (signal.aborted) throw new EngineError(String(signal.reason));
        if (typeof read === "string") note(work, `${input.name}: read line by line, since ${read}`);
        scanned.push({ input, sha256, bulk: typeof read === "object" ? read : undefined });
      }
    } finally {
      clearInterval(shown);
    }
    before += input.size ?? 0;
  }
  return scanned;
}

interface Read {
  /** What stays in bulk. */
  readonly bulks: ReadonlyMap<ScannedFile, InBulk>;
  /** Of the files that were read line by line. */
  readonly others: Recorded;
}

/** Reads line by line what no engine has read, and what may hold the same traffic as another file: only single lines tell. */
async function readOthers(work: Work, scanned: readonly ScannedFile[], clock: ClockSettings): Promise<Read> {
  const { context, adding, bar, signal } = work;
  const bulks = new Map(scanned.flatMap((file) => (file.bulk ? [[file, file.bulk] as const] : [])));
  const giveUp = async (file: ScannedFile): Promise<void> => {
    await bulks.get(file)?.rows.drop();
    bulks.delete(file);
  };
  const readRest = async (from: Context): Promise<Recorded> => {
    const lines = recording(adding.add, { clock });
    const rest = scanned.filter((file) => !bulks.has(file)).map(({ input }) => input);
    const total = sizeOf(rest);
    let before = 0;
    bar.begin();
    for (const input of rest) {
      await observeInput(from, input, lines, bar, (bytes) => {
        if (signal.aborted) throw new EngineError(String(signal.reason));
        bar.show(input.name, before + bytes, total);
      });
      before += input.size ?? 0;
    }
    return lines.end();
  };
  const files = [...bulks.values()].map(({ rows }) => rows.file);
  if (await watched(work, "looking for the same connections", adding.haveCopies(files))) {
    note(work, "the logs hold the same connections, which count once: they are read line by line");
    for (const file of [...bulks.keys()]) await giveUp(file);
  }
  const others = await readRest(context);
  const meeting = [...bulks].filter(([, { source }]) =>
    others.sources.some((other) => mayMeet(source, other)),
  );
  if (meeting.length === 0) return { bulks, others };
  for (const [file] of meeting) {
    note(work, `${file.input.name}: read line by line, since another file of the same time is`);
    await giveUp(file);
  }
  // In their order, as without a store: which of two is the copy depends on it. What there is to tell was told.
  adding.readAgain();
  return { bulks, others: await readRest(silent(context)) };
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

function note({ context, bar }: Work, text: string): void {
  bar.clear();
  context.process.stderr.write(`note: ${printable(text)}\n`);
}
