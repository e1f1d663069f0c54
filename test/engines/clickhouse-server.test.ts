import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accountOf } from "../../src/engines/clickhouse/account.ts";
import type { AnswerRow } from "../../src/engines/clickhouse/answer.ts";
import type { Manner } from "../../src/engines/clickhouse/ask.ts";
import { overHttp } from "../../src/engines/clickhouse/http.ts";
import { readingOf } from "../../src/engines/clickhouse/reading.ts";
import {
  makeAuthority,
  makeCertificate,
  missingForServer,
  password,
  type Server,
  startServer,
} from "./support/clickhouse-server.ts";
import { observing } from "./support/observing.ts";

let folder = "";
let server: Server;
beforeAll(async () => {
  if (missingForServer !== undefined) return;
  folder = mkdtempSync(join(tmpdir(), "sluice-cluster-"));
  makeAuthority(folder);
  makeCertificate(folder, "server", "DNS:localhost", 2);
  server = await startServer(folder);
}, 60_000);
afterAll(async () => {
  if (missingForServer !== undefined) return;
  if (server.child.exitCode === null && server.child.signalCode === null) {
    server.child.kill("SIGKILL");
    await once(server.child, "close");
  }
  rmSync(folder, { recursive: true });
});

const account = (user: string, port = server.http) =>
  overHttp({ url: `http://127.0.0.1:${port}/` }, { user, password });
async function rowsOf(
  user: string,
  sql: string,
  manner?: Manner,
  port?: number,
): Promise<readonly AnswerRow[]> {
  const rows: AnswerRow[] = [];
  await account(user, port)(sql, (row) => rows.push(row), manner);
  return rows;
}

