import type { Capabilities } from "../../src/target.ts";

/** Of pfSense 2.7.0 and newer (FreeBSD 14's pf). */
export const capabilities: Capabilities = {
  // PF_TABLE_NAME_SIZE is 32 with the terminating zero; pfSense wants the same of an alias.
  nameLength: 31,
  lookup: { kind: "list" },
  // A list of ports is many rules to pf (parse.y), and a port alias is dropped where pfSense does not find it.
  portSlots: 1,
  // Tables, which pfSense calls aliases.
  addressLists: true,
  // A range empties an alias until its resolver has run.
  addressRanges: "prefixes",
  // Match rules are not exclusive: each counts every packet that it admits.
  disjointElements: false,
  // pf of this age takes ports of these two only; SCTP came with FreeBSD 15 (pf.conf(5)).
  portProtocols: [6, 17],
  // pfSense writes no port at all for 0, which PHP takes for none, and for 1-65535 (filter.inc: filter_generate_port).
  portNumbers: { lowest: 1, widest: 65_534 },
  // pf asks its table of states before its rules: a session goes on until its state is gone.
  sessions: ["cut"],
  // The primary overwrites the filter of its peer (XMLRPC sync); anchors, and so trials, are not handed on.
  pairs: "primary",
  // pf has no rule that expires.
  lease: "helper",
  // FreeBSD does not run where this was built.
  judge: "nobody",
};
