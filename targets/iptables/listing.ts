import type { Family } from "../../src/net/address.ts";
import { families, frameChains, setPrefix } from "./names.ts";
import { setMark } from "./ruleset.ts";

/** A rule as iptables-save prints it behind `-A CHAIN`, and how many packets matched it. */
export interface ListedRule {
  readonly text: string;
  readonly packets: number;
}

/** Our part of one family. */
export interface FamilyListing {
  readonly chains: ReadonlyMap<string, readonly ListedRule[]>;
  /** Positions of the jumps to us among the rules of FORWARD, from 1. */
  readonly jumps: readonly number[];
}

/** An ipset of ours, as `ipset save` prints it. */
export interface ListedSet {
  readonly name: string;
  /** The words behind its name, without what the kernel chooses by itself. */
  readonly properties: string;
  readonly elements: readonly string[];
}

/** Our part of a host. */
export interface Listing {
  readonly families: Readonly<Record<Family, FamilyListing>>;
  readonly sets: readonly ListedSet[];
}

export const isOwnChain = (name: string): boolean =>
  name === frameChains.root || name.startsWith(`${frameChains.root}-`);

/** Reads what `iptables-save -c` or `ip6tables-save -c` prints, and keeps what is ours in the table filter. */
export function readFamily(saved: string): FamilyListing {
  const chains = new Map<string, ListedRule[]>();
  const jumps: number[] = [];
  let forwarded = 0;
  let table = "";
  for (const line of saved.split("\n")) {
    if (line.startsWith("*")) table = line;
    if (table !== "*filter") continue;
    const [, name] = /^:(\S+) /.exec(line) ?? [];
    if (name !== undefined && isOwnChain(name)) chains.set(name, []);
    const [, packets, chain, text] = /^\[(\d+):\d+\] -A (\S+)(?: (.*))?$/.exec(line) ?? [];
    if (chain === undefined) continue;
    if (chain === "FORWARD") {
      forwarded += 1;
      if (text === `-j ${frameChains.root}`) jumps.push(forwarded);
    }
    chains.get(chain)?.push({ text: text ?? "", packets: Number(packets) });
  }
  return { chains, jumps };
}

/** Reads what `ipset save` prints, and keeps the sets that are ours. */
export function readSets(saved: string): readonly ListedSet[] {
  const sets = new Map<
    string,
    { readonly name: string; readonly properties: string; readonly elements: string[] }
  >();
  for (const line of saved.split("\n")) {
    const [, verb, name, rest] = /^(create|add) (\S+) (.*)$/.exec(line) ?? [];
    if (name === undefined || !(["c", "t"] as const).some((each) => name.startsWith(setPrefix(each))))
      continue;
    if (verb === "add") sets.get(name)?.elements.push(rest!);
    else sets.set(name, { name, properties: configured(rest!), elements: [] });
  }
  return [...sets.values()];
}

const configured = (properties: string): string =>
  properties.replaceAll(/ (hashsize|bucketsize|initval) \S+/g, "");

/** Everything outside of our part, without counters: what others configured, in normal form. */
export const withoutOwn = (saved: string): string =>
  saved
    .replaceAll(learned, "$1")
    .split("\n")
    .filter(
      (line) => !/^#|^:SLUICE(-\S+)? |^(\[\d+:\d+\] )?-A (SLUICE(-\S+)? |FORWARD -j SLUICE$)/.test(line),
    )
    .map((line) => line.replace(/^\[\d+:\d+\] /, "").replace(/ \[\d+:\d+\]$/, ""))
    .filter((line) => line !== "")
    .join("\n")
    .replaceAll(untouched, "");

/** A table that does nothing. The kernel makes it as soon as somebody looks at it, so that it must be as good as none. */
const untouched = /^\*\S+\n(?::\S+ ACCEPT\n)*COMMIT(?:\n|$)/gm;

/** Elements of a set of nft that packets or timeouts fill: state, not configuration. */
const learned =
  /(flags [^\n]*\b(?:timeout|dynamic)\b[^\n]*\n(?:\t\t(?!elements)[^\n]*\n)*)\t\telements = \{[^}]*\}\n/g;

/** Our part as the one file that both restore tools read; undefined when there is none. Leaves out what no packet meets. */
export function ownText({ families: listed, sets }: Listing): string | undefined {
  const names = families.flatMap((family) => [...listed[family].chains.keys()]);
  const shown = [...new Set(names)].filter((name) => name !== frameChains.notes).sort();
  if (shown.length === 0) return undefined;
  return [
    ...sets.map(({ name, properties }) => `${setMark}create ${name} ${properties}`),
    "*filter",
    ...shown.map((name) => `:${name} - [0:0]`),
    ...shown.flatMap((name) =>
      families.flatMap((family) =>
        (listed[family].chains.get(name) ?? []).map(({ text }) => `-${family} -A ${name} ${text}`.trimEnd()),
      ),
    ),
    "COMMIT",
    "",
  ].join("\n");
}
