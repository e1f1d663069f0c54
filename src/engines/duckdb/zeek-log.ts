import type { BaselineSource } from "../../baseline/flow.ts";
import { recordDrops } from "../../baseline/sources/record.ts";
import { type ZeekField, zeekFields } from "../../baseline/sources/zeek-record.ts";
import type { ZeekHeader } from "../../baseline/sources/zeek-tsv.ts";
import { instant } from "../../baseline/time.ts";
import { AddressError, formatAddress, parseAddress } from "../../net/address.ts";
import { doubtful, dropReasons, type ZeekExpressions, zeekPartials } from "../sql/zeek-partials.ts";
import type { Database } from "./database.ts";
import { duckdb, literal } from "./dialect.ts";
import type { LineCount } from "./line-scan.ts";
import { isOneHeader } from "./zeek-header.ts";

/** A log that was aggregated in bulk: the rows are in the table `table`, those with a `reason` too. */
export type BulkSource = Omit<BaselineSource, "name" | "sha256">;

export interface ZeekFile {
  readonly path: string;
  readonly compression: "none" | "gzip" | "zstd";
  readonly header: ZeekHeader;
}

/** A name that no field of Zeek has: for columns of others, which are not read. */
const otherColumn = (index: number): string => `other_${index}`;

/** What the engine reads as numbers by itself: to it, 502.4 would be a port. */
const numbers: ReadonlySet<ZeekField> = new Set([
  "ts",
  "duration",
  "orig_pkts",
  "orig_ip_bytes",
  "resp_pkts",
  "resp_ip_bytes",
]);
const typeOf = (field: ZeekField | undefined): string =>
  field !== undefined && numbers.has(field) ? "DOUBLE" : "VARCHAR";

/** Aggregates a file into the new table `table`. */
export const aggregateZeekFile = (database: Database, file: ZeekFile, table: string): Promise<void> =>
  database.run(
    `CREATE TEMP TABLE ${table} AS ${zeekPartials(readZeekFile(file), zeekExpressions(file), duckdb)}`,
  );

/** The columns that a log has; NULL for the others. */
export function zeekExpressions({ header }: ZeekFile): ZeekExpressions {
  const present = new Set<ZeekField>(header.columns.map(([field]) => field));
  return Object.fromEntries(
    zeekFields.map((field) => [
      field,
      present.has(field)
        ? expressionOf(field)
        : `CAST(NULL AS ${field === "ip_proto" ? "UTINYINT" : typeOf(field)})`,
    ]),
  ) as ZeekExpressions;
}

/** What the engine makes of the text of a port, in a column of its own. */
const portColumns: Partial<Record<ZeekField, string>> = {
  "id.orig_p": "orig_port",
  "id.resp_p": "resp_port",
};

/**
 * A port, NULL where the text is no number as a log writes it (with zeros in front it may still be one, which the reader
 * that goes line by line decides). The engine also takes `40020.1`, `4e4` and `+502` for one. What it takes and is not longer than
 * the number has an exponent, so that it is a multiple of 100: only of these the text is compared, which costs more.
 */
function portOf(text: string, port: string): string {
  const length = `CASE WHEN ${port} > 9999 THEN 5 WHEN ${port} > 999 THEN 4 WHEN ${port} > 99 THEN 3 WHEN ${port} > 9 THEN 2 ELSE 1 END`;
  const isPlain = `CASE WHEN ${port} % 100 <> 0 THEN strlen(${text}) = ${length} ELSE CAST(${port} AS VARCHAR) = ${text} END`;
  return `CASE WHEN ${isPlain} THEN ${port} END`;
}

function expressionOf(field: ZeekField): string {
  const text = duckdb.name(field);
  const port = portColumns[field];
  if (port !== undefined) return portOf(text, port);
  return field === "ip_proto"
    ? `CASE WHEN regexp_full_match(${text}, '[0-9]{1,3}') THEN TRY_CAST(${text} AS UTINYINT) END`
    : text;
}

