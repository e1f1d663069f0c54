import type { Target } from "../src/target.ts";
import { iptables } from "./iptables/target.ts";
import { nftables } from "./nftables/target.ts";

/** Every back end by the name that a site file uses. */
export const targets: ReadonlyMap<string, Target> = new Map(
  [nftables, iptables].map((target) => [target.name, target]),
);
