import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Baseline, BaselineSource } from "../../baseline/flow.ts";
import { joinedSightings } from "../../baseline/links/sightings.ts";
import { type Recorded, recording } from "../../baseline/observe.ts";
import { clockSkew } from "../../baseline/points/counts.ts";
import type { ClockSettings } from "../../baseline/sources/clock.ts";
import { printable } from "../../diagnostics/printable.ts";
import { EngineError } from "../../engines/engine-error.ts";
import { type Addition, addition, type Draft, storedBaseline } from "../../engines/store/flow-store.ts";
import { CommandError, type Context } from "../context.ts";
import { untilInterrupted } from "../rollout/interruption.ts";
import { observeInput } from "./files.ts";
import { type Folded, type Scanned, scan } from "./folded.ts";
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
    const { folded, others } = await readOthers(work, scanned, clock);
    const sources = scanned.flatMap((file): readonly BaselineSource[] => {
      const source = folded.get(file)?.source;
      return source === undefined ? others.sources.filter(({ sha256 }) => sha256 === file.sha256) : [source];
    });
    const links = joinedSightings([others.links, ...[...folded.values()].map((log) => log.links)]);
    const inBoth =
      sources.length > 0
        ? await watched(work, "writing the store", adding.commit({ ...others, sources, links }))
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

/** Reads each file once; without those that the store has. */
async function scanFiles(work: Work, inputs: readonly Input[]): Promise<readonly Scanned[]> {
  const { context, adding, bar } = work;
  const scanned: Scanned[] = [];
  const total = sizeOf(inputs);
  let before = 0;
  for (const input of inputs) {
    const file = await scan(context, input, adding, (bytes) => {
      goOn(work);
      bar.show(input.name, before + bytes, total);
    });
    bar.clear();
    const known =
      adding.nameOf(file.sha256) ?? scanned.find(({ sha256 }) => sha256 === file.sha256)?.input.name;
    if (known === undefined) scanned.push(file);
    else {
      note(work, `${input.name}: skipped, the store has it already (as ${known})`);
      file.folded?.draft.drop();
    }
    before += input.size ?? 0;
  }
  return scanned;
}

/** @throws {EngineError} when the work was interrupted. */
function goOn({ signal }: Work): void {
  if (signal.aborted) throw new EngineError(String(signal.reason));
}

interface Read {
  /** Whose lines stay added up. */
  readonly folded: ReadonlyMap<Scanned, Folded>;
  /** Of the files that were read line by line. */
  readonly others: Recorded;
}

/** Reads line by line what is not added up, and what may hold the same traffic as another file: only single lines tell. */
async function readOthers(work: Work, scanned: readonly Scanned[], clock: ClockSettings): Promise<Read> {
  const { context, adding, bar } = work;
  const folded = new Map(scanned.flatMap((file) => (file.folded ? [[file, file.folded] as const] : [])));
  const giveUp = (file: Scanned): void => {
    folded.get(file)!.draft.drop();
    folded.delete(file);
  };
  const readRest = async (into: Draft, isTold: (file: Scanned) => boolean): Promise<Recorded> => {
    const lines = recording(into.add, { clock });
    const rest = scanned.filter((file) => !folded.has(file));
    const total = sizeOf(rest.map(({ input }) => input));
    let before = 0;
    bar.begin();
    for (const file of rest) {
      const { input } = file;
      await observeInput(isTold(file) ? silent(context) : context, input, lines, bar, (bytes) => {
        goOn(work);
        bar.show(input.name, before + bytes, total);
      });
      before += input.size ?? 0;
    }
    return lines.end();
  };
  const meeting = [...folded].filter(([file, { source }]) =>
    [...folded].some(([other, log]) => other !== file && mayMeet(source, log.source)),
  );
  const tables = meeting.flatMap(([, { table }]) => (table === undefined ? [] : [table]));
  const isAlike =
    tables.length < meeting.length ||
    (meeting.length > 0 &&
      (await watched(work, "looking for the same connections", adding.mayHaveCopies(tables))));
  if (isAlike) {
    note(work, "the logs may hold the same connections, which count once: they are read line by line");
    for (const [file] of meeting) giveUp(file);
  }
  const draft = adding.draft();
  const others = await readRest(draft, (file) => file.folded !== undefined);
  const late = [...folded].filter(([, { source }]) => others.sources.some((other) => mayMeet(source, other)));
  if (late.length === 0) return { folded, others };
  for (const [file] of late) {
    note(work, `${file.input.name}: read line by line, since another file of the same time is`);
    giveUp(file);
  }
  // In their order, as without a store: which of two is the copy depends on it. What there is to tell was told.
  draft.drop();
  return { folded, others: await readRest(adding.draft(), () => true) };
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
