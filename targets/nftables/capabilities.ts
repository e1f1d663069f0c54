import { portProtocols } from "../../src/net/protocol.ts";
import type { Capabilities } from "../../src/target.ts";

/** Of nft 1.0.6 and the concatenated interval sets of Linux 5.6 and newer (`nft_set_pipapo`). */
export const capabilities: Capabilities = {
  // NFT_NAME_MAXLEN of the kernel, less the terminating zero.
  nameLength: 255,
  lookup: { kind: "sets" },
  // An element of a concatenation has one range in each place.
  portSlots: 1,
  addressLists: false,
  addressRanges: "whole",
  disjointElements: true,
  // `th dport` reads what the header starts with: ports for these.
  portProtocols: [...portProtocols],
  portNumbers: { lowest: 0, widest: 65_536 },
  sessions: ["rematch", "drain", "cut"],
  pairs: "each",
  lease: "kernel",
  judge: "real",
};
