import {
  firstMilliseconds,
  neededFields,
  observerFields,
  type ZeekField,
  zeekFields,
} from "../../baseline/sources/zeek-record.ts";
import { latestTime } from "../../baseline/time.ts";
import { EngineError } from "../engine-error.ts";
import { identifier } from "./dialect.ts";
import type { ZeekExpressions } from "./zeek-partials.ts";

export interface TableColumn {
  readonly name: string;
  readonly type: string;
}

/** What fields are, where they are no text. */
const numbers: Partial<Record<ZeekField, "UInt16" | "UInt8" | "Float64">> = {
  ts: "Float64",
  duration: "Float64",
  "id.orig_p": "UInt16",
  "id.resp_p": "UInt16",
  ip_proto: "UInt8",
  orig_pkts: "Float64",
  orig_ip_bytes: "Float64",
  resp_pkts: "Float64",
  resp_ip_bytes: "Float64",
};
const counters: ReadonlySet<ZeekField> = new Set([
  "orig_pkts",
  "orig_ip_bytes",
  "resp_pkts",
  "resp_ip_bytes",
]);

/**
 * The fields of Zeek in the columns of a table, whatever types it gave them: text as in the log, numbers, DateTime64,
 * IPv4 and IPv6. Columns have the names of the fields, with dots or with underscores.
 * @throws {EngineError} when a field that a flow needs is not there.
 */
export function zeekColumns(columns: readonly TableColumn[]): ZeekExpressions {
  const named = (field: string): TableColumn | undefined =>
    columns.find(({ name }) => name === field || name === field.replaceAll(".", "_"));
  const columnOf = (field: ZeekField): TableColumn | undefined =>
    field === "observer" ? observerFields.map(named).find((column) => column !== undefined) : named(field);
  const missing = neededFields.filter((field) => columnOf(field) === undefined);
  if (missing.length > 0)
    throw new EngineError(
      `the table has no column ${missing.join(", ")}: one with the fields of Zeek's conn.log is expected (it has ` +
        `${columns.map(({ name }) => name).join(", ") || "no columns that the account may see, or is not there"})`,
    );
  const fields = Object.fromEntries(
    zeekFields.map((field) => [field, expressionOf(field, columnOf(field))]),
  ) as unknown as ZeekExpressions;
  // As `readZeekRecord`: one that leads out of all time is damaged.
  const duration = `if(${fields.ts} + ${fields.duration} <= ${latestTime}, ${fields.duration}, 0)`;
  return { ...fields, duration };
}

function expressionOf(field: ZeekField, column: TableColumn | undefined): string {
  const number = numbers[field];
  if (column === undefined) return `CAST(NULL AS Nullable(${number ?? "String"}))`;
  const name = identifier(column.name);
  const type = column.type.replace(/^LowCardinality\((.*)\)$/, "$1").replace(/^Nullable\((.*)\)$/, "$1");
  // Zeek's own marks for what is unset or empty, where a table has kept them.
  const text = `if(toString(${name}) IN ('-', '(empty)', ''), NULL, toString(${name}))`;
  if (number === undefined)
    return field.endsWith("_h") ? `replaceRegexpOne(lower(${text}), '^::ffff:', '')` : text;
  if (type.startsWith("DateTime"))
    return `toUnixTimestamp64Micro(CAST(${name} AS Nullable(DateTime64(6)))) / 1e6`;
  const read = `to${number}OrNull(${text})`;
  if (field === "ts") {
    const seconds = `if(${read} > ${firstMilliseconds}, ${read} / 1000, ${read})`;
    return `if(abs(${seconds}) <= ${latestTime}, ${seconds}, NULL)`;
  }
  if (field === "duration") return `if(${read} >= 0, ${read}, 0)`;
  const isCount = `${read} >= 0 AND ${read} <= ${Number.MAX_SAFE_INTEGER} AND ${read} = floor(${read})`;
  return counters.has(field) ? `if(${text} IS NULL, NULL, if(${isCount}, ${read}, 0))` : read;
}
