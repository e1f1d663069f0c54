import type { Family } from "../../src/net/address.ts";
import type { FamilyListing } from "./listing.ts";
import { frameChains } from "./names.ts";
import type { Chain } from "./ruleset.ts";

/** What a step makes of our part: chains that it writes anew, chains that it removes; all others stay, with their counters. */
export interface Change {
  readonly write: readonly Chain[];
  readonly remove: readonly string[];
  /** For `ipset restore`, before the rules. */
  readonly setsBefore?: readonly string[];
  /** Sets that go, after the rules that used them. */
  readonly setsAfter?: readonly string[];
  /** The jump from FORWARD goes too. */
  readonly leave?: true;
}

/** A change as the input of a family's restore tool: one commit. */
export function restoreText(family: Family, live: FamilyListing, change: Change): string {
  const removed = change.remove.filter((name) => live.chains.has(name));
  return commit([
    ...change.write.map(({ name }) => `:${name} - [0:0]`),
    ...change.write.flatMap(({ name, rules }) =>
      rules.flatMap((rule) =>
        rule.family === undefined || rule.family === family ? [`-A ${name} ${rule.text}`] : [],
      ),
    ),
    ...jump(live, change.leave ? "leave" : "first"),
    ...removed.map((name) => `-F ${name}`),
    ...removed.map((name) => `-X ${name}`),
  ]);
}

/** What undoes a change in a family: each chain that it touched as it was. */
export function undoText(live: FamilyListing, change: Change): string {
  const touched = [...change.write.map(({ name }) => name), ...change.remove];
  const before = touched.filter((name) => live.chains.has(name));
  const added = touched.filter((name) => !live.chains.has(name) && !change.remove.includes(name));
  return commit([
    ...before.map((name) => `:${name} - [0:0]`),
    ...before.flatMap((name) => live.chains.get(name)!.map(({ text }) => `-A ${name} ${text}`.trimEnd())),
    ...(live.jumps.length === 0 && !change.leave ? [`-D FORWARD -j ${frameChains.root}`] : []),
    ...(live.jumps.length > 0 && change.leave ? [`-I FORWARD 1 -j ${frameChains.root}`] : []),
    ...added.map((name) => `-F ${name}`),
    ...added.map((name) => `-X ${name}`),
  ]);
}

const commit = (lines: readonly string[]): string => ["*filter", ...lines, "COMMIT", ""].join("\n");

/** Exactly one jump, before every other rule of FORWARD; or none. */
function jump({ jumps }: FamilyListing, wanted: "first" | "leave"): readonly string[] {
  if (wanted === "first" && jumps.length === 1 && jumps[0] === 1) return [];
  return [
    ...jumps.map(() => `-D FORWARD -j ${frameChains.root}`),
    ...(wanted === "first" ? [`-I FORWARD 1 -j ${frameChains.root}`] : []),
  ];
}
