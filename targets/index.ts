import type { Target } from "../src/target.ts";
import { nftables } from "./nftables/target.ts";

/** Every back end by the name that a site file uses. */
export const targets: ReadonlyMap<string, Target> = new Map(
  [nftables].map((target) => [target.name, target]),
);
