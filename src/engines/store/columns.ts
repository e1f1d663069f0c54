/**
 * The columns of a partial, as `partialLines` writes it: `FlowPartial` with times in microseconds since 1970, ports and types as
 * numbers. `requests` is NULL where earlier partials of the same addition have enough of them; `longest_gap` and
 * `last_request` stand in for them.
 */
export const partialColumns = {
  a: "VARCHAR",
  b: "VARCHAR",
  protocol: "UTINYINT",
  a_port: "USMALLINT",
  b_port: "USMALLINT",
  icmp_type: "UTINYINT",
  connections: "UBIGINT",
  packets: "DOUBLE",
  packets_back: "DOUBLE",
  bytes: "DOUBLE",
  bytes_back: "DOUBLE",
  first: "BIGINT",
  last: "BIGINT",
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

/**
 * The columns of a file of the store, each with the sum over the partials of one flow that it holds: a file has one row
 * for each flow. `presence` holds all slots, as pairs in order that neither overlap nor touch; requests are in order, and
 * `kept` says how many there are.
 */
export const storedColumns = {
  a: "a",
  b: "b",
  protocol: "protocol",
  a_port: "a_port",
  b_port: "b_port",
  icmp_type: "icmp_type",
  connections: "sum(connections)",
  packets: "sum(packets)",
  packets_back: "sum(packets_back)",
  bytes: "sum(bytes)",
  bytes_back: "sum(bytes_back)",
  first: 'min("first")',
  last: 'max("last")',
  presence: joined("flatten(list(pairs))"),
  evidence: "max(evidence)",
  flags: "bit_or(flags)",
  kept: "coalesce(sum(len(requests)), 0)",
  requests: merged("requests"),
  requests_back: `CASE WHEN count(requests_back) > 0 THEN ${merged("coalesce(requests_back, requests)")} END`,
  last_request: "max(last_request)",
  longest_gap: "max(longest_gap)",
  longest_gap_back: "max(coalesce(longest_gap_back, longest_gap))",
} as const satisfies Partial<Record<PartialColumn | "kept", string>>;
export type StoredColumn = keyof typeof storedColumns;
export const storedType = (name: StoredColumn): string =>
  name === "kept" ? "UINTEGER" : partialColumns[name];

function merged(requests: string): string {
  return `list_sort(coalesce(flatten(list(${requests}) FILTER (requests IS NOT NULL)), []))`;
}

/** Pairs from and to as one list, where those that overlap or touch are one. */
function joined(pairs: string): string {
  return `list_reduce(list_sort(${pairs}), lambda whole, pair: CASE WHEN pair[1] <= whole[-1] + 1
    THEN list_append(whole[:-2], greatest(whole[-1], pair[2])) ELSE list_concat(whole, pair) END, [])`;
}
