import { goingOn } from "../../xt-targets.ts";
import type { Verdict } from "./syntax.ts";

const goesOn: ReadonlySet<string> = new Set(goingOn);

/** Those that translate an address and let the packet pass. */
const translating = new Set(["DNAT", "SNAT", "MASQUERADE", "REDIRECT", "NETMAP"]);

/** What a target of iptables that nft lists by its name does with a packet; undefined when the next rule goes on. */
export function fateOfTarget(name: string): Verdict | undefined {
  if (goesOn.has(name)) return undefined;
  if (translating.has(name)) return { kind: "accept" };
  return { kind: name === "REJECT" ? "drop" : "unknown" };
}
