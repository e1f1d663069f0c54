import { requestLimit } from "../../baseline/conversation.ts";
import { partialFlags } from "../../baseline/partial.ts";
import { slotLength } from "../../baseline/presence.ts";
import { identifier, literal } from "../duckdb/dialect.ts";
import {
  keyColumns,
  type PartialColumn,
  partialColumns,
  type StoredColumn,
  storedColumns,
  storedType,
} from "./columns.ts";

const keys = keyColumns.map(identifier).join(", ");
const sameKey = (one: string, other: string): string =>
  keyColumns.map((name) => `${one}."${name}" IS NOT DISTINCT FROM ${other}."${name}"`).join(" AND ");

/** Reads files that `partialLines` wrote. */
function fromLines(paths: readonly string[]): string {
  const columns = Object.entries(partialColumns).map(([name, type]) => `${literal(name)}: ${literal(type)}`);
  return `read_json([${paths.map(literal).join(", ")}], format = 'newline_delimited', columns = {${columns.join(", ")}})`;
}

const stored = (paths: readonly string[]): string => `read_parquet([${paths.map(literal).join(", ")}])`;

/** The longest time between two requests that a partial holds. */
const gap =
  "coalesce(list_max(list_transform(list_zip(requests[2:], requests[:-2]), lambda pair: pair[1] - pair[2])), 0)";

/** All slots of a partial, as a list of pairs. */
const pairs =
  "list_transform(range(1, coalesce(len(presence), 0), 2), lambda start: presence[start:start + 1])";

/** Adds rows with the columns of partials or of a file of the store, and their `pairs`, up to rows of such a file. */
const sums = Object.entries(storedColumns)
  .map(([name, sum]) => `CAST(${sum} AS ${storedType(name as StoredColumn)}) AS ${identifier(name)}`)
  .join(", ");

/**
 * Writes partials as a file of the store, one row for each flow: of each the earliest requests only, which are all that a
 * cadence is taken from, and of later ones their longest gap. Requests that the store has already count among the
 * earlier, so that what is added day by day keeps none, and costs no more to read than it has flows.
 * @param lines files of partials.
 * @param before the files of the store.
 */
export function writePart(lines: readonly string[], before: readonly string[], path: string): string {
  // Files in which nothing talked give no lines.
  const all = lines.length === 0 ? "" : ` UNION ALL BY NAME SELECT * FROM ${fromLines(lines)}`;
  const empty = Object.entries(partialColumns).map(
    ([name, type]) => `CAST(NULL AS ${type}) AS ${identifier(name)}`,
  );
  const isLate = 'partial."first" > limits.until_first';
  const special: Partial<Record<PartialColumn, string>> = {
    requests: `CASE WHEN ${isLate} THEN NULL ELSE requests END`,
    last_request: "coalesce(last_request, requests[-1])",
    longest_gap: `greatest(longest_gap, CASE WHEN ${isLate} THEN greatest(${gap}, limits.silence) END, 0)`,
  };
  const columns = Object.entries(partialColumns).map(([name, type]) => {
    const expression = special[name as PartialColumn] ?? `partial.${identifier(name)}`;
    return `CAST(${expression} AS ${type}) AS ${identifier(name)}`;
  });
  const earlierFiles =
    before.length === 0 ? "" : `UNION ALL SELECT ${keys}, "first", kept, last_request FROM ${stored(before)}`;
  const earlier = '(PARTITION BY flow ORDER BY "first" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)';
  return `COPY (
  WITH partial AS (SELECT ${empty.join(", ")} WHERE false${all}),
  known AS (SELECT ${keys}, "first", len(requests) AS kept, coalesce(last_request, requests[-1]) AS last_request
    FROM partial ${earlierFiles}),
  frequent AS (SELECT ${keys}, row_number() OVER () AS flow FROM known GROUP BY ${keys}
    HAVING sum(kept) > ${requestLimit}),
  timed AS (SELECT flow, "first", coalesce(sum(kept) OVER earlier, 0) AS before,
    "first" - max(last_request) OVER earlier AS silence
    FROM known JOIN frequent ON ${sameKey("known", "frequent")} WINDOW earlier AS ${earlier}),
  enough AS (SELECT flow, max("first") FILTER (before < ${requestLimit}) AS until_first,
    max(silence) FILTER (before >= ${requestLimit}) AS silence FROM timed GROUP BY flow),
  limits AS (SELECT * FROM frequent JOIN enough USING (flow)),
  reduced AS (SELECT ${columns.join(", ")}, ${pairs} AS pairs
    FROM partial LEFT JOIN limits ON ${sameKey("partial", "limits")})
  SELECT ${sums} FROM reduced GROUP BY ${keys} ORDER BY ${keys}
) TO ${literal(path)} (FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd)`;
}

/** Microseconds that a flow may be in two files and still go on from one into the other: logs of one sensor touch. */
const mostShared = 2 * slotLength * 1e6;

/** How many flows a file of the store has, and how many of them others have at the same time. */
export function countInBoth(path: string, others: readonly string[]): string {
  const shared = `least(added."last", other."last") - greatest(added."first", other."first")`;
  return `SELECT count(*), count(*) FILTER (EXISTS (SELECT 1 FROM ${stored(others)} other
    WHERE ${sameKey("added", "other")} AND ${shared} > ${mostShared})) FROM ${stored([path])} added`;
}

/**
 * Rows of a store, those of one flow in the order of their time; all numbers are doubles. Of each flow there is one for
 * every file that keeps requests of it, or begins in the middle of a connection, and one for all others: most files of a store
 * that grew day by day keep none.
 */
export function readFlows(paths: readonly string[]): string {
  const columns = Object.keys(storedColumns).map((name) => {
    const type = storedType(name as StoredColumn);
    const read = type === "VARCHAR" ? "VARCHAR" : type.endsWith("[]") ? "DOUBLE[]" : "DOUBLE";
    return `CAST(${identifier(name)} AS ${read}) AS ${identifier(name)}`;
  });
  const isApart = `(kept > 0 OR (CAST(flags AS UTINYINT) & ${partialFlags.midway}) > 0)`;
  const others = `SELECT * FROM ${stored(paths)} WHERE NOT ${isApart}`;
  return `WITH merged AS (SELECT * FROM ${stored(paths)} WHERE ${isApart}
UNION ALL BY NAME SELECT ${sums} FROM (SELECT *, ${pairs} AS pairs FROM (${others})) GROUP BY ${keys})
SELECT ${columns.join(", ")} FROM merged ORDER BY ${keys}, "first"`;
}