/** Reads a log as a table. The columns are those of its own header, in its order. */
export function readZeekFile({ path, compression, header }: ZeekFile): string {
  const fieldAt = new Map(header.columns.map(([field, column]) => [column, field]));
  const columns = Array.from({ length: header.width }, (_, index) => {
    const field = fieldAt.get(index);
    return `${literal(field ?? otherColumn(index))}: ${literal(typeOf(field))}`;
  });
  const options = {
    columns: `{${columns.join(", ")}}`,
    auto_detect: "false",
    header: "false",
    delim: literal(header.separator),
    quote: "''",
    escape: "''",
    comment: "''",
    new_line: "'\\n'",
    nullstr: `[${[header.unset, header.empty].map(literal).join(", ")}]`,
    compression: literal(compression),
    // What is no record is left out here and missed in the count.
    ignore_errors: "true",
  };
  const settings = Object.entries(options).map(([name, value]) => `${name} = ${value}`);
  // A name in the statement is a pattern, unless what is special in it is set in brackets.
  const name = literal(path.replaceAll(/[*?[\]]/g, "[$&]"));
  const ports = Object.entries(portColumns).map(
    ([field, port]) => `TRY_CAST(${duckdb.name(field)} AS USMALLINT) AS ${port}`,
  );
  return `(SELECT *, ${ports.join(", ")} FROM read_csv(${name}, ${settings.join(", ")}))`;
}

/**
 * What the rows of a file account for, or, as text, why the file must be read line by line instead: the engine skips
 * silently what it cannot read, so nothing counts but that all lines are there.
 */
export async function accountFor(
  database: Database,
  table: string,
  header: ZeekHeader,
  count: LineCount,
): Promise<BulkSource | string> {
  if (!isOneHeader(header, count)) return "its header changes";
  const widths = count.comments.map(([, text]) => text.split(header.separator).length);
  if (widths.includes(header.width)) return "a comment has as many columns as a record";
  const sums = await database.rows(
    `SELECT reason, sum(connections), min(first), max(last) FROM ${table} GROUP BY reason ORDER BY reason`,
  );
  if (sums.some(([reason]) => Number(reason) === doubtful)) return "it has times or counters that cannot be";
  const groups = sums.map(([reason, records, first, last]) => ({
    drop: dropReasons[Number(reason)],
    records: Number(records),
    first: secondsOf(first),
    last: secondsOf(last),
  }));
  const records = groups.reduce((sum, group) => sum + group.records, 0);
  const missing = count.lines - count.empty - count.comments.length - records;
  if (missing !== 0) return `${Math.abs(missing)} of its lines are no records`;
  // The engine takes a line with one column too many for a record, where that holds nothing.
  const separators = widths.reduce((sum, width) => sum + width - 1, records * (header.width - 1));
  if (separators !== count.separators) return "some of its lines have a column too many";
  const drops = groups.flatMap(({ drop, records: number }) =>
    drop === undefined ? [] : [{ ...recordDrops[drop], records: number }],
  );
  const rejects = drops.filter(({ kind }) => kind === "rejected");
  if (rejects.length > 0) return `it has records of which this holds: ${rejects[0]!.reason}`;
  const odd = await oddAddress(database, table);
  if (odd !== undefined) return `it writes addresses in other ways than usual (${odd})`;
  const used = groups.find(({ drop }) => drop === undefined);
  // The reader that goes line by line tells so.
  if (used === undefined && count.lines > 0) return "none of its lines gives a flow";
  const [firstSeen, lastSeen] = [instant(used?.first ?? Number.NaN), instant(used?.last ?? Number.NaN)];
  const ignored = [
    ["header or comment", count.comments.length],
    ["empty line", count.empty],
    ...drops.map(({ reason, records: number }) => [reason, number] as const),
  ] as const;
  return {
    format: "Zeek conn.log (TSV)",
    ...(firstSeen === undefined ? {} : { firstSeen }),
    ...(lastSeen === undefined ? {} : { lastSeen }),
    accounting: {
      unit: "lines",
      read: count.lines,
      used: used?.records ?? 0,
      ignored: Object.fromEntries(ignored.filter(([, number]) => number > 0).toSorted()),
      rejected: {},
    },
  };
}

const secondsOf = (micros: unknown): number => (micros === null ? Number.NaN : Number(micros) / 1e6);

/** An address that is not in its canonical form, where the same host would be two, or none at all, whatever else its record lacks. */
async function oddAddress(database: Database, table: string): Promise<string | undefined> {
  const addresses = await database.rows(`SELECT DISTINCT unnest([a, b]) FROM ${table}`);
  return addresses.map(([address]) => String(address)).find((address) => !isCanonical(address));
}

function isCanonical(text: string): boolean {
  try {
    const { family, from } = parseAddress(text);
    return formatAddress(family, from) === text;
  } catch (error) {
    if (error instanceof AddressError) return false;
    throw error;
  }
}
