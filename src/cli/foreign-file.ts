import { resolve } from "node:path";
import { targets } from "../../targets/index.ts";
import type { Reading, Unmodelled } from "../compile/reading.ts";
import { renderDiagnostic } from "../diagnostics/render.ts";
import { CommandError, type Context } from "./context.ts";
import { readTextFile } from "./text-file.ts";

const sizeLimit = 64 * 1024 * 1024;

/**
 * Reads a ruleset of any target, ours or somebody else's, by what it looks like.
 * @throws {CommandError} when it is not understood, after saying where and why.
 */
export function readForeignFile(context: Context, name: string): Reading {
  const text = readTextFile(resolve(context.cwd, name), name, sizeLimit);
  if (text.trim() === "") throw new CommandError(`${name} is empty`);
  for (const { name: target, parse } of targets.values()) {
    const { value: program } = parse(text, name);
    if (program) return { gates: [{ name: `${target}, Sluice's own`, program }], unmodelled: [] };
  }
  const target = [...targets.values()].find(({ foreign }) => foreign.recognises(text));
  if (!target) {
    throw new CommandError(
      `${name} is not a ruleset that is known: give what "nft list ruleset", "nft -j list ruleset", "iptables-save", ` +
        '"ip6tables-save" or "pfctl -sr" prints',
    );
  }
  const { value, diagnostics } = target.foreign.read(text, name);
  if (value) return value;
  for (const diagnostic of diagnostics) {
    context.process.stderr.write(`${renderDiagnostic(diagnostic, () => text)}\n\n`);
  }
  throw new CommandError(`${name} cannot be read, so nothing is known of it`);
}

/** The rulesets of one host: a packet passes when all of them let it pass. */
export const together = (readings: readonly Reading[]): Reading => ({
  gates: readings.flatMap(({ gates }) => gates),
  unmodelled: readings.flatMap(({ unmodelled }) => unmodelled),
});

/** What is not modelled, each construct once. */
export interface UnmodelledGroup {
  readonly construct: string;
  readonly count: number;
  /** `file:line`, where it stands first. */
  readonly first: string;
}

export function groupUnmodelled(unmodelled: readonly Unmodelled[]): readonly UnmodelledGroup[] {
  const groups = new Map<string, { readonly construct: string; count: number; readonly first: string }>();
  for (const { construct, span } of unmodelled) {
    const group = groups.get(construct) ?? { construct, count: 0, first: `${span.file}:${span.line}` };
    group.count += 1;
    groups.set(construct, group);
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}
