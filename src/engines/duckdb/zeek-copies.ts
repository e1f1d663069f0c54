import { clockSkew, missedPackets, missedShare } from "../../baseline/points/counts.ts";
import { fewestPackets, spanShare } from "../../baseline/points/ledger.ts";
import type { ZeekHeader } from "../../baseline/sources/zeek-header.ts";
import type { ZeekField } from "../../baseline/sources/zeek-record.ts";
import type { Database } from "./database.ts";
import { identifier, literal } from "./dialect.ts";

/** A conn.log whose lines all stand under one header. */
export interface ZeekFile {
  readonly path: string;
  readonly compression: "none" | "gzip" | "zstd";
  readonly header: ZeekHeader;
  /** How many of its lines are records. */
  readonly records: number;
}

/**
 * Whether several logs may hold the same connection, as two sensors write it. It asks no more of a copy than the ledger of
 * conversations does, which then judges: none may pass unseen here.
 */
export async function mayHaveCopies(database: Database, files: readonly ZeekFile[]): Promise<boolean> {
  await database.run(`CREATE TEMP TABLE records AS ${files.map(recordsOf).join(" UNION ALL ")}`);
  const counts = await database.rows('SELECT "file", count(*) FROM records GROUP BY "file"');
  const read = new Map(counts.map(([file, count]) => [Number(file), Number(count)]));
  // The engine skips silently what it cannot read.
  const allRead = files.every(({ records }, index) => (read.get(index) ?? 0) === records);
  const found = allRead ? await database.rows(copies) : [];
  await database.run("DROP TABLE records");
  return !allRead || found.length > 0;
}

function recordsOf(file: ZeekFile, index: number): string {
  const present = new Set(file.header.columns.map(([field]) => field));
  const text = (field: ZeekField): string =>
    present.has(field) ? identifier(field) : "CAST(NULL AS VARCHAR)";
  const number = (field: ZeekField): string => `TRY_CAST(${text(field)} AS DOUBLE)`;
  const end = (side: "orig" | "resp"): string =>
    `concat(${text(`id.${side}_h`)}, ' ', TRY_CAST(${text(`id.${side}_p`)} AS INTEGER))`;
  const lasted = `CASE WHEN ${number("duration")} >= 0 THEN ${number("duration")} ELSE 0 END`;
  const columns = {
    file: String(index),
    protocol: `coalesce(${text("ip_proto")}, ${text("proto")})`,
    started: number("ts"),
    ended: `${number("ts")} + ${lasted}`,
    pair: `list_sort([${end("orig")}, ${end("resp")}])`,
    packets: `CASE WHEN ${end("orig")} <= ${end("resp")} THEN ${counts("orig", "resp")} ELSE ${counts("resp", "orig")} END`,
  };
  function counts(one: "orig" | "resp", other: "orig" | "resp"): string {
    return `[coalesce(${number(`${one}_pkts`)}, 0), coalesce(${number(`${other}_pkts`)}, 0)]`;
  }
  const list = Object.entries(columns).map(([name, expression]) => `${expression} AS ${identifier(name)}`);
  return `SELECT ${list.join(", ")} FROM ${readLog(file)}`;
}

const near = (name: string): string =>
  `abs(one.${name} - other.${name}) <= greatest(${clockSkew}, ${spanShare} * greatest(one.ended - one.started, other.ended - other.started))`;
const count = (side: "one" | "other", end: 1 | 2): string => `${side}.packets[${end}]`;
const alike = (end: 1 | 2): string => {
  const [one, other] = [count("one", end), count("other", end)];
  return `(${one} = 0) = (${other} = 0) AND abs(${one} - ${other}) <= greatest(${missedPackets}, ${missedShare} * greatest(${one}, ${other}))`;
};

const copies = `WITH files AS (SELECT "file", max(ended) AS until FROM records GROUP BY "file")
SELECT 1 FROM records one JOIN files USING ("file") JOIN records other
  ON one.pair = other.pair AND one.protocol = other.protocol AND one."file" < other."file"
WHERE (${count("other", 1)} + ${count("other", 2)} >= ${fewestPackets} OR other.ended <= files.until)
  AND ${near("started")} AND ${near("ended")} AND ${alike(1)} AND ${alike(2)} LIMIT 1`;

/** A log as a table of texts, in columns that have the names of the fields. */
function readLog({ path, compression, header }: ZeekFile): string {
  const fieldAt = new Map(header.columns.map(([field, column]) => [column, field]));
  // A name that no field of Zeek has: for columns of others.
  const columns = Array.from(
    { length: header.width },
    (_, index) => `${literal(fieldAt.get(index) ?? `other_${index}`)}: 'VARCHAR'`,
  );
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
    ignore_errors: "true",
  };
  const settings = Object.entries(options).map(([name, value]) => `${name} = ${value}`);
  // A name in the statement is a pattern, unless what is special in it is set in brackets.
  const name = literal(path.replaceAll(/[*?[\]]/g, "[$&]"));
  return `read_csv(${name}, ${settings.join(", ")})`;
}
