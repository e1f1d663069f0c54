import { requestLimit } from "../../baseline/conversation.ts";
import { duckdb, literal } from "../duckdb/dialect.ts";
import { keyColumns, type PartialColumn, partialColumns } from "./columns.ts";

const keys = keyColumns.map(duckdb.name).join(", ");
/** The longest time between two requests that a partial holds. */
const gap =
  "coalesce(list_max(list_transform(list_zip(requests[2:], requests[:-2]), lambda pair: pair[1] - pair[2])), 0)";
/** Earlier partials of the flow hold enough requests for its cadence. */
const isLate = `coalesce(earlier_requests, 0) >= ${requestLimit}`;
/** Earlier partials of the same flow. */
const earlier = (order: string): string =>
  `(PARTITION BY ${keys} ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`;

/** Reads a file that `partialLines` wrote. */
export const fromLines = (path: string): string => {
  const columns = Object.entries(partialColumns).map(([name, type]) => `${literal(name)}: ${literal(type)}`);
  return `read_json(${literal(path)}, format = 'newline_delimited', columns = {${columns.join(", ")}})`;
};

/** Rows that an engine made of a log, without those that are no flows. */
export const fromEngine = (table: string): string =>
  `(SELECT * EXCLUDE (reason) FROM ${table} WHERE reason = 0)`;

/**
 * Writes partials as a file of the store: of each flow the earliest requests only, which are all that a cadence is
 * taken from, and for the others their longest gap.
 */
export function writePart(tables: readonly string[], path: string): string {
  const all = tables.map((table) => `SELECT * FROM ${table}`).join(" UNION ALL BY NAME ");
  const special: Partial<Record<PartialColumn, string>> = {
    requests: `CASE WHEN NOT ${isLate} THEN requests END`,
    last_request: "coalesce(last_request, requests[-1])",
    longest_gap: `greatest(coalesce(longest_gap, 0), CASE WHEN ${isLate} THEN ${gap} ELSE 0 END)`,
  };
  const columns = Object.entries(partialColumns).map(
    ([name, type]) =>
      `CAST(${special[name as PartialColumn] ?? duckdb.name(name)} AS ${type}) AS ${duckdb.name(name)}`,
  );
  const empty = Object.entries(partialColumns).map(
    ([name, type]) => `CAST(NULL AS ${type}) AS ${duckdb.name(name)}`,
  );
  return `COPY (
  WITH partial AS (SELECT ${empty.join(", ")} WHERE false UNION ALL BY NAME ${all}),
  ranked AS (SELECT *, sum(len(requests)) OVER ${earlier('"first"')} AS earlier_requests FROM partial)
  SELECT ${columns.join(", ")} FROM ranked ORDER BY ${keys}, slot
) TO ${literal(path)} (FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd)`;
}

/** Columns of `readFlows`, in their order: all numbers are doubles, times in microseconds. */
export const flowColumns = {
  a: "a",
  b: "b",
  protocol: "protocol",
  aPort: "a_port",
  bPort: "b_port",
  icmpType: "icmp_type",
  connections: "sum(connections)",
  packets: "sum(packets)",
  packetsBack: "sum(packets_back)",
  bytes: "sum(bytes)",
  bytesBack: "sum(bytes_back)",
  first: 'min("first")',
  last: 'max("last")',
  evidence: "max(evidence)",
  flags: "bit_or(flags)",
  longestGap: "greatest(max(longest_gap), max(silence), 0)",
  longestGapBack: "greatest(max(coalesce(longest_gap_back, longest_gap)), max(silence), 0)",
  bothSent: "count(requests_back)",
} as const;
export const flowLists = {
  slots: "list(slot) FILTER (until IS NOT NULL)",
  untils: "list(until) FILTER (until IS NOT NULL)",
  presence: "flatten(list(presence) FILTER (presence IS NOT NULL))",
  requests: `flatten(list(requests) FILTER (NOT ${isLate} AND requests IS NOT NULL))`,
  requestsBack: `flatten(list(coalesce(requests_back, requests)) FILTER (NOT ${isLate} AND requests IS NOT NULL))`,
} as const;

/** Adds up the partials of all files of a store: one row per flow. */
export function readFlows(paths: readonly string[]): string {
  const numbers = Object.entries(flowColumns).map(([name, expression]) =>
    name === "a" || name === "b" ? name : `CAST(${expression} AS DOUBLE) AS ${duckdb.name(name)}`,
  );
  const lists = Object.entries(flowLists).map(
    ([name, expression]) => `CAST(coalesce(${expression}, []) AS DOUBLE[]) AS ${duckdb.name(name)}`,
  );
  const window = earlier('"first"');
  return `WITH partial AS (SELECT * FROM read_parquet([${paths.map(literal).join(", ")}])),
timed AS (SELECT *, sum(len(requests)) OVER ${window} AS earlier_requests,
  "first" - max(last_request) OVER ${window} AS silence_before FROM partial),
spaced AS (SELECT *, CASE WHEN ${isLate} THEN greatest(silence_before, ${gap}) END AS silence FROM timed)
SELECT ${[...numbers, ...lists].join(",\n  ")}
FROM spaced GROUP BY ${keys} ORDER BY ${keys}`;
}
