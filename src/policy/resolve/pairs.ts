import type { SiteFile } from "../schema/site.ts";
import { reportUnknown } from "./references.ts";
import { type Resolution, reportKey, reportValue } from "./report.ts";

type Entries = NonNullable<SiteFile["firewalls"]>;

/**
 * Refuses high-availability pairs whose members do not agree that they are one: both are tried and confirmed together, the
 * standby first, so each must name the other, one must be the standby, and both must be of one kind.
 */
export function checkPairs(to: Resolution, entries: Entries): void {
  const ids = Object.keys(entries);
  const known = new Set(ids);
  for (const [index, id] of ids.entries()) {
    const { "high-availability": pair, target } = entries[id]!;
    if (pair === undefined) continue;
    const path = ["firewalls", id, "high-availability"];
    reportUnknown(to, "firewall", pair.peer, [...path, "peer"], known);
    if (pair.peer === id) {
      reportValue(to, "site/own-peer", [...path, "peer"], `"${id}" cannot be a pair with itself`, {
        fix: "name the other firewall of the pair, or remove the key",
      });
      continue;
    }
    const peer = Object.hasOwn(entries, pair.peer) ? entries[pair.peer] : undefined;
    if (peer === undefined) continue;
    const back = peer["high-availability"];
    if (back?.peer !== id) {
      const names = back === undefined ? "names no peer" : `names "${back.peer}" as its peer`;
      const other = pair.role === "primary" ? "standby" : "primary";
      reportValue(
        to,
        "site/one-sided-pair",
        [...path, "peer"],
        `"${id}" is a pair with "${pair.peer}", which ${names}`,
        { fix: `write under "${pair.peer}"  high-availability: { peer: ${id}, role: ${other} }` },
      );
      continue;
    }
    // What both members say is told once, at the later one.
    if (ids.indexOf(pair.peer) > index) continue;
    if (back.role === pair.role) {
      reportValue(
        to,
        "site/same-role",
        [...path, "role"],
        `"${pair.peer}" and "${id}" are both the ${pair.role} of their pair`,
        { fix: "make the one that carries the traffic primary, and the other standby" },
      );
    }
    if (peer.target !== target) {
      reportKey(
        to,
        "site/pair-of-two-targets",
        path,
        `"${pair.peer}" is of target "${peer.target}" and "${id}" of "${target}": a pair is of one`,
        { fix: "correct the target, or the peer" },
      );
    }
  }
}
