/**
 * The columns of a partial, in the store's files and in every engine's answer: `FlowPartial` with times in
 * microseconds since 1970, ports and types as numbers. `until` is the last slot of the presence that starts in `slot`;
 * `presence` holds further pairs. `requests` is NULL where earlier partials of the same file have enough of them;
 * `longest_gap` and `last_request` stand in for them.
 */
export const partialColumns = {
  a: "VARCHAR",
  b: "VARCHAR",
  protocol: "UTINYINT",
  a_port: "USMALLINT",
  b_port: "USMALLINT",
  icmp_type: "UTINYINT",
  slot: "INTEGER",
  connections: "UBIGINT",
  packets: "DOUBLE",
  packets_back: "DOUBLE",
  bytes: "DOUBLE",
  bytes_back: "DOUBLE",
  first: "BIGINT",
  last: "BIGINT",
  until: "INTEGER",
  presence: "INTEGER[]",
  evidence: "UTINYINT",
  flags: "UTINYINT",
  requests: "BIGINT[]",
  requests_back: "BIGINT[]",
  last_request: "BIGINT",
  longest_gap: "BIGINT",
  longest_gap_back: "BIGINT",
} as const;
export type PartialColumn = keyof typeof partialColumns;

/** What tells flows apart. */
export const keyColumns = [
  "a",
  "b",
  "protocol",
  "a_port",
  "b_port",
  "icmp_type",
] as const satisfies readonly PartialColumn[];
