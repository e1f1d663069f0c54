import { portProtocols } from "../../src/net/protocol.ts";
import type { Capabilities } from "../../src/target.ts";
import { nameLength } from "./names.ts";

/** Of iptables 1.8 in both variants: a rule names one range per address, and a tree of chains stands in for sets. */
export const capabilities: Capabilities = {
  nameLength,
  // Rules may overlap; apart, each packet is counted for one permit whatever the order of the tree.
  disjointElements: true,
  // `-m multiport` where a protocol has no match of its own.
  portProtocols: [...portProtocols],
  // A drain would begin anew with the confirm: `-m recent` counts from the moment at which it is told, and no later.
  sessions: ["rematch", "cut"],
  pairs: "each",
  // `-m recent`.
  lease: "kernel",
  judge: "real",
};
