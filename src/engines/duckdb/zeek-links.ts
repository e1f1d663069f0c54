import { type LinkSighting, linkSightings } from "../../baseline/links/sightings.ts";
import { readZeekRecord, type ZeekField, type ZeekRecord } from "../../baseline/sources/zeek-record.ts";
import type { ZeekHeader } from "../../baseline/sources/zeek-tsv.ts";
import { latestTime } from "../../baseline/time.ts";
import type { Database } from "./database.ts";
import { readZeekFile, type ZeekFile, zeekExpressions } from "./zeek-log.ts";

const linkFields: readonly ZeekField[] = ["orig_l2_addr", "resp_l2_addr", "vlan", "inner_vlan"];
/** What decides, beside them, whose links a record tells of. */
const keyFields: readonly ZeekField[] = [
  "id.orig_h",
  "id.resp_h",
  "proto",
  "ip_proto",
  "conn_state",
  "history",
  ...linkFields,
];

/** Whether a log has any of the columns that tell of links. */
export const tellsLinks = ({ columns }: ZeekHeader): boolean =>
  columns.some(([field]) => linkFields.includes(field));

/**
 * What a log tells of links, as a reader that goes line by line would have it. The file is read once more, unless its
 * header has none of the columns. Records that are alike are one row, and are judged by what judges single ones.
 */
export async function zeekLinks(database: Database, file: ZeekFile): Promise<readonly LinkSighting[]> {
  if (!tellsLinks(file.header)) return [];
  const fields = zeekExpressions(file);
  const isIcmp = `coalesce(${fields.proto} = 'icmp', false)`;
  const values: readonly (readonly [ZeekField, string])[] = [
    ...keyFields.map((field) => [field, fields[field]] as const),
    ["id.orig_p", `CASE WHEN ${isIcmp} THEN ${fields["id.orig_p"]} ELSE 0 END`],
    ["id.resp_p", "0"],
    ["resp_pkts", `CASE WHEN ${fields.resp_pkts} > 0 THEN 1 ELSE ${fields.resp_pkts} END`],
  ];
  const time = `CASE WHEN abs(${fields.ts}) <= ${latestTime} THEN ${fields.ts} END`;
  const last = `${time} + CASE WHEN ${fields.duration} >= 0 AND ${fields.duration} < 1e300 THEN ${fields.duration} ELSE 0 END`;
  const sums = [
    "count(*)",
    `min(${time})`,
    `max(CASE WHEN ${last} <= ${latestTime} THEN ${last} ELSE ${time} END)`,
  ];
  const rows = await database.rows(
    `SELECT ${[...values.map(([, expression]) => `CAST(${expression} AS VARCHAR)`), ...sums].join(", ")} ` +
      `FROM ${readZeekFile(file)} GROUP BY ALL`,
  );
  const links = linkSightings();
  for (const row of rows) {
    const record: ZeekRecord = Object.fromEntries(
      values.flatMap(([field], index) => (row[index] === null ? [] : [[field, String(row[index])]])),
    );
    const talk = readZeekRecord(record);
    if (!("a" in talk)) continue;
    const [seen, first, last] = row
      .slice(values.length)
      .map((value) => (value === null ? Number.NaN : Number(value)));
    for (const end of ["a", "b"] as const)
      for (const tag of talk.links?.[end] ?? [])
        links.add({
          ...tag,
          address: talk[end].address,
          ...{ seen: seen!, first: first!, last: last!, hopLimit: 0, claimed: false },
        });
  }
  return links.all();
}
