import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { buildCommand } from "@stricli/core";
import { formatBaseline } from "../baseline/file.ts";
import { type Observation, observation } from "../baseline/observe.ts";
import { FormatError, SourceError } from "../baseline/sources/source.ts";
import { hasErrors } from "../diagnostics/diagnostic.ts";
import { printable } from "../diagnostics/printable.ts";
import { renderDiagnostic } from "../diagnostics/render.ts";
import { CommandError, type Context } from "./context.ts";
import { jsonFlag } from "./documents/document.ts";
import { writeFileAtomic } from "./files.ts";
import { findInputs, type Input, readInput } from "./input.ts";
import { type Progress, progress } from "./progress.ts";
import { renderBaseline } from "./views/baseline.ts";

interface Flags {
  readonly output?: string;
  readonly timezone?: string;
  readonly year?: number;
  readonly json: boolean;
}

export const observeCommand = buildCommand<Flags, string[], Context>({
  docs: {
    brief: "Reads captures and flow logs into a baseline: who asks whom for what, and how often",
    fullDescription:
      "Reads captures (pcap, pcapng), flow logs (Zeek, Suricata, nfdump, conntrack, ulogd) and packets that nftables, " +
      "iptables, pfSense and OPNsense logged, also gzip or zstd compressed; the content tells the format. A folder stands for all files in it, - for the standard input. Every packet and line is accounted for.",
  },
  parameters: {
    flags: {
      output: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FILE",
        brief: "Write the baseline here",
      },
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
      json: jsonFlag,
    },
    aliases: { o: "output" },
    positional: {
      kind: "array",
      minimum: 1,
      parameter: { parse: String, placeholder: "FILE", brief: "Captures, logs, folders, or -" },
    },
  },
  async func({ output, json, timezone, year }, ...names) {
    const file = output === undefined ? undefined : outputPath(this, output);
    const seen = observation({
      clock: { ...(timezone === undefined ? {} : { timezone }), ...(year === undefined ? {} : { year }) },
    });
    const bar = progress(this.process.stderr);
    const inputs = findInputs(this, names);
    const total = inputs.some(({ size }) => size === undefined)
      ? undefined
      : inputs.reduce((sum, { size }) => sum + (size ?? 0), 0);
    let before = 0;
    for (const input of inputs) {
      await observeInput(this, input, seen, bar, (bytes) => bar.show(input.name, before + bytes, total));
      before += input.size ?? 0;
    }
    const baseline = orCommandError(() => seen.baseline());
    if (baseline.sources.length === 0)
      throw new CommandError("none of the files is of a format that is read here");
    if (file !== undefined) writeFileAtomic(file, formatBaseline(baseline));
    this.process.stdout.write(json ? formatBaseline(baseline) : renderBaseline(baseline));
    if (output !== undefined && !json) this.process.stdout.write(`\nwrote ${output}\n`);
  },
});

function timeZone(name: string): string {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
  } catch (error) {
    if (error instanceof RangeError) throw new SyntaxError(`"${name}" is no time zone: give an IANA name`);
    throw error;
  }
}

function fullYear(text: string): number {
  if (!/^(19|20)\d\d$/.test(text)) throw new SyntaxError(`"${text}" is no year of four digits`);
  return Number(text);
}

function orCommandError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof SourceError ? new CommandError(error.message) : error;
  }
}

/** Refuses a place that cannot be written to before hours of captures are read. */
function outputPath(context: Context, output: string): string {
  const file = resolve(context.cwd, output);
  if (!existsSync(dirname(file))) throw new CommandError(`${output}: its folder does not exist`);
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory())
    throw new CommandError(`${output} is a folder`);
  return file;
}

async function observeInput(
  context: Context,
  input: Input,
  seen: Observation,
  bar: Progress,
  passed: (bytes: number) => void,
): Promise<void> {
  const name = printable(input.name);
  const source = seen.open(input.name);
  try {
    const sha256 = await readInput(context, input, source.push, passed);
    const findings = source.end(sha256);
    for (const finding of findings) {
      bar.clear();
      const text = renderDiagnostic({ ...finding, message: `${name}: ${finding.message}` }, () => undefined);
      context.process.stderr.write(`${text}\n`);
    }
    if (hasErrors(findings)) throw new CommandError("it is not what it was read as; no baseline was made");
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
