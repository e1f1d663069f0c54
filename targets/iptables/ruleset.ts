import type { Family } from "../../src/net/address.ts";
import { frameChains, recordAspects, setName } from "./names.ts";

/** One rule: all that stands behind `-A CHAIN`. Without a family it is a rule of both. */
export interface Rule {
  readonly family?: Family;
  readonly text: string;
}

export interface Chain {
  readonly name: string;
  /** Becomes a comment line above the chain's rules. */
  readonly heading?: string;
  readonly rules: readonly Rule[];
}

/** An ipset that the packet path fills. */
export interface RecordSet {
  readonly name: string;
  readonly family: Family;
}

/** Entries that a record holds before it is full, and how long one stays, in seconds. */
export const recordSize = 65_536;
export const recordSeconds = 604_800;

/** The record is keyed by source, protocol and port, destination; port and ICMP type are one field. */
export const setType = "hash:ip,port,ip";

export const recordSets = (
  generation: "c" | "t",
  conduit: string,
  own: readonly Family[],
): readonly RecordSet[] =>
  own.flatMap((family) =>
    recordAspects.map((aspect) => ({ name: setName(generation, conduit, aspect, family), family })),
  );

/** As `ipset restore` reads it; with `-exist` a set that is there keeps what it holds. */
export const createSet = ({ name, family }: RecordSet): string =>
  `create ${name} ${setType} family ${family === 4 ? "inet" : "inet6"} maxelem ${recordSize} timeout ${recordSeconds} counters`;

/** A rule that fills a set; where the host has no ipset it is left out, and nothing else changes. */
export const usesSet = (rule: string): boolean => rule.includes("-j SET ");

/** Rules as lines of the one file that both restore tools read: each skips the rules that carry the other's family. */
export const ruleLines = (chain: Chain): readonly string[] =>
  chain.rules.map(
    ({ family, text }) => `${family === undefined ? "" : `-${family} `}-A ${chain.name} ${text}`,
  );

/** Marks the lines that `ipset restore` reads, which are comments to the other two tools. */
export const setMark = "#ipset ";

/** The one text of a firewall: sets, then chains of both families. */
export const fileText = (heading: string, sets: readonly RecordSet[], chains: readonly Chain[]): string =>
  [
    `# ${heading}`,
    ...sets.map((set) => setMark + createSet(set)),
    "*filter",
    ...chains.map((chain) => `:${chain.name} - [0:0]`),
    ...chains.flatMap((chain) => [
      ...(chain.heading === undefined ? [] : ["", `# ${chain.heading}`]),
      ...ruleLines(chain),
    ]),
    "COMMIT",
    "",
  ].join("\n");

/** A file of ours, or a listing, as its parts. It does not interpret: what the rules mean is the reader's work (parse.ts). */
export function readText(text: string): {
  readonly sets: readonly string[];
  readonly chains: readonly Chain[];
} {
  const sets: string[] = [];
  const chains = new Map<string, Rule[]>();
  for (const line of text.split("\n")) {
    if (line.startsWith(setMark)) sets.push(line.slice(setMark.length));
    const [, declared] = /^:(\S+) /.exec(line) ?? [];
    if (declared !== undefined) chains.set(declared, []);
    const [, family, chain, rest = ""] = /^(?:-([46]) )?-A (\S+) ?(.*)$/.exec(line) ?? [];
    if (chain === undefined) continue;
    chains.get(chain)?.push({ ...(family && { family: family === "4" ? 4 : 6 }), text: rest });
  }
  return { sets, chains: [...chains].map(([name, rules]) => ({ name, rules })) };
}

/**
 * The line of a text that holds state: an entry of a set, which would get its time anew, or the way to a trial.
 * Undefined for a configuration that can be returned to.
 */
export function stateLine(text: string): number | undefined {
  const line = text
    .split("\n")
    .findIndex((one) => one.startsWith(`${setMark}add `) || one.endsWith(` -g ${frameChains.trial}`));
  return line < 0 ? undefined : line + 1;
}

/** A file of ours for a host without sets. */
export const withoutSetRules = (text: string): string =>
  text
    .split("\n")
    .filter((line) => !line.startsWith(setMark) && !usesSet(line))
    .join("\n");