const suffix = missingForServer === undefined ? "" : ` [skipped: ${missingForServer} missing]`;
describe.skipIf(missingForServer !== undefined)(
  `a real ClickHouse server${suffix}`,
  { timeout: 60_000 },
  () => {
    test("an account that may read and set nothing is enough, and one that may write is held to reading", async () => {
      expect((await accountOf(account("reader"))).settings).toEqual({});
      expect((await accountOf(account("tuner"))).settings).toEqual({ enable_http_compression: "1" });
      const { settings, version } = await accountOf(account("default"));
      expect(settings).toEqual({ readonly: "2", enable_http_compression: "1" });
      expect(version).toBe("18.16.1");
      for (const user of ["reader", "tuner", "default"]) {
        const manner = { settings: (await accountOf(account(user))).settings };
        expect(
          await rowsOf(user, "SELECT number AS n, [1, 2] AS list FROM system.numbers LIMIT 3", manner),
        ).toEqual(["0", "1", "2"].map((n) => ({ n, list: [1, 2] })));
        await expect(rowsOf(user, "CREATE DATABASE other", manner)).rejects.toThrow(/readonly mode/);
      }
    });

    test("a packed answer is unpacked", async () => {
      const manner = { settings: { enable_http_compression: "1" } };
      const rows = await rowsOf("tuner", "SELECT toUInt32(number) AS n FROM numbers(50000)", manner);
      expect(rows.reduce((sum, { n }) => sum + Number(n), 0)).toBe((50_000 * 49_999) / 2);
    });

    test("a wrong password and an unknown account are told in the server's own words", async () => {
      const fail = () => expect.unreachable();
      const ask = (user: string, key: string) =>
        overHttp({ url: `http://127.0.0.1:${server.http}/` }, { user, password: key })("SELECT 1", fail);
      await expect(ask("reader", "nothing")).rejects.toThrow(/HTTP 401: .+Wrong password for user reader/);
      await expect(ask("nobody", password)).rejects.toThrow(/HTTP 401: .+Unknown user nobody/);
      await expect(rowsOf("reader", "SELECT 1 FROM gone.table")).rejects.toThrow(/HTTP 404: .+gone/);
    });

    test("limits of an account end the question with the server's reason", async () => {
      await expect(rowsOf("few", "SELECT number FROM numbers(9)")).rejects.toThrow(
        /Limit for result exceeded/,
      );
      await expect(rowsOf("brief", "SELECT count() FROM system.numbers")).rejects.toThrow(/Timeout exceeded/);
    });

    test("a profile that has the server leave out what is too much for it never gives a part for the whole", async () => {
      expect(
        await rowsOf("partial", "SELECT number FROM numbers(9)", { settings: { max_block_size: "2" } }),
      ).toHaveLength(6);
      const { settings } = await accountOf(account("partial"));
      expect(settings).toMatchObject({ result_overflow_mode: "throw" });
      await expect(rowsOf("partial", "SELECT number FROM numbers(9)", { settings })).rejects.toThrow(
        /Limit for result exceeded/,
      );
      await expect(accountOf(account("stubborn"))).rejects.toThrow(
        /\(read_overflow_mode = break\).+give it read_overflow_mode = throw, or readonly = 2/,
      );
    });

    test("a failure in the middle of an answer has its status; where a proxy drops our wish for that, it is found behind the rows", async () => {
      const failing = "SELECT number, throwIf(number = 99995) FROM numbers(100000)";
      const settings = { max_block_size: "10" };
      await expect(rowsOf("tuner", failing, { settings })).rejects.toThrow(/HTTP 500: .+non zero/);
      const proxy = await careless();
      await expect(rowsOf("tuner", failing, { settings }, proxy.port)).rejects.toThrow(
        /the cluster failed in the middle of its answer: Code: 395.+non zero/,
      );
      proxy.close();
    });

    test("tells how far a question has come", async () => {
      const question = rowsOf("tuner", "SELECT sum(sleepEachRow(0.01)) FROM numbers(100)", {
        settings: { query_id: "long", max_block_size: "10" },
      });
      let reading: Awaited<ReturnType<typeof readingOf>>;
      while (!(reading && reading.read > 0 && reading.read < 100))
        reading = await readingOf(account("tuner"), "long");
      expect(reading.read % 10).toBe(0);
      await question;
      expect(await readingOf(account("tuner"), "long")).toBeUndefined();
    });

    test("sluice observe over TLS: a certificate counts by its authority and its name, whatever the environment says", async () => {
      const url = (host: string) => `clickhouses://${host}:${server.https}/plant/conn`;
      const reader = { CLICKHOUSE_USER: "reader", CLICKHOUSE_PASSWORD: password };
      const trusting = { ...reader, NODE_EXTRA_CA_CERTS: join(folder, "ca.crt") };
      const [trusted, stranger, other] = await Promise.all([
        observing(url("localhost"), trusting),
        observing(url("localhost"), { ...reader, NODE_TLS_REJECT_UNAUTHORIZED: "0" }),
        observing(url("127.0.0.1"), trusting),
      ]);
      expect(trusted).toMatchObject({ code: 1, stderr: expect.stringContaining("or is not there)") });
      expect(trusted.stderr).not.toMatch(/clear text|Schl/);
      expect(stranger.stderr).toMatch(
        /is not trusted \(.+\): name the file of the authority .+ in NODE_EXTRA_CA_CERTS/,
      );
      expect(other.stderr).toMatch(/is not trusted: .+127\.0\.0\.1/);
    });

    test("sluice observe: ports for other things, and a server that is too old for the statement", async () => {
      const env = { CLICKHOUSE_USER: "default", CLICKHOUSE_PASSWORD: password };
      const url = `http://127.0.0.1:${server.http}/`;
      const authorization = `Basic ${Buffer.from(`default:${password}`).toString("base64")}`;
      const fields = ["id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "ts"];
      for (const body of [
        "CREATE DATABASE IF NOT EXISTS plant",
        `CREATE TABLE plant.conn (${fields.map((name) => `"${name}" String`).join(", ")}) ENGINE = MergeTree ORDER BY tuple()`,
        "INSERT INTO plant.conn VALUES ('10.0.0.1', '40000', '10.0.0.2', '502', 'tcp', '1767225600.5')",
      ])
        expect((await fetch(url, { method: "POST", body, headers: { authorization } })).status).toBe(200);
      const [plain, packed, old] = await Promise.all([
        observing(`clickhouse://127.0.0.1:${server.https}/plant/conn`, env),
        observing(`clickhouses://localhost:${server.http}/plant/conn`, env),
        observing(`clickhouse://127.0.0.1:${server.http}/plant/conn`, env),
      ]);
      expect(plain.stderr).toContain("is the other one of clickhouse:// and clickhouses:// right?");
      // Its answer in clear text arrives, or is overtaken by the end of the connection.
      expect(packed.stderr).toMatch(
        /speaks no TLS: a port without it needs clickhouse:|is the other one of clickhouse:/,
      );
      expect(old).toMatchObject({ code: 1, stdout: "" });
      expect(old.stderr).toMatch(
        /Syntax error.+\(the server is ClickHouse 18\.16\.1; the statement was proved on /s,
      );
    });

    // The last one: nothing is left of the server.
    test("a server that is killed in the middle of an answer gives none, before its first row and behind", async () => {
      const proxy = await careless();
      const slow = "SELECT number, range(5000), sleepEachRow(0.001) FROM numbers(100000)";
      const settings = { max_block_size: "10" };
      const waiting = rowsOf("tuner", slow, { settings });
      let rows = 0;
      const streaming = account("tuner", proxy.port)(
        slow,
        () => {
          rows += 1;
          if (rows === 1) server.child.kill("SIGKILL");
        },
        { settings },
      );
      await Promise.all([
        expect(streaming).rejects.toThrow(/the answer breaks off after \d+ rows: nothing of it is used/),
        expect(waiting).rejects.toThrow(/does not answer: socket hang up/),
      ]);
      expect(rows).toBeGreaterThan(0);
      proxy.close();
    });
  },
);

/** A proxy that drops what it does not know, and takes an answer that breaks off for one that ends, as one of HTTP/1.0 does. */
async function careless() {
  const pass = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const path = incoming.url!.replace("wait_end_of_query=1", "");
    const { method, headers } = incoming;
    const passed = request({ host: "127.0.0.1", port: server.http, path, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!);
      answer.on("data", (piece) => outgoing.write(piece));
      answer.on("error", () => outgoing.end());
      answer.on("end", () => outgoing.end());
    });
    passed.on("error", () => outgoing.end());
    incoming.pipe(passed);
  };
  const proxy = createServer(pass).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return { port: (proxy.address() as AddressInfo).port, close: () => proxy.close() };
}
