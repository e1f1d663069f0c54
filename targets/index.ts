import type { Target } from "../src/target.ts";
import { iptables } from "./iptables/target.ts";
import { nftables } from "./nftables/target.ts";
import { pfsense } from "./pfsense/target.ts";

/** Every back end by the name that a site file uses. */
export const targets: ReadonlyMap<string, Target> = new Map(
  [nftables, iptables, pfsense].map((target) => [target.name, target]),
);
