import { isTooManyDoubled, longestApart, type Observed, relationOf } from "../../baseline/points/doubles.ts";
import { protocolNumbers } from "../../net/protocol.ts";
import { EngineError } from "../engine-error.ts";
import type { Ask, Manner } from "./ask.ts";
import type { ZeekExpressions } from "./zeek-partials.ts";

/** So many records in a row, around the middle of a table's time, tell whether several sensors wrote it. */
const looked = 100_000;
/** Above this share of records that no single sensor can have written, the sums of a table are those of several. */
const mostDoubled = 0.01;

/**
 * Refuses a table in which connections stand more than once, as several sensors saw them: a cluster that adds them up cannot tell
 * their records apart.
 * @param from the table, as SQL.
 * @throws {EngineError}
 */
export async function refuseDoubled(
  ask: Ask,
  from: string,
  fields: ZeekExpressions,
  manner: Manner,
): Promise<void> {
  const time = { records: 0, first: 0, last: 0, middle: 0 };
  await ask(
    `SELECT count(t) AS records, min(t) AS first, max(t) AS last, quantile(0.5)(t) AS middle FROM (SELECT ${fields.ts} AS t FROM ${from})`,
    (row) => {
      for (const name of ["records", "first", "last", "middle"] as const) time[name] = Number(row[name] ?? 0);
    },
    manner,
  );
  if (time.records === 0) return;
  const span = Math.max(longestApart, ((time.last - time.first) * looked) / time.records);
  const sums = { records: 0, doubled: 0 };
  const observers = new Set<string>();
  await ask(
    neighbours(from, fields, time.middle - span / 2, time.middle + span / 2),
    (row) => {
      sums.records = Number(row.records);
      if (!isDoubled(row)) return;
      sums.doubled += 1;
      for (const observer of [row.observer, row.observer_before])
        if (typeof observer === "string" && observer !== "") observers.add(observer);
    },
    manner,
  );
  const { records, doubled } = sums;
  if (!isTooManyDoubled(sums, mostDoubled)) return;
  throw new EngineError(
    `${doubled} of ${records} records around ${new Date(1000 * time.middle).toISOString()} tell of connections that another record ` +
      `tells of too, as ${observers.size > 1 ? [...observers].toSorted().join(", ") : "several sensors"} see them: sums and ` +
      "rhythms would count twice. Ask a view that has the records of one sensor (CREATE VIEW … AS SELECT * FROM … WHERE …), or " +
      "give their logs as files, whose records are told apart",
  );
}

/** Each record with the one before it of the same ends and ports, where they are near in time; and how many were looked at. */
function neighbours(from: string, fields: ZeekExpressions, start: number, end: number): string {
  const endOf = (side: "orig" | "resp"): string =>
    `concat(coalesce(${fields[`id.${side}_h`]}, ''), ' ', toString(coalesce(${fields[`id.${side}_p`]}, 0)))`;
  const before = (name: string): string => `lagInFrame(${name}) OVER near AS ${name}_before`;
  const told = ["started", "ended", "low", "high", "observer"];
  return `WITH seen AS (SELECT ${fields.ts} AS started, started + coalesce(${fields.duration}, 0) AS ended, ${endOf("orig")} AS d_one,
  ${endOf("resp")} AS d_other, coalesce(${fields.orig_pkts}, 0) AS d_there, coalesce(${fields.resp_pkts}, 0) AS d_back,
  coalesce(${fields.proto}, '') AS protocol, coalesce(${fields.observer}, '') AS observer
  FROM ${from} WHERE ${fields.ts} BETWEEN ${start} AND ${end}),
ordered AS (SELECT started, ended, protocol, observer, if(d_one <= d_other, d_there, d_back) AS low,
  if(d_one <= d_other, d_back, d_there) AS high, concat(least(d_one, d_other), ' ', greatest(d_one, d_other), ' ', protocol) AS ends
  FROM seen),
paired AS (SELECT ${told.join(", ")}, protocol, ${told.map(before).join(", ")}, count() OVER () AS records FROM ordered
  WINDOW near AS (PARTITION BY ends ORDER BY started ROWS BETWEEN 1 PRECEDING AND CURRENT ROW))
SELECT * FROM paired WHERE started_before > 0 AND started - ended_before < ${longestApart}`;
}

/** Whether two records in a row are those of several sensors. */
function isDoubled(row: Readonly<Record<string, unknown>>): boolean {
  const at = (suffix: "" | "_before"): Observed => {
    const [first, last, low, high] = ["started", "ended", "low", "high"].map((name) =>
      Number(row[`${name}${suffix}`]),
    );
    return {
      first: first!,
      last: last!,
      low: { packets: low!, bytes: 0 },
      high: { packets: high!, bytes: 0 },
    };
  };
  const [before, after] = [at("_before"), at("")];
  if (row.observer !== "" && row.observer_before !== "" && row.observer !== row.observer_before)
    return after.first <= before.last;
  const protocol = row.protocol === "tcp" ? protocolNumbers.tcp : protocolNumbers.udp;
  return relationOf(before, after, protocol) !== "other";
}
