import type { Verdict } from "./syntax.ts";

/** Targets of iptables that change or note a packet and let the next rule go on with it. */
const goesOn = new Set(
  (
    "AUDIT CHECKSUM CLASSIFY CONNMARK CONNSECMARK CT DSCP ECN FLOWOFFLOAD HL HMARK IDLETIMER LED LOG MARK NFLOG NOTRACK " +
    "RATEEST SECMARK SET TCPMSS TCPOPTSTRIP TEE TOS TRACE TTL"
  ).split(" "),
);

/** Those that translate an address and let the packet pass. */
const translating = new Set(["DNAT", "SNAT", "MASQUERADE", "REDIRECT", "NETMAP"]);

/** What a target of iptables that nft lists by its name does with a packet; undefined when the next rule goes on. */
export function fateOfTarget(name: string): Verdict | undefined {
  if (goesOn.has(name)) return undefined;
  if (translating.has(name)) return { kind: "accept" };
  return { kind: name === "REJECT" ? "drop" : "unknown" };
}
