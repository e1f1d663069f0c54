import { sha256 } from "../../src/digest.ts";
import { DriverError } from "../../src/target.ts";
import { mergeConfig } from "./config/merge.ts";
import { type OwnConfig, readOwnConfig } from "./config/read.ts";
import type { Host } from "./host.ts";
import { type ListedConduit, listConduit, listConduits, ownState } from "./own-state.ts";
import { readOwnText } from "./own-text.ts";

/** Our part of config.xml: what pfSense makes of it, and the same as conduits. */
export interface Configured extends OwnConfig {
  readonly file: string;
  readonly listed: readonly ListedConduit[];
}

/** The host's config.xml. All reject with DriverError when it cannot be read or cannot take our rules. */
export interface Configuration {
  read(): Promise<Configured>;
  /** As it would be with a text of ours, proven to mean that text. */
  with(text: string): Promise<Configured>;
  /** Brings it in line with a text of ours, through pfSense's own functions; does nothing when it is. */
  apply(text: string): Promise<void>;
}

export function openConfiguration(host: Host, path: string): Configuration {
  const load = async (): Promise<string> => {
    const text = await host.readFile(path);
    if (text === undefined) throw new DriverError(`${path} does not exist`);
    return text;
  };
  const interpret = (file: string): Configured => {
    const { value, diagnostics } = readOwnConfig(file, path);
    if (!value) {
      throw new DriverError(`${path}:${diagnostics[0]?.span?.line ?? 1}: ${diagnostics[0]?.message}`);
    }
    const listed = value.conduits.map(({ conduit, text, faults }) =>
      listConduit(
        conduit,
        text,
        faults.map(({ message, span }) => `line ${span?.line ?? 1} of ${path}: ${message}`),
      ),
    );
    return { ...value, file, listed };
  };
  const merge = (file: string, text: string): Configured => {
    const own = readOwnText(text, "the ruleset");
    const merged = own.value && mergeConfig(file, path, own.value);
    if (!merged?.value) {
      const [first] = [...own.diagnostics, ...(merged?.diagnostics ?? [])];
      const place = `line ${first?.span?.line ?? 1}`;
      throw new DriverError(`the configuration cannot take the rules: ${place}: ${first?.message}`);
    }
    const result = interpret(merged.value);
    if (ownState(undefined, result.listed).form !== ownState(undefined, listConduits(text)).form) {
      throw new DriverError("pfSense would not make of the configuration what the rules say");
    }
    return result;
  };
  return {
    read: async () => interpret(await load()),
    with: async (text) => merge(await load(), text),
    async apply(text) {
      const before = await load();
      const { file, trackers } = merge(before, text);
      if (file === before) return;
      await host.apply({
        base: sha256(before),
        config: file,
        trackers: countEach(trackers),
        note: "Sluice: confirmed rules of conduits",
      });
    },
  };
}

function countEach(trackers: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const tracker of trackers) counts[tracker] = (counts[tracker] ?? 0) + 1;
  return counts;
}
