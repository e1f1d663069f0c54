import type { PermitCounters } from "../../src/target.ts";
import { parseDescription } from "./names.ts";

/**
 * Counters of a conduit's permits from `pfctl -s labels`: one line for each rule, its labels and eight numbers, of
 * which the fourth is packets in and the sixth packets out. Our rules are `in`, so what goes out on the state that
 * followed is the reply. An anchor's labels are ours, those of the main ruleset are pfSense's around our description.
 */
export function readPermitCounters(listing: string, conduit: string): readonly PermitCounters[] {
  const permits = new Map<string, PermitCounters>();
  for (const line of listing.split("\n")) {
    const found = /^(.*\S)((?: \d+){8})\s*$/.exec(line);
    const named = found && /\bsluice:([a-z][a-z0-9-]*)[: ]([a-z][a-z0-9-]*)/.exec(found[1]!);
    const part = named && parseDescription(`sluice:${named[1]}:${named[2]}`);
    if (part?.conduit !== conduit) continue;
    const numbers = found![2]!.trim().split(" ").map(Number);
    const sum = permits.get(part.part) ?? { permit: part.part, requests: 0, replies: 0 };
    permits.set(part.part, {
      permit: part.part,
      requests: sum.requests + numbers[3]!,
      replies: sum.replies + numbers[5]!,
    });
  }
  return [...permits.values()];
}
