import {
  clockSkew,
  fewestPackets,
  missedPackets,
  missedShare,
  spanShare,
} from "../../baseline/points/ledger.ts";
import type { Database } from "./database.ts";
import { duckdb } from "./dialect.ts";
import { readZeekFile, type ZeekFile, zeekExpressions } from "./zeek-log.ts";

/**
 * Whether several logs hold the same connection, as two sensors write it. It asks no more of a copy than the ledger of
 * conversations does, which then judges: none may pass unseen here.
 */
export async function haveCopies(database: Database, files: readonly ZeekFile[]): Promise<boolean> {
  if (files.length < 2) return false;
  const records = files.map((file, index) => {
    const fields = zeekExpressions(file);
    const columns = {
      [duckdb.name("file")]: String(index),
      ends: `[concat(${fields["id.orig_h"]}, ' ', ${fields["id.orig_p"]}), concat(${fields["id.resp_h"]}, ' ', ${fields["id.resp_p"]})]`,
      packets: `[coalesce(${fields.orig_pkts}, 0), coalesce(${fields.resp_pkts}, 0)]`,
      protocol: `coalesce(CAST(${fields.ip_proto} AS VARCHAR), ${fields.proto})`,
      started: fields.ts,
      ended: `${fields.ts} + CASE WHEN ${fields.duration} >= 0 THEN ${fields.duration} ELSE 0 END`,
    };
    const list = Object.entries(columns).map(([name, expression]) => `${expression} AS ${name}`);
    return `SELECT ${list.join(", ")} FROM ${readZeekFile(file)}`;
  });
  const near = (name: string): string =>
    `abs(one.${name} - other.${name}) <= greatest(${clockSkew}, ${spanShare} * greatest(one.ended - one.started, other.ended - other.started))`;
  const alike = (one: string, other: string): string =>
    `(${one} = 0) = (${other} = 0) AND abs(${one} - ${other}) <= greatest(${missedPackets}, ${missedShare} * greatest(${one}, ${other}))`;
  const count = (side: string, end: 1 | 2): string => `CAST(${side}.packets[${end}] AS DOUBLE)`;
  const rows = await database.rows(
    `WITH records AS (${records.join(" UNION ALL ")}),
ordered AS (SELECT "file", protocol, started, ended, list_sort(ends) AS pair,
  CASE WHEN ends[1] <= ends[2] THEN packets ELSE list_reverse(packets) END AS packets FROM records),
files AS (SELECT "file", max(ended) AS until FROM ordered GROUP BY "file")
SELECT 1 FROM ordered one JOIN files USING ("file") JOIN ordered other
  ON one.pair = other.pair AND one.protocol = other.protocol AND one."file" < other."file"
WHERE (${count("other", 1)} + ${count("other", 2)} >= ${fewestPackets} OR other.ended <= files.until) AND ${near("started")} AND ${near("ended")}
  AND ${alike(count("one", 1), count("other", 1))} AND ${alike(count("one", 2), count("other", 2))} LIMIT 1`,
  );
  return rows.length > 0;
}
