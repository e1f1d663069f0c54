import { createHash } from "node:crypto";
import { type Aggregate, aggregate } from "../../baseline/aggregate.ts";
import { flowLimits } from "../../baseline/attempts.ts";
import type { Baseline } from "../../baseline/flow.ts";
import { baselineOf } from "../../baseline/observe.ts";
import { conversationFrom } from "../../baseline/partial.ts";
import { recordDrops } from "../../baseline/sources/record.ts";
import { instant } from "../../baseline/time.ts";
import { AddressError, formatAddress, parseAddress } from "../../net/address.ts";
import { EngineError } from "../engine-error.ts";
import { accountOf } from "./account.ts";
import type { ClickHouseTable } from "./address.ts";
import type { AnswerRow } from "./answer.ts";
import type { Ask } from "./ask.ts";
import { type TableColumn, zeekColumns } from "./columns.ts";
import { identifier, literal } from "./dialect.ts";
import { refuseDoubled } from "./doubled.ts";
import { dropReasons, zeekPartials } from "./zeek-partials.ts";

/** The release on whose engine the statement was proved. */
export const provenVersion = "26.7";

/** Above this share of records that name no flow, what is read is no picture of the traffic. */
const mostRejected = 0.001;

/**
 * The baseline of a table of Zeek's connections. The cluster aggregates; what comes back is a row for each flow and time
 * slot, with the times of its requests.
 * @param queryId names the question that takes long, for `readingOf`.
 * @throws {EngineError} when the table has not the fields of Zeek, or too many records that name no flow.
 */
export async function tableBaseline(
  ask: Ask,
  { database, table }: ClickHouseTable,
  queryId: string,
): Promise<Baseline> {
  const { version, settings } = await accountOf(ask);
  const columns: TableColumn[] = [];
  await ask(
    `SELECT name, type FROM system.columns WHERE database = ${literal(database)} AND table = ${literal(table)}`,
    ({ name, type }) => columns.push({ name: String(name), type: String(type) }),
  );
  const from = `${identifier(database)}.${identifier(table)}`;
  const fields = zeekColumns(columns);
  const told = (error: unknown): never => {
    if (!(error instanceof EngineError) || Number.parseFloat(version) >= Number.parseFloat(provenVersion))
      throw error;
    throw new EngineError(
      `${error.message}\n(the server is ClickHouse ${version}; the statement was proved on ${provenVersion}, and older ones may not know all that it asks for)`,
    );
  };
  await refuseDoubled(ask, from, fields, { settings, within: Number.POSITIVE_INFINITY }).catch(told);
  const partials = zeekPartials(from, fields);
  const flows = aggregate(flowLimits);
  const counts = new Map<string, number>();
  const [span, digest] = [{ first: Number.NaN, last: Number.NaN }, createHash("sha256")];
  await ask(
    `${partials}\nORDER BY a, b, protocol, a_port, b_port, icmp_type, slot, reason`,
    (values) => {
      const row = rowOf(values);
      digest.update(`${JSON.stringify(row)}\n`);
      const reason = addRow(row, flows, span);
      counts.set(reason, (counts.get(reason) ?? 0) + row.connections);
    },
    { settings: { ...settings, query_id: queryId }, within: Number.POSITIVE_INFINITY },
  ).catch(told);
  const sources = [source(`${database}.${table}`, counts, span, digest.digest("hex"))];
  return baselineOf({ sources, links: [] }, flows);
}

interface Row {
  readonly a: string;
  readonly b: string;
  readonly protocol: number;
  readonly a_port: number;
  readonly b_port: number;
  readonly icmp_type: number | null;
  readonly slot: number | null;
  readonly reason: number;
  readonly connections: number;
  readonly packets: number;
  readonly packets_back: number;
  readonly bytes: number;
  readonly bytes_back: number;
  readonly first: number | null;
  readonly last: number | null;
  readonly until: number | null;
  readonly presence: readonly number[];
  readonly evidence: number;
  readonly flags: number;
  readonly requests: readonly number[];
}

/** A row with numbers as such: depending on its release and profile a server writes those of 64 bits as text. */
function rowOf(values: AnswerRow): Row {
  const read = (name: string, value: unknown): unknown => {
    if (name === "a" || name === "b" || value === null) return value;
    return Array.isArray(value) ? value.map(Number) : Number(value);
  };
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, read(name, value)]),
  ) as unknown as Row;
}

/** Adds one row; returns why it is no flow, or "" when it is one. */
function addRow(row: Row, flows: Aggregate, span: { first: number; last: number }): string {
  const drop = dropReasons[row.reason];
  if (drop !== undefined) return drop;
  const [a, b] = [canonical(row.a), canonical(row.b)];
  if (a === undefined || b === undefined) return "badAddress";
  const seconds = (micros: number | null): number => (micros === null ? Number.NaN : micros / 1e6);
  const [first, last] = [seconds(row.first), seconds(row.last)];
  if (!(first >= span.first) && !Number.isNaN(first)) span.first = first;
  if (!(last <= span.last) && !Number.isNaN(last)) span.last = last;
  flows.add(
    conversationFrom({
      ...{ a, b, protocol: row.protocol, aPort: row.a_port, bPort: row.b_port },
      icmpType: row.icmp_type ?? undefined,
      connections: row.connections,
      packets: row.packets,
      packetsBack: row.packets_back,
      bytes: row.bytes,
      bytesBack: row.bytes_back,
      ...{ first, last, evidence: row.evidence, flags: row.flags },
      presence:
        row.slot === null || row.until === null ? row.presence : [row.slot, row.until, ...row.presence],
      requests: row.requests.map(seconds),
      lastRequest: Number.NaN,
      longestGap: 0,
      longestGapBack: 0,
    }),
  );
  return "";
}

function canonical(text: string): string | undefined {
  try {
    const { family, from } = parseAddress(text);
    return formatAddress(family, from);
  } catch (error) {
    if (error instanceof AddressError) return undefined;
    throw error;
  }
}

function source(
  name: string,
  counts: ReadonlyMap<string, number>,
  span: { readonly first: number; readonly last: number },
  digest: string,
): Baseline["sources"][number] {
  const sums = { ignored: {} as Record<string, number>, rejected: {} as Record<string, number> };
  let read = 0;
  for (const [drop, records] of [...counts].toSorted()) {
    read += records;
    if (drop === "") continue;
    const { kind, reason } = recordDrops[drop as keyof typeof recordDrops];
    sums[kind][reason] = records;
  }
  const rejected = Object.entries(sums.rejected);
  if (rejected.reduce((sum, [, records]) => sum + records, 0) > mostRejected * read)
    throw new EngineError(
      `${name}: more than ${100 * mostRejected} % of its ${read} records name no flow (` +
        `${rejected.map(([reason, records]) => `${reason}: ${records}`).join(", ")}): a baseline of the others would miss flows`,
    );
  const [firstSeen, lastSeen] = [instant(span.first), instant(span.last)];
  return {
    name,
    format: "Zeek connections (ClickHouse)",
    sha256: digest,
    ...(firstSeen === undefined ? {} : { firstSeen }),
    ...(lastSeen === undefined ? {} : { lastSeen }),
    accounting: { unit: "records", read, used: counts.get("") ?? 0, ...sums },
  };
}
