import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readTableAddress } from "../../src/engines/clickhouse/address.ts";
import { tableBaseline } from "../../src/engines/clickhouse/baseline.ts";
import { overHttp } from "../../src/engines/clickhouse/http.ts";
import { sluice } from "../support/command.ts";
import { poll, zeekFieldNames, zeekLog, zeekRecord } from "./support/zeek.ts";

/** ClickHouse itself, in this process: chdb holds its whole engine, and lacks only its server. */
interface Engine {
  query(sql: string): string;
  close(): void;
}
let database: Engine;
/** Named so that nothing looks for it before it is known to be there: no lock file holds it (tools/setup.mjs). */
const engine: string = "chdb";
const hasEngine = existsSync(join(import.meta.dirname, "../../node_modules", engine, "package.json"));
const suffix = hasEngine ? "" : ` [skipped: ${engine} missing]`;

/** The HTTP interface in front of it, as far as the client speaks it. */
let server: Server;
let folder = "";
const asked: { readonly user: unknown; readonly key: unknown; readonly sql: string }[] = [];

beforeAll(async () => {
  if (!hasEngine) return;
  const { Session } = (await import(engine)) as { Session: new (folder: string) => Engine };
  folder = mkdtempSync(join(tmpdir(), "sluice-clickhouse-"));
  database = new Session(join(folder, "data"));
  server = createServer(async (request, response) => {
    let sql = "";
    for await (const piece of request) sql += piece;
    asked.push({ user: request.headers["x-clickhouse-user"], key: request.headers["x-clickhouse-key"], sql });
    try {
      response.end(database.query(sql));
    } catch (error) {
      response.writeHead(400).end((error as Error).message);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
}, 60_000);
afterAll(() => {
  if (!hasEngine) return;
  server.close();
  database.close();
  rmSync(folder, { recursive: true });
});

const address = (table: string) =>
  `clickhouse://127.0.0.1:${(server.address() as AddressInfo).port}/plant/${encodeURIComponent(table)}`;
const asBaseline = (table: string) => {
  const place = readTableAddress(address(table));
  return tableBaseline(overHttp(place, {}), place, "a question");
};
/** Fills a table with records, through text. @param columns name and type, in the order of the fields. */
function fill(
  table: string,
  columns: readonly string[],
  records: readonly Readonly<Record<string, string>>[],
) {
  database.query("CREATE DATABASE IF NOT EXISTS plant");
  database.query(`DROP TABLE IF EXISTS plant."${table}"`);
  database.query(`CREATE TABLE plant."${table}" (${columns.join(", ")}) ENGINE = MergeTree ORDER BY tuple()`);
  const rows = records.map((record) => zeekFieldNames.map((field) => `'${record[field]}'`).join(", "));
  if (rows.length > 0)
    database.query(`INSERT INTO plant."${table}" VALUES ${rows.map((row) => `(${row})`).join(", ")}`);
}
async function lineByLine(records: Parameters<typeof zeekLog>[0]) {
  writeFileSync(join(folder, "conn.log"), zeekLog(records));
  return JSON.parse((await sluice(folder, ["observe", "conn.log", "--json"])).stdout);
}

const asText = zeekFieldNames.map((name) => `"${name}" String`);
const typed = zeekFieldNames.map((name) => {
  const types: Readonly<Record<string, string>> = {
    ...{ ts: "DateTime64(6, 'UTC')", duration: "Float64", proto: "LowCardinality(String)" },
    ...{ "id.orig_h": "IPv6", "id.resp_h": "IPv6", "id.orig_p": "UInt16", "id.resp_p": "UInt16" },
    ...{
      orig_pkts: "UInt64",
      orig_ip_bytes: "UInt64",
      resp_pkts: "UInt64",
      resp_ip_bytes: "Nullable(Int64)",
    },
  };
  return `"${name.replaceAll(".", "_")}" ${types[name] ?? "String"}`;
});

describe.skipIf(!hasEngine)(
  `a table of Zeek's connections in ClickHouse${suffix}`,
  { timeout: 120_000 },
  () => {
    test("gives the baseline of the log itself, on whatever records Zeek may write", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(zeekRecord, { minLength: 200, maxLength: 300 }), async (usual) => {
          const damaged = [
            { duration: "300000000000.000000" },
            { duration: "-5", ts: "1767225600123.5", orig_pkts: "-4" },
            { resp_pkts: "2.5", history: "-", orig_ip_bytes: "many" },
          ];
          const records = [...usual, ...damaged.map((change, at) => ({ ...usual[at]!, ...change }))];
          fill("conn", asText, records);
          const { flows, sources } = await asBaseline("conn");
          const log = await lineByLine(records);
          expect(flows).toEqual(log.flows);
          const { "header or comment": _, ...ignored } = log.sources[0].accounting.ignored;
          expect(sources[0]!.accounting).toEqual({
            ...{ unit: "records", read: records.length, rejected: {} },
            used: log.sources[0].accounting.used,
            ignored,
          });
        }),
        { numRuns: 2, seed: 5, endOnFailure: true },
      );
    });

    test("whatever types its columns have, and names with underscores", async () => {
      const records = Array.from({ length: 5000 }, (_, minute) => poll(minute * 60));
      fill(
        "typed",
        typed,
        records.map((record) => ({ ...record, "id.orig_h": `::ffff:${record["id.orig_h"]}` })),
      );
      const { flows } = await asBaseline("typed");
      expect(flows).toEqual((await lineByLine(records)).flows);
      expect(flows).toMatchObject([{ connections: 5000, cadence: { period: 60, samples: 4096 } }]);
    });

    test("sluice observe --engine: the user and the password come from the environment, and stand in no message", async () => {
      fill("conn", asText, [poll(0), poll(60)]);
      const { stdout, code } = await sluice(folder, ["observe", "--engine", address("conn"), "--json"]);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        sources: [{ name: "plant.conn", format: "Zeek connections (ClickHouse)" }],
        flows: [{ connections: 2 }],
      });
      const url = address("conn").replace("//", "//reader:s3cret@");
      const refused = await sluice(folder, ["observe", "--engine", url]);
      expect(refused).toMatchObject({ code: 1, stdout: "" });
      expect(refused.stderr).toContain("set CLICKHOUSE_USER and CLICKHOUSE_PASSWORD instead");
      expect(refused.stderr).not.toContain("s3cret");
    });

    test("a table that is not there, one without addresses, and records that name no flow are refused", async () => {
      await expect(asBaseline("gone")).rejects.toThrow(
        /no column id\.orig_h, .+\(it has no columns that .+ or is not there\)/,
      );
      fill("dns", ['"ts" Float64', '"query" String'], []);
      await expect(asBaseline("dns")).rejects.toThrow(/no column id\.orig_h, .+\(it has ts, query\)/);
      fill("conn", asText, [poll(0), { ...poll(1), "id.orig_h": "10.0.0.256" }]);
      await expect(asBaseline("conn")).rejects.toThrow(
        /plant\.conn: more than 0\.1 % of its 2 records .+not an address: 1/,
      );
      await expect(
        sluice(folder, ["observe", "--engine", "clickhouse://127.0.0.1:1/a/b"]),
      ).resolves.toMatchObject({ code: 1 });
      expect(await sluice(folder, ["observe", "a.log", "--engine", address("conn")])).toMatchObject({
        code: 64,
      });
      expect(() => readTableAddress("clickhouse://host/only")).toThrow(/expected clickhouse:\/\/HOST/);
    });

    test("a table that several sensors wrote is refused, by name where a column tells it, and one of each alone is not", async () => {
      const polls = Array.from({ length: 40 }, (_, index) => poll(60 * index));
      const both = polls.flatMap((record) => [
        record,
        { ...record, ts: (Number(record.ts) + 0.001).toFixed(6) },
      ]);
      fill("doubled", asText, both);
      await expect(asBaseline("doubled")).rejects.toThrow(
        /^\d+ of 80 records around .+ as several sensors see them/,
      );
      fill("single", asText, polls);
      expect((await asBaseline("single")).flows).toMatchObject([{ connections: 40 }]);
      database.query(
        "ALTER TABLE plant.\"doubled\" ADD COLUMN \"_node_name\" String DEFAULT if(toFloat64(ts) = floor(toFloat64(ts), 2), 'core', 'cell')",
      );
      await expect(asBaseline("doubled")).rejects.toThrow(
        /another record tells of too, as cell, core see them/,
      );
    });
  },
);
