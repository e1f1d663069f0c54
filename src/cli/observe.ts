import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { buildCommand } from "@stricli/core";
import { formatBaseline } from "../baseline/file.ts";
import { observation } from "../baseline/observe.ts";
import { SourceError } from "../baseline/sources/source.ts";
import { CommandError, type Context } from "./context.ts";
import { jsonFlag } from "./documents/document.ts";
import { writeFileAtomic } from "./files.ts";
import { type ClockFlags, clockFlags, clockOf, observeFiles } from "./observe-files.ts";
import { renderBaseline } from "./views/baseline.ts";

interface Flags extends ClockFlags {
  readonly output?: string;
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
      ...clockFlags,
      json: jsonFlag,
    },
    aliases: { o: "output" },
    positional: {
      kind: "array",
      minimum: 1,
      parameter: { parse: String, placeholder: "FILE", brief: "Captures, logs, folders, or -" },
    },
  },
  async func({ output, json, ...clock }, ...names) {
    const file = output === undefined ? undefined : outputPath(this, output);
    const seen = observation({ clock: clockOf(clock) });
    await observeFiles(this, names, seen);
    const baseline = orCommandError(() => seen.baseline());
    if (baseline.sources.length === 0)
      throw new CommandError("none of the files is of a format that is read here");
    if (file !== undefined) writeFileAtomic(file, formatBaseline(baseline));
    this.process.stdout.write(json ? formatBaseline(baseline) : renderBaseline(baseline));
    if (output !== undefined && !json) this.process.stdout.write(`\nwrote ${output}\n`);
  },
});

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
