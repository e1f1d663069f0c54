import type { Observation, OpenSource } from "../../baseline/observe.ts";
import type { ClockSettings } from "../../baseline/sources/clock.ts";
import { FormatError, SourceError } from "../../baseline/sources/source.ts";
import { type Diagnostic, hasErrors } from "../../diagnostics/diagnostic.ts";
import { printable } from "../../diagnostics/printable.ts";
import { renderDiagnostic } from "../../diagnostics/render.ts";
import { CommandError, type Context } from "../context.ts";
import { type Input, readInput } from "./input.ts";
import { type Progress, progress } from "./progress.ts";

/** The flags of commands that read logs: what these leave out of their times. */
export const clockFlags = {
  timezone: {
    kind: "parsed",
    parse: timeZone,
    optional: true,
    placeholder: "ZONE",
    brief: "The time zone of logs that leave it out, as Europe/Zurich or UTC",
  },
  year: {
    kind: "parsed",
    parse: fullYear,
    optional: true,
    placeholder: "YEAR",
    brief: "The year in which logs that leave it out start",
  },
} as const;

export interface ClockFlags {
  readonly timezone?: string | undefined;
  readonly year?: number | undefined;
}

export const clockOf = ({ timezone, year }: ClockFlags): ClockSettings => ({
  ...(timezone === undefined ? {} : { timezone }),
  ...(year === undefined ? {} : { year }),
});

function timeZone(name: string): string {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
  } catch (error) {
    if (error instanceof RangeError)
      throw new SyntaxError(`"${name}" is not a time zone: give an IANA name, such as Europe/Zurich`);
    throw error;
  }
}

function fullYear(text: string): number {
  if (!/^(19|20)\d\d$/.test(text)) throw new SyntaxError(`"${text}" is not a year of four digits`);
  return Number(text);
}

/** Reads files into an observation, one after the other. @throws {CommandError} */
export async function observeFiles(
  context: Context,
  inputs: readonly Input[],
  seen: Observation,
): Promise<void> {
  const bar = progress(context.process.stderr);
  const total = inputs.some(({ size }) => size === undefined)
    ? undefined
    : inputs.reduce((sum, { size }) => sum + (size ?? 0), 0);
  let before = 0;
  for (const input of inputs) {
    await observeInput(context, input, seen, bar, (bytes) => bar.show(input.name, before + bytes, total));
    before += input.size ?? 0;
  }
}

/** Reads one file; what an engineer should know of it is told on stderr. @throws {CommandError} */
export async function observeInput(
  context: Context,
  input: Input,
  seen: Pick<Observation, "open">,
  bar: Progress,
  passed: (bytes: number) => void,
): Promise<void> {
  const name = printable(input.name);
  const source = seen.open(input.name);
  try {
    const sha256 = await readInput(context, input, source.push, passed);
    bar.clear();
    tellFindings(context, name, source.end(sha256));
  } catch (error) {
    bar.clear();
    if (error instanceof FormatError && input.origin === "in a folder") {
      context.process.stderr.write(`warning: skipped ${name}: ${error.message}\n`);
    } else if (error instanceof SourceError || error instanceof CommandError) {
      throw new CommandError(`${name}: ${error.message}`);
    } else throw error;
  }
  bar.clear();
}

/** Ends a source that was followed, and tells what an engineer should know of it. @throws {CommandError} */
export const endSource = (context: Context, name: string, source: OpenSource, sha256: string): void =>
  asCommandError(name, () => tellFindings(context, printable(name), source.end(sha256)));

/** Gives the faults of a source their name. @throws {CommandError} */
export function asCommandError(name: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof SourceError || error instanceof CommandError)) throw error;
    throw new CommandError(`${printable(name)}: ${error.message}`);
  }
}

function tellFindings(context: Context, name: string, findings: readonly Diagnostic[]): void {
  for (const finding of findings) {
    const text = renderDiagnostic({ ...finding, message: `${name}: ${finding.message}` }, () => undefined);
    context.process.stderr.write(`${text}\n`);
  }
  if (hasErrors(findings))
    throw new CommandError("it is damaged, or not what it was read as; no baseline was made");
}
