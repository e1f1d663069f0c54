import { resolve } from "node:path";
import { targets } from "../../targets/index.ts";
import type { Reading, Unmodelled } from "../compile/reading.ts";
import type { Firewall, Site } from "../policy/model.ts";
import { unprovenMeaning } from "../verify/certificate.ts";
import type { Place } from "../verify/import.ts";
import { CommandError, type Context } from "./context.ts";
import { findNamed } from "./find-named.ts";
import { loadSite } from "./site-file.ts";
import { tell } from "./tell.ts";
import { readTextFile } from "./text-file.ts";

const sizeLimit = 64 * 1024 * 1024;

/** A ruleset as it is read, and what must be said of the reading itself. */
export interface ForeignFile extends Reading {
  readonly findings: readonly string[];
}

/**
 * Reads a ruleset of any target, ours or somebody else's, by what it looks like.
 * @throws {CommandError} when it is not understood, after saying where and why.
 */
export function readForeignFile(context: Context, name: string): ForeignFile {
  const text = readTextFile(resolve(context.cwd, name), name, sizeLimit);
  if (text.trim() === "") throw new CommandError(`${name} is empty`);
  const unproven = (judge: string): Pick<ForeignFile, "findings"> => ({
    findings: judge === "real" ? [] : [`${name}: ${unprovenMeaning}`],
  });
  for (const { name: target, parse, capabilities } of targets.values()) {
    const { value: program } = parse(text, name);
    if (program)
      return {
        gates: [{ name: `${target}, Sluice's own`, program }],
        unmodelled: [],
        ...unproven(capabilities.judge),
      };
  }
  const target = [...targets.values()].find(({ foreign }) => foreign.recognises(text));
  if (!target) {
    throw new CommandError(
      `${name} is not a ruleset that is known: give what "nft list ruleset", "nft -j list ruleset", "iptables-save", ` +
        '"ip6tables-save" or "pfctl -sr" prints, or a config.xml',
    );
  }
  const { value, diagnostics } = target.foreign.read(text, name);
  if (value) return { ...value, ...unproven(target.capabilities.judge) };
  tell(context, diagnostics, () => text);
  throw new CommandError(`${name} cannot be read, so nothing is known of it`);
}

/**
 * The site that a ruleset is asked about, and the firewall that it is from: the one that is named, or the only one.
 * @throws {CommandError} when there is none of that name.
 */
export function placeOf(
  context: Context,
  siteFile: string | undefined,
  name: string | undefined,
): Place | undefined {
  if (siteFile === undefined) {
    if (name === undefined) return undefined;
    throw new CommandError("--firewall names one of a site file: give that with --site");
  }
  const { site } = loadSite(context, siteFile);
  const firewall = firewallOf(site, name);
  return { site, ...(firewall && { firewall }) };
}

function firewallOf({ firewalls }: Site, name: string | undefined): Firewall | undefined {
  if (name === undefined) return firewalls.length === 1 ? firewalls[0] : undefined;
  return findNamed(firewalls, name, "firewall");
}

/** The flags that say where a ruleset is from. */
export const placeFlags = {
  site: {
    kind: "parsed",
    parse: String,
    optional: true,
    placeholder: "FILE",
    brief: "The site file, for the zones",
  },
  firewall: {
    kind: "parsed",
    parse: String,
    optional: true,
    placeholder: "ID",
    brief: "The site's firewall that they are from, for its interfaces; its only one by default",
  },
} as const;

/** The rulesets of one host: a packet passes when all of them let it pass. */
export const together = (readings: readonly ForeignFile[]): ForeignFile => ({
  findings: [...new Set(readings.flatMap(({ findings }) => findings))],
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

export function groupUnmodelled(
  unmodelled: readonly Unmodelled[],
  { blind }: { readonly blind: boolean },
): readonly UnmodelledGroup[] {
  const groups = new Map<string, { readonly construct: string; count: number; readonly first: string }>();
  for (const { construct, span } of unmodelled) {
    const group = groups.get(construct) ?? { construct, count: 0, first: `${span.file}:${span.line}` };
    group.count += 1;
    groups.set(construct, group);
  }
  const named = [...groups.values()].sort((a, b) => b.count - a.count);
  const construct = "interfaces, of which there are more than can be told apart within the budget";
  return blind ? [...named, { construct, count: 1, first: "all of it" }] : named;
}
