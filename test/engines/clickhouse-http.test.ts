import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createSilentServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { readTableAddress } from "../../src/engines/clickhouse/address.ts";
import type { AnswerRow } from "../../src/engines/clickhouse/answer.ts";
import { tableBaseline } from "../../src/engines/clickhouse/baseline.ts";
import { type Credentials, overHttp } from "../../src/engines/clickhouse/http.ts";
import { atTerminal, keys, missingForTerminal } from "../support/terminal.ts";
import { makeAuthority, makeCertificate, openssl } from "./support/clickhouse-server.ts";
import { observing } from "./support/observing.ts";

// What comes between us and a cluster, or from another release than the one that clickhouse-server.test.ts runs: it is done by a
// server of ours, which answers as a real one does.

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-http-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});
async function listening(server: Server): Promise<number> {
  open.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
const answering = (listener: RequestListener): Promise<number> => listening(createServer(listener));

/** An answer as ClickHouse writes it in its format JSONCompact. */
function answer(
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
  count = rows.length,
): string {
  const meta = columns.map(
    (name) => `\t\t{\n\t\t\t"name": ${JSON.stringify(name)},\n\t\t\t"type": "Int64"\n\t\t}`,
  );
  const data = rows.map((row) => `\t\t[${row.map((value) => JSON.stringify(value)).join(", ")}]`);
  return `{\n\t"meta":\n\t[\n${meta.join(",\n")}\n\t],\n\n\t"data":\n\t[\n${data.join(",\n")}\n\t],\n\n\t"rows": ${count}\n}\n`;
}

async function asked(
  port: number,
  credentials: Credentials = {},
  within?: number,
): Promise<readonly AnswerRow[]> {
  const rows: AnswerRow[] = [];
  const ask = overHttp({ url: `http://127.0.0.1:${port}/` }, credentials);
  await ask("SELECT 1", (row) => rows.push(row), within === undefined ? {} : { within });
  return rows;
}
const afterAnswer = (body: string | Uint8Array, headers = {}): RequestListener => {
  return (_, response) => void response.writeHead(200, headers).end(body);
};

test("a redirect is not followed: neither the question nor the password goes where it points", async () => {
  const heard: unknown[] = [];
  const elsewhere = await answering(({ headers, url }, response) => {
    heard.push(headers, url);
    response.end(answer(["a"], [[1]]));
  });
  for (const status of [301, 302, 303, 307, 308]) {
    const port = await answering(
      (_, response) => void response.writeHead(status, { location: `http://127.0.0.1:${elsewhere}/` }).end(),
    );
    await expect(asked(port, { user: "reader", password: "s3cret" })).rejects.toThrow(
      /it sends us on to http:.+ neither the question nor the password/,
    );
  }
  expect(heard).toEqual([]);
});

test("a name and a password of any letters arrive as they are", async () => {
  let authorization = "";
  const port = await answering(({ headers }, response) => {
    authorization = headers.authorization!;
    response.end(answer(["a"], []));
  });
  await asked(port, { user: "lésende", password: " p:ä\n€ " });
  expect(Buffer.from(authorization.replace("Basic ", ""), "base64").toString()).toBe("lésende: p:ä\n€ ");
});

test("an answer may be packed with gzip, and with nothing else; a packed one that breaks off gives nothing", async () => {
  const packed = gzipSync(answer(["a", "b"], [[1, "x\n\t\t[y"]]));
  const headers = { "content-encoding": "gzip" };
  expect(await asked(await answering(afterAnswer(packed, headers)))).toEqual([{ a: 1, b: "x\n\t\t[y" }]);
  for (const part of [packed.subarray(0, packed.length - 9), packed.subarray(0, 20)])
    await expect(asked(await answering(afterAnswer(part, headers)))).rejects.toThrow(
      /the answer breaks off \(/,
    );
  await expect(asked(await answering(afterAnswer(packed, { "content-encoding": "br" })))).rejects.toThrow(
    /the answer is packed as br/,
  );
});

test("an answer counts only when it is whole, wherever it ends and however whole its carrier calls it", async () => {
  const whole = answer(["a"], [[1], [2], [3]]);
  const end = whole.lastIndexOf("}");
  for (let length = 0; length < end; length += 1)
    await expect(asked(await answering(afterAnswer(whole.slice(0, length))))).rejects.toThrow(
      /the answer breaks off after \d rows/,
    );
  expect(await asked(await answering(afterAnswer(whole)))).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
  await expect(asked(await answering(afterAnswer(answer(["a"], [[1], [2]], 3))))).rejects.toThrow(
    /breaks off after 2/,
  );
});

test("a failure under the status 200 is found, in the words of old releases and of new ones", async () => {
  const begun = answer(["a"], [[1], [2]]).split('\n\t],\n\n\t"rows"')[0]!;
  const failures = [
    "Code: 395, e.displayText() = DB::Exception: it failed, e.what() = DB::Exception\n",
    "\r\n__exception__\r\nnsdfkjhsdfkjhsdf\r\nCode: 395. DB::Exception: it failed. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO) (version 26.7.2.1)\r\n104 nsdfkjhsdfkjhsdf\r\n__exception__\r\n",
    '\n\t],\n\n\t"rows": 2,\n\n\t"exception": "Code: 395. DB::Exception: it failed. (version 26.7.2.1)"\n',
  ];
  for (const failure of failures) {
    await expect(asked(await answering(afterAnswer(begun + failure)))).rejects.toThrow(
      /the cluster failed in the middle of its answer: Code: 395.+it failed/,
    );
    await expect(asked(await answering(afterAnswer(failure)))).rejects.toThrow(/Code: 395.+it failed/);
  }
  await expect(asked(await answering(afterAnswer("<html>\n<title>Log in</title>")))).rejects.toThrow(
    /this is no answer of ClickHouse: <html>/,
  );
  await expect(asked(await answering(afterAnswer(JSON.stringify({ data: [[1]], rows: 1 }))))).rejects.toThrow(
    /the answer breaks off/,
  );
});

test("a server that accepts and says nothing is given up, unless it was asked what takes long", async () => {
  const port = await listening(createSilentServer());
  await expect(asked(port, {}, 50)).rejects.toThrow(/does not answer: nothing is said within 0\.05 s/);
  const slow = await answering((_, response) => void setTimeout(() => response.end(answer(["a"], [])), 150));
  await expect(asked(slow, {}, 50)).rejects.toThrow(/nothing is said/);
  expect(await asked(slow, {}, Number.POSITIVE_INFINITY)).toEqual([]);
});

test("a server that accepts and has no word of TLS is told with what may be wrong", {
  timeout: 60_000,
}, async () => {
  const port = await listening(createSilentServer());
  const ask = overHttp({ url: `https://127.0.0.1:${port}/` }, {});
  await expect(ask("SELECT 1", () => undefined, {})).rejects.toThrow(
    /no TLS within 10 s \(is the other one of clickhouse:\/\/ and clickhouses:\/\/ right\?\)/,
  );
});

const hasOpenssl = existsSync(openssl);
test.skipIf(!hasOpenssl)(
  `a certificate that has expired or is for another host is refused, before a password is said${hasOpenssl ? "" : " [skipped: openssl missing]"}`,
  async () => {
    makeAuthority(folder);
    makeCertificate(folder, "expired", "DNS:localhost", -1);
    makeCertificate(folder, "good", "DNS:localhost", 2);
    const heard: unknown[] = [];
    const serving = (name: string) =>
      listening(
        createTlsServer(
          { cert: readFileSync(join(folder, `${name}.crt`)), key: readFileSync(join(folder, `${name}.key`)) },
          ({ headers }, response) => {
            heard.push(headers.authorization);
            response.writeHead(403).end("Code: 1. DB::Exception: heard");
          },
        ),
      );
    const [expired, good] = await Promise.all([serving("expired"), serving("good")]);
    const env = { CLICKHOUSE_PASSWORD: "s3cret", NODE_EXTRA_CA_CERTS: join(folder, "ca.crt") };
    const [late, other, right] = await Promise.all([
      observing(`clickhouses://localhost:${expired}/a/b`, env),
      observing(`clickhouses://127.0.0.1:${good}/a/b`, env),
      observing(`clickhouses://localhost:${good}/a/b`, env),
    ]);
    expect(late.stderr).toContain("is not trusted: certificate has expired");
    expect(other.stderr).toMatch(/is not trusted: Hostname\/IP does not match/);
    expect(right.stderr).toContain("HTTP 403: Code: 1. DB::Exception: heard");
    expect(heard).toHaveLength(1);
  },
);

test("an address that is none is told as such", () => {
  for (const text of [
    ...["clickhouse://host/only", "clickhouse://host/a/b/c", "clickhouse:///a/b", "http://host/a/b", "host"],
    ...["clickhouse://host/a/%zz", "clickhouse://host/a/b?readonly=0", "clickhouse://host/a/b#c"],
  ])
    expect(() => readTableAddress(text)).toThrow(/expected clickhouse:\/\/HOST/);
  expect(readTableAddress("clickhouses://[::1]/a%2Fb/c%20d")).toEqual({
    ...{ url: "https://[::1]:8443/", database: "a/b", table: "c d" },
  });
});

const columns = ["id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "ts"];
/** Of one flow, with 64-bit integers as text, as older releases write them. */
const partial = {
  ...{ a: "10.0.0.1", b: "10.0.0.2", protocol: 6, a_port: 0, b_port: 502, icmp_type: null, slot: "490896" },
  ...{ reason: 0, connections: "2", packets: "10", packets_back: "8", bytes: "600", bytes_back: "500" },
  ...{
    first: "1767225600000000",
    last: "1767225660250000",
    until: "490896",
    presence: [],
    evidence: 3,
    flags: 3,
  },
  requests: ["1767225600000000", "1767225660000000"],
};
/** A cluster with one table, which takes its time to aggregate it. @param aggregate is given the answer to end. */
function cluster(
  aggregate: (response: ServerResponse, id: string) => void,
  reading?: () => readonly unknown[],
) {
  return answering(async (request, response) => {
    let sql = "";
    for await (const piece of request) sql += piece;
    if (sql.includes("system.settings"))
      response.end(answer(["name", "value", "version"], [["readonly", "1", "26.7.2.1"]]));
    else if (sql.includes("system.columns"))
      response.end(
        answer(
          ["name", "type"],
          columns.map((name) => [name, "String"]),
        ),
      );
    // How its times lie, for the look at whether several sensors wrote it.
    else if (sql.includes("AS middle")) response.end(answer(["records"], [[0]]));
    else if (sql.includes("system.processes"))
      if (reading === undefined)
        response.writeHead(403).end("Code: 497. DB::Exception: Not enough privileges");
      else response.end(answer(["read_rows", "total_rows_approx"], [reading()]));
    else aggregate(response, new URL(request.url!, "http://host").searchParams.get("query_id")!);
  });
}
const whole = answer(Object.keys(partial), [Object.values(partial)]);

test("numbers of 64 bits may be text", async () => {
  const port = await cluster((response) => void response.end(whole));
  const place = readTableAddress(`clickhouse://127.0.0.1:${port}/plant/conn`);
  const { flows, sources } = await tableBaseline(overHttp(place, {}), place, "a question");
  expect(flows).toMatchObject([{ connections: 2, responder: "10.0.0.2" }]);
  expect(sources).toMatchObject([
    { accounting: { read: 2, used: 2 }, firstSeen: "2026-01-01T00:00:00.000000Z" },
  ]);
});

const suffix = missingForTerminal === undefined ? "" : ` [skipped: ${missingForTerminal} missing]`;
const command = (port: number) => [
  ...[process.execPath, join(import.meta.dirname, "../../dist/src/cli/main.js")],
  ...["observe", "--engine", `clickhouse://127.0.0.1:${port}/plant/conn`],
];

test.skipIf(missingForTerminal !== undefined)(
  `at a terminal, how far the cluster is, its rate and the time left${suffix}`,
  async () => {
    let read = 0;
    const started = Date.now();
    const port = await cluster(
      (response) => void setTimeout(() => response.end(whole), 3500),
      // Twenty million a second.
      () => {
        read = (Date.now() - started) * 20_000;
        return [read, 200e6];
      },
    );
    const terminal = atTerminal(command(port), folder);
    expect(await terminal.ended).toBe(0);
    const lines = [
      ...terminal
        .said()
        .matchAll(
          /the cluster reads {2}([\d.]+) of 200\.0 M records {2}([\d.]+) M records\/s {2}(\d+) % {2}([\d.]+) s left/g,
        ),
    ];
    expect(lines.length).toBeGreaterThanOrEqual(2);
    for (const [, done, rate, share, left] of lines) {
      expect(Number(done)).toBeLessThanOrEqual(read / 1e6 + 0.1);
      expect(Number(share)).toBe(Math.floor(Number(done) / 2 + 1e-9));
      expect(Number(left) / ((200 - Number(done)) / Number(rate))).toBeCloseTo(1, 1);
    }
    const [first, last] = [lines[0]!, lines.at(-1)!].map((line) => Number(line[1]));
    expect(last).toBeGreaterThan(first!);
  },
);

test.skipIf(missingForTerminal !== undefined)(
  `an account that may not ask how far it is has its answer all the same${suffix}`,
  async () => {
    const port = await cluster((response) => void setTimeout(() => response.end(whole), 1500));
    const terminal = atTerminal(command(port), folder);
    expect(await terminal.ended).toBe(0);
    expect(terminal.said()).toContain("502");
    expect(terminal.said()).not.toMatch(/the cluster reads|privileges/);
  },
);

test.skipIf(missingForTerminal !== undefined)(
  `Ctrl-C ends the question and its connection${suffix}`,
  async () => {
    let [id, isClosed] = ["", false];
    const port = await cluster((response, query) => {
      id = query;
      response.on("close", () => {
        isClosed = true;
      });
    });
    const terminal = atTerminal(command(port), folder);
    while (id === "") await new Promise((resolve) => setTimeout(resolve, 20));
    terminal.type(keys.ctrlC);
    expect(await terminal.ended).toBe(1);
    expect(terminal.said()).toContain(
      `ended by Ctrl-C: no baseline was made; a cluster that does not notice goes on with the query ${id}`,
    );
    expect(isClosed).toBe(true);
  },
);
