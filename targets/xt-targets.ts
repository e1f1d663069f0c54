/** Targets of iptables that change or note a packet and let the next rule go on with it (iptables-extensions(8)). */
export const goingOn: readonly string[] = (
  "AUDIT CHECKSUM CLASSIFY CONNMARK CONNSECMARK CT DSCP ECN FLOWOFFLOAD HL HMARK IDLETIMER LED LOG MARK NFLOG NOTRACK " +
  "RATEEST SECMARK SET TCPMSS TCPOPTSTRIP TEE TOS TRACE TTL"
).split(" ");
