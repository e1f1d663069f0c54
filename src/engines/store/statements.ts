import { requestLimit } from "../../baseline/conversation.ts";
import { duckdb, literal } from "../duckdb/dialect.ts";
import { keyColumns, type PartialColumn, partialColumns } from "./columns.ts";

const keys = keyColumns.map(duckdb.name).join(", ");
const sameKey = (one: string, other: string): string =>
  keyColumns.map((name) => `${one}."${name}" IS NOT DISTINCT FROM ${other}."${name}"`).join(" AND ");

/** Reads a file that `partialLines` wrote. */
export const fromLines = (path: string): string => {
  const columns = Object.entries(partialColumns).map(([name, type]) => `${literal(name)}: ${literal(type)}`);
  return `read_json(${literal(path)}, format = 'newline_delimited', columns = {${columns.join(", ")}})`;
};

/** Rows that an engine made of a log, without those that are no flows. */
export const fromEngine = (table: string): string =>
  `(SELECT * EXCLUDE (reason) FROM ${table} WHERE reason = 0)`;

/** The longest time between two requests that a partial holds. */
const gap =
  "coalesce(list_max(list_transform(list_zip(requests[2:], requests[:-2]), lambda pair: pair[1] - pair[2])), 0)";

/**
 * Writes partials as a file of the store: of each flow the earliest requests only, which are all that a cadence is
 * taken from, and of later ones their longest gap.
 */
export function writePart(tables: readonly string[], path: string): string {
  const all = tables.map((table) => `SELECT * FROM ${table}`).join(" UNION ALL BY NAME ");
  const empty = Object.entries(partialColumns).map(
    ([name, type]) => `CAST(NULL AS ${type}) AS ${duckdb.name(name)}`,
  );
  const isLate = 'partial."first" > enough.until_first';
  const special: Partial<Record<PartialColumn, string>> = {
    requests: `CASE WHEN ${isLate} THEN NULL ELSE requests END`,
    last_request: "coalesce(last_request, requests[-1])",
    longest_gap: `greatest(longest_gap, CASE WHEN ${isLate} THEN greatest(${gap}, enough.silence) END, 0)`,
  };
  const columns = Object.entries(partialColumns).map(([name, type]) => {
    const expression = special[name as PartialColumn] ?? `partial.${duckdb.name(name)}`;
    return `CAST(${expression} AS ${type}) AS ${duckdb.name(name)}`;
  });
  const earlier = `(PARTITION BY ${keys} ORDER BY "first" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`;
  return `COPY (
  WITH partial AS (SELECT ${empty.join(", ")} WHERE false UNION ALL BY NAME ${all}),
  frequent AS (SELECT ${keys} FROM partial GROUP BY ${keys} HAVING sum(len(requests)) > ${requestLimit}),
  timed AS (SELECT ${keys}, "first", coalesce(sum(len(requests)) OVER earlier, 0) AS before,
    "first" - max(coalesce(last_request, requests[-1])) OVER earlier AS silence
    FROM partial WHERE EXISTS (SELECT 1 FROM frequent WHERE ${sameKey("partial", "frequent")}) WINDOW earlier AS ${earlier}),
  enough AS (SELECT ${keys}, max("first") FILTER (before < ${requestLimit}) AS until_first,
    max(silence) FILTER (before >= ${requestLimit}) AS silence FROM timed GROUP BY ${keys})
  SELECT ${columns.join(", ")} FROM partial LEFT JOIN enough ON ${sameKey("partial", "enough")}
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
  lastRequest: "max(last_request)",
  longestGap: "max(longest_gap)",
  longestGapBack: "max(coalesce(longest_gap_back, longest_gap))",
  bothSent: "count(requests_back)",
} as const;
export const flowLists = {
  slots: "list(slot) FILTER (until IS NOT NULL)",
  untils: "list(until) FILTER (until IS NOT NULL)",
  presence: "flatten(list(presence) FILTER (presence IS NOT NULL))",
  requests: "flatten(list(requests) FILTER (requests IS NOT NULL))",
  requestsBack: "flatten(list(coalesce(requests_back, requests)) FILTER (requests IS NOT NULL))",
} as const;

/** Adds up the partials of a store: one row per flow and file, those of one flow in the order of their time. */
export function readFlows(paths: readonly string[]): string {
  const numbers = Object.entries(flowColumns).map(([name, expression]) =>
    name === "a" || name === "b" ? name : `CAST(${expression} AS DOUBLE) AS ${duckdb.name(name)}`,
  );
  const lists = Object.entries(flowLists).map(
    ([name, expression]) => `CAST(coalesce(${expression}, []) AS DOUBLE[]) AS ${duckdb.name(name)}`,
  );
  const parts = paths.map((path, index) => `SELECT *, ${index} AS part FROM read_parquet(${literal(path)})`);
  return `WITH partial AS (${parts.join(" UNION ALL ")})
SELECT ${[...numbers, ...lists].join(",\n  ")}
FROM partial GROUP BY ${keys}, part ORDER BY ${keys}, min("first")`;
}
