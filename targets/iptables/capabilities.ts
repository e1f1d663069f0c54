import { portProtocols } from "../../src/net/protocol.ts";
import type { Capabilities } from "../../src/target.ts";

/** Of iptables 1.8 in both variants: a rule names one range per address, and a tree of chains stands in for sets. */
export const capabilities = {
  // Of a chain: XT_EXTENSION_MAXNAMELEN of the kernel, as iptables itself limits it.
  nameLength: 28,
  // The kernel of the nft variant counts gotos as jumps (NFT_JUMP_STACK_SIZE, 16): FORWARD, and 15 of ours.
  lookup: { kind: "tree", chains: 15 },
  // XT_MULTI_PORTS of `-m multiport`.
  portSlots: 15,
  addressLists: false,
  // `-m iprange` where a range is no prefix.
  addressRanges: "whole",
  // Rules may overlap; apart, each packet is counted for one permit whatever the order of the tree.
  disjointElements: true,
  // `-m multiport` where a protocol has no match of its own.
  portProtocols: [...portProtocols],
  portNumbers: { lowest: 0, widest: 65_536 },
  sessions: ["rematch", "drain", "cut"],
  pairs: "each",
  // `-m recent`.
  lease: "kernel",
  judge: "real",
} as const satisfies Capabilities;
