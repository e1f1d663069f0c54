import { buildCommand } from "@stricli/core";
import { formatBaseline } from "../../baseline/file.ts";
import type { Baseline } from "../../baseline/flow.ts";
import { observation } from "../../baseline/observe.ts";
import type { ClockSettings } from "../../baseline/sources/clock.ts";
import { SourceError } from "../../baseline/sources/source.ts";
import { DoubledLog } from "../../baseline/sources/zeek-twins.ts";
import { CommandError, type Context, exitCodes } from "../context.ts";
import { jsonFlag } from "../documents/document.ts";
import { writeFileAtomic } from "../files.ts";
import { outputPath } from "../output-path.ts";
import { untilInterrupted } from "../rollout/interruption.ts";
import { renderBaseline } from "../views/baseline.ts";
import { type CollectingFlags, collectingFlags } from "./collecting-flags.ts";
import { type ClockFlags, clockFlags, clockOf, observeFiles } from "./files.ts";
import { findInputs } from "./input.ts";

interface Flags extends ClockFlags, CollectingFlags {
  readonly output?: string;
  readonly store?: string;
  readonly follow: boolean;
  readonly engine?: string;
  readonly json: boolean;
}

export const observeCommand = buildCommand<Flags, string[], Context>({
  docs: {
    brief: "Reads captures and flow logs into a baseline: who asks whom for what, and how often",
    fullDescription:
      "Reads captures (pcap, pcapng), flow logs (Zeek, Suricata, nfdump, conntrack, ulogd) and packets that nftables, " +
      "iptables, pfSense and OPNsense logged, also gzip or zstd compressed; the content tells the format. A folder stands for all files in it, - for the standard input. Every packet and line is accounted for. " +
      "With --from it reads what a firewall itself counted, recorded and holds open, over SSH, and adds it to the " +
      "baseline of --output: nothing is counted twice, and what the record lost is reported.",
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
      store: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "FOLDER",
        brief: "Add the files to this flow store (made if absent), and observe all that it holds",
      },
      follow: {
        kind: "boolean",
        default: false,
        brief: "Go on reading the logs as they grow and rotate, until Ctrl-C",
      },
      engine: {
        kind: "parsed",
        parse: String,
        optional: true,
        placeholder: "ADDRESS",
        brief: "Have a cluster aggregate Zeek's connections: clickhouse[s]://HOST[:PORT]/DATABASE/TABLE",
      },
      ...collectingFlags,
      ...clockFlags,
      json: jsonFlag,
    },
    aliases: { o: "output" },
    positional: {
      kind: "array",
      parameter: { parse: String, placeholder: "FILE", brief: "Captures, logs, folders, or -" },
    },
  },
  async func(
    { output, store, engine, json, follow, from, every, site, identity, for: length, ...clock },
    ...names
  ) {
    const file = output === undefined ? undefined : outputPath(this, output, "baseline");
    const collecting = { from, every, for: length, site, identity };
    if (Object.values(collecting).some((flag) => flag !== undefined)) {
      if (from === undefined || names.length > 0 || store !== undefined || engine !== undefined || follow)
        throw new CommandError(
          "--from reads a firewall, and neither files nor a store nor a cluster",
          exitCodes.usage,
        );
      const { observeFirewall } = await import("./from.ts");
      const collected = await observeFirewall(this, from, collecting, file);
      this.process.stdout.write(json ? formatBaseline(collected) : renderBaseline(collected));
      return;
    }
    const baseline =
      engine === undefined
        ? await orCommandError(() => observed(this, names, { store, follow }, clockOf(clock)))
        : await orCommandError(() => observedTable(this, names, { store, follow }, engine));
    if (baseline.sources.length === 0)
      throw new CommandError("none of the files is of a format that is read here");
    if (file !== undefined) writeFileAtomic(file, formatBaseline(baseline));
    this.process.stdout.write(json ? formatBaseline(baseline) : renderBaseline(baseline));
    if (output !== undefined && !json) this.process.stdout.write(`\nwrote ${output}\n`);
  },
});

/** Where the records come from or go to, beside the files that are named. */
interface Sources {
  readonly store: string | undefined;
  readonly follow: boolean;
}

async function observedTable(
  context: Context,
  names: readonly string[],
  { store, follow }: Sources,
  engine: string,
): Promise<Baseline> {
  // The cluster keeps the records, and is asked anew each time: in a store they would count twice.
  if (names.length > 0 || store !== undefined || follow)
    throw new CommandError("--engine reads a table, and neither files nor a store", exitCodes.usage);
  const { observeTable } = await import("./table.ts");
  return observeTable(context, engine);
}

async function observed(
  context: Context,
  names: readonly string[],
  { store, follow }: Sources,
  clock: ClockSettings,
): Promise<Baseline> {
  if (store !== undefined) {
    if (follow) throw new CommandError("--follow writes no store: give --output", exitCodes.usage);
    const { observeIntoStore } = await import("./store.ts");
    return observeIntoStore(context, names, store, clock);
  }
  if (names.length === 0) {
    throw new CommandError(
      "name captures or logs to read, a flow store with --store, or a firewall with --from",
      exitCodes.usage,
    );
  }
  if (follow) {
    const seen = observation({ clock });
    const { followFiles } = await import("./follow.ts");
    await untilInterrupted((signal) => followFiles(context, names, seen, signal));
    return seen.baseline();
  }
  const inputs = findInputs(context, names);
  const observedAs = async (isOnly: boolean): Promise<Baseline> => {
    const seen = observation({ clock, isOnly });
    await observeFiles(context, inputs, seen);
    return seen.baseline();
  };
  try {
    return await observedAs(inputs.length === 1);
  } catch (error) {
    if (!(error instanceof DoubledLog)) throw error;
    const { name, path } = inputs[0]!;
    if (path === undefined)
      throw new CommandError(
        `${name}: ${error.message}, as several sensors write it; the standard input cannot be read again to tell its records ` +
          "apart: give the log as a file",
      );
    return observedAs(false);
  }
}

async function orCommandError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof SourceError ? new CommandError(error.message) : error;
  }
}
