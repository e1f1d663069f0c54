import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDatabase } from "../../src/engines/duckdb/database.ts";
import { pcap } from "../baseline/support/captures.ts";
import { ipv4, tcp, tcpFlags } from "../baseline/support/packets.ts";
import { sluice } from "../support/command.ts";
import { poll, zeekFieldNames, zeekLog } from "./support/zeek.ts";

let folder = "";
const write = (name: string, content: string | Uint8Array): void =>
  writeFileSync(join(folder, name), content);
const observe = (...args: readonly string[]) => sluice(folder, ["observe", ...args]);
/** The baseline of files that are read one line after the other, without a store. */
const lineByLine = async (...files: readonly string[]) => (await observe(...files, "--json")).stdout;
const minutes = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, minute) => poll((from + minute) * 60));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-store-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

// Each file is a query: more than the machine alone would take, where others work on it too.
const patience = 60_000;

describe("a flow store", { timeout: patience }, () => {
  test("what is added today and tomorrow is the baseline of both days", async () => {
    write("today.log", zeekLog(minutes(0, 60)));
    write("tomorrow.log", zeekLog(minutes(1440, 1500)));
    const first = await observe("today.log", "--store", "plant", "--json");
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toBe(await lineByLine("today.log"));
    const second = await observe("tomorrow.log", "--store", "plant", "--json");
    expect(second.stdout).toBe(await lineByLine("today.log", "tomorrow.log"));
    expect((await observe("--store", "plant", "--json")).stdout).toBe(second.stdout);
    expect(JSON.parse(second.stdout).flows).toMatchObject([
      {
        connections: 120,
        cadence: { kind: "periodic", period: 60 },
        presence: [
          [1963584, 1963587],
          [1963680, 1963683],
        ],
      },
    ]);
  });

  test("days of more requests than a cadence needs: the same baseline, and later days keep none of them", async () => {
    // A pause of some hours lies between the second day and the third, when nothing is kept any more.
    const starts = [0, 86_400, 200_000];
    const days = starts.map((start, day) => {
      const polls = Array.from({ length: 2500 }, (_, turn) => poll(start + turn * 20 + (turn % 7)));
      write(`${day}.log`, zeekLog(polls));
      return `${day}.log`;
    });
    for (const day of days) expect((await observe(day, "--store", "plant")).stderr).toBe("");
    const { stdout } = await observe("--store", "plant", "--json");
    expect(stdout).toBe(await lineByLine(...days));
    const [{ connections, cadence, presence }] = JSON.parse(stdout).flows;
    expect({ connections, samples: cadence.samples, stretches: presence.length }).toEqual({
      ...{ connections: 7500, samples: 4096, stretches: 3 },
    });
    expect(cadence.silenceDeadline).toBeGreaterThan(86_400);
    const database = await openDatabase({ temporaryFolder: join(folder, "spill"), memory: 100e6 });
    const kept = await database.rows(`SELECT kept FROM '${folder}/plant/part-*.parquet' ORDER BY "first"`);
    database.close();
    // What begins before there are enough is kept whole.
    expect(kept.flat()).toEqual([2500, 2500, 0]);
  });

  test("a file that the store has already is recognised by its bytes, whatever its name", async () => {
    write("a.log", zeekLog(minutes(0, 10)));
    write("b.log", zeekLog(minutes(0, 10)));
    const { stderr, stdout } = await observe("a.log", "b.log", "--store", "plant", "--json");
    expect(stderr).toBe("note: b.log: skipped, the store has it already (as a.log)\n");
    const again = await observe("b.log", "--store", "plant", "--json");
    expect(again.stderr).toBe("note: b.log: skipped, the store has it already (as a.log)\n");
    expect(again.stdout).toBe(stdout);
    expect(JSON.parse(stdout).flows[0].connections).toBe(10);
  });

  test("captures and logs of every format go into one store", async () => {
    const packet = ipv4("10.0.0.9", "10.0.0.2", 6, tcp(40_000, 502, tcpFlags.syn));
    write("a.pcap", pcap([{ data: packet, seconds: 1_767_312_000 }], { linkType: 101 }));
    write("a.log", zeekLog(minutes(0, 10)));
    const { stdout, stderr } = await observe("a.pcap", "a.log", "--store", "plant", "--json");
    expect(stderr).toBe("");
    expect(stdout).toBe(await lineByLine("a.pcap", "a.log"));
  });

  test("logs of the same time whose connections cannot be compared are read line by line, no others", async () => {
    // The third has the same connections as the second, and a white space, so that its lines are none that an engine reads.
    write("a.log", zeekLog(minutes(0, 10)));
    write("b.log", zeekLog(minutes(1000, 1010)));
    write("c.log", `${zeekLog(minutes(1000, 1010)).replace(/^1767/m, " 1767")}  \n`);
    const { stdout, stderr } = await observe("a.log", "b.log", "c.log", "--store", "plant", "--json");
    expect(stderr).toBe(
      "note: the logs may hold the same connections, which count once: they are read line by line\n",
    );
    expect(stdout).toBe(await lineByLine("a.log", "b.log", "c.log"));
    expect(JSON.parse(stdout)).toMatchObject({
      flows: [{ connections: 20 }],
      sources: [{}, {}, { copies: [{ of: "b.log", conversations: 10 }] }],
    });
  });

  test("beside a capture, the logs of its time are read line by line, as without a store", async () => {
    const packet = ipv4("10.0.0.9", "10.0.0.2", 6, tcp(40_000, 502, tcpFlags.syn));
    write("a.pcap", pcap([{ data: packet, seconds: 1_767_225_660 }], { linkType: 101 }));
    write("b.log", zeekLog(minutes(0, 10)));
    write("d.log", zeekLog(minutes(0, 10).map((record) => ({ ...record, "id.orig_h": "10.0.0.77" }))));
    const { stdout, stderr } = await observe("a.pcap", "b.log", "d.log", "--store", "plant", "--json");
    expect(stderr).toBe(
      "note: b.log: read line by line, since another file of the same time is\n" +
        "note: d.log: read line by line, since another file of the same time is\n",
    );
    expect(stdout).toBe(await lineByLine("a.pcap", "b.log", "d.log"));
  });

  test("a session that goes on in what is added tomorrow is one connection, as in one observation", async () => {
    const from = 1_767_225_600;
    const at = (second: number, flags: number, payload: number) => ({
      data: ipv4("10.0.0.9", "10.0.0.2", 6, tcp(40_000, 502, flags, payload, second), { id: second + 1 }),
      seconds: from + second,
    });
    const polls = (first: number, last: number) =>
      Array.from({ length: last - first }, (_, index) => at(first + index, tcpFlags.ack, 12));
    // So many that the later files keep no requests.
    const [opened, again] = [at(0, tcpFlags.syn, 0), at(9500, tcpFlags.syn, 0)];
    write("a.pcap", pcap([opened, ...polls(1, 5000)], { linkType: 101 }));
    write("b.pcap", pcap(polls(7000, 7060), { linkType: 101 }));
    write("c.pcap", pcap(polls(8000, 8060), { linkType: 101 }));
    write("d.pcap", pcap([again, ...polls(9501, 9560)], { linkType: 101 }));
    for (const file of ["a.pcap", "b.pcap", "c.pcap"]) await observe(file, "--store", "plant");
    const { stdout } = await observe("d.pcap", "--store", "plant", "--json");
    expect(JSON.parse(stdout).flows).toEqual(
      JSON.parse(await lineByLine("a.pcap", "b.pcap", "c.pcap", "d.pcap")).flows,
    );
    expect(JSON.parse(stdout).flows).toMatchObject([{ connections: 2, packets: 5180, evidence: "syn" }]);
  });

  test("a capture in which nothing talked is kept with its account, and adds nothing", async () => {
    write("quiet.pcap", pcap([]));
    const { code, stdout } = await observe("quiet.pcap", "--store", "plant", "--json");
    expect([code, stdout]).toEqual([0, await lineByLine("quiet.pcap")]);
  });

  test("logs of two sensors that are added together count once, as in one observation", async () => {
    write("left.log", zeekLog(minutes(0, 20)));
    write("right.log", `${zeekLog(minutes(0, 20))}#of the other sensor\n`);
    const { stdout, stderr } = await observe("left.log", "right.log", "--store", "plant", "--json");
    expect(stderr).toContain("hold the same connections, which count once");
    expect(stdout).toBe(await lineByLine("left.log", "right.log"));
    expect(JSON.parse(stdout)).toMatchObject({
      flows: [{ connections: 20 }],
      sources: [{}, { copies: [{ of: "left.log", conversations: 20, packets: 180 }] }],
    });
  });

  test("logs of two sensors that are added one after the other count twice, which is said", async () => {
    write("left.log", zeekLog(minutes(0, 60)));
    write("right.log", `${zeekLog(minutes(0, 60))}#of the other sensor\n`);
    write("next.log", zeekLog(minutes(60, 120)));
    expect((await observe("left.log", "--store", "plant")).stderr).toBe("");
    expect((await observe("next.log", "--store", "plant")).stderr).toBe("");
    const { stderr } = await observe("right.log", "--store", "plant");
    expect(stderr).toMatch(
      /^note: the store has 1 of the added flows from earlier additions, at the same time/,
    );
  });

  test("48 hourly gzip files with a foreign first column: right values, all lines accounted for", async () => {
    const layout = ["_node_name", ...zeekFieldNames];
    for (let hour = 0; hour < 48; hour += 1)
      write(
        `conn.${String(hour).padStart(2, "0")}.log.gz`,
        gzipSync(zeekLog(minutes(hour * 60, hour * 60 + 60), layout)),
      );
    const { stdout, stderr } = await observe(".", "--store", "plant", "--json");
    expect(stderr).toBe("");
    const { flows, sources } = JSON.parse(stdout);
    expect(sources.length).toBe(48);
    for (const { accounting } of sources)
      expect(accounting).toEqual({
        unit: "lines",
        read: 67,
        used: 60,
        ignored: { "header or comment": 7 },
        rejected: {},
      });
    expect(flows).toMatchObject([
      {
        ...{ initiator: "10.0.0.1", responder: "10.0.0.2", protocol: 6, port: 502 },
        ...{ connections: 2880, packets: 9 * 2880, bytes: 550 * 2880, evidence: "syn", confidence: 1 },
        cadence: { kind: "periodic", period: 60, jitter: 0, silenceDeadline: 180, samples: 2880 },
      },
    ]);
  }, 120_000);
});

describe("logs that are not written as usual", { timeout: patience }, () => {
  const header = zeekLog([]).split("\n").slice(0, 6);
  const lines = (count: number) =>
    zeekLog(minutes(0, count))
      .split("\n")
      .slice(6, 6 + count);
  const inSmall = (record: ReturnType<typeof poll>) => ({
    ...record,
    "id.orig_h": "fd00::1",
    "id.resp_h": "fd00::2",
  });
  const capitals = (record: ReturnType<typeof poll>) => ({ ...inSmall(record), "id.orig_h": "FD00:0::1" });
  test.each<[string, string, string]>([
    [
      "columns that change in the middle",
      `${zeekLog(minutes(0, 5))}${zeekLog(minutes(5, 9), zeekFieldNames.toReversed())}`,
      zeekLog(minutes(5, 9)),
    ],
    [
      "line ends of Windows",
      zeekLog(minutes(0, 5)).replaceAll("\n", "\r\n"),
      zeekLog(minutes(0, 5), zeekFieldNames.toReversed()),
    ],
    ["addresses in capitals", zeekLog(minutes(0, 5).map(capitals)), zeekLog(minutes(0, 5).map(inSmall))],
    [
      "times that are masked",
      zeekLog(minutes(0, 5)).replace(/^1767225660\.0+/m, "XXXXXXXXXX.XXXXXX"),
      zeekLog(minutes(2, 5)),
    ],
    [
      "a white space in front of a line",
      [...header, ...lines(5), "  ", ""].join("\n"),
      zeekLog(minutes(0, 5)),
    ],
  ])("%s: the same result as without a store, beside a copy too", async (_, content, copy) => {
    write("a.log", content);
    const { stdout, stderr, code } = await observe("a.log", "--store", "one", "--json");
    expect({ stdout, stderr, code }).toEqual({ stdout: await lineByLine("a.log"), stderr: "", code: 0 });
    write("b.log", `${copy}#of the other sensor\n`);
    const both = await observe("a.log", "b.log", "--store", "two", "--json");
    expect(both.stdout).toBe(await lineByLine("a.log", "b.log"));
    expect(JSON.parse(both.stdout).sources[1].copies).toMatchObject([{ of: "a.log" }]);
  });

  test("logs that were put together, each with the same header and one without its last line end", async () => {
    write("a.log", `${zeekLog(minutes(0, 5))}\n${zeekLog(minutes(5, 9))}`.trimEnd());
    const { stdout, stderr } = await observe("a.log", "--store", "plant", "--json");
    expect(stderr).toBe("");
    expect(stdout).toBe(await lineByLine("a.log"));
    expect(JSON.parse(stdout).sources[0].accounting).toMatchObject({
      read: 24,
      used: 9,
      ignored: { "empty line": 1 },
    });
  });

  test.each<[string, string, RegExp]>([
    [
      "rejects above 0.1 %",
      [...header, ...lines(5), "1767225600.0\tC1\t10.0.0.1", ""].join("\n"),
      /1 of 12 lines could not be read[\s\S]+line 12: 1767225600\.0/,
    ],
    ["no header", lines(5).join("\n"), /format is not known/],
    [
      "a header without #fields",
      ["#separator \\x09", "#path\tconn", ...lines(5)].join("\n"),
      /line 3 is data, but no #fields line/,
    ],
    [
      "a header that is cut short in the middle",
      `${zeekLog(minutes(0, 5))}#separator \\x09\n${lines(1)[0]}\n`,
      /line 14 is data, but no #fields line/,
    ],
  ])("%s: refused with the line, and the store is as it was", async (_, content, message) => {
    write("good.log", zeekLog(minutes(0, 5)));
    write("bad.log", content);
    const before = (await observe("good.log", "--store", "plant", "--json")).stdout;
    const files = readdirSync(join(folder, "plant"));
    write("other.log", zeekLog(minutes(100, 105)));
    const { stdout, stderr, code } = await observe(
      "other.log",
      "bad.log",
      "--store",
      "plant",
      "-o",
      "out.json",
    );
    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    expect(stderr).toMatch(message);
    expect(existsSync(join(folder, "out.json"))).toBe(false);
    expect(readdirSync(join(folder, "plant"))).toEqual(files);
    expect((await observe("--store", "plant", "--json")).stdout).toBe(before);
  });
});

describe("a store that is not sound", { timeout: patience }, () => {
  test("a folder with other things in it is no store, and stays as it is", async () => {
    write("a.log", zeekLog(minutes(0, 5)));
    const { stderr, code } = await observe("a.log", "--store", ".");
    expect({ stderr, code }).toEqual({
      stderr: `error: ${folder} is no flow store: it holds "a.log"; name a new folder\n`,
      code: 1,
    });
    expect(readdirSync(folder)).toEqual(["a.log"]);
  });

  test("a part that is missing, or was not copied whole, is named", async () => {
    write("a.log", zeekLog(minutes(0, 5)));
    await observe("a.log", "--store", "plant");
    const part = readdirSync(join(folder, "plant")).find((name) => name.endsWith(".parquet"))!;
    const content = readFileSync(join(folder, "plant", part));
    writeFileSync(join(folder, "plant", part), content.subarray(0, 100));
    expect((await observe("--store", "plant")).stderr).toMatch(
      /has 100 bytes and not \d+: the store was not copied whole/,
    );
    rmSync(join(folder, "plant", part));
    expect((await observe("--store", "plant")).stderr).toMatch(/is missing: the store was not copied whole/);
  });

  test("a manifest that is damaged is named, and nothing is taken for an empty store", async () => {
    write("a.log", zeekLog(minutes(0, 5)));
    await observe("a.log", "--store", "plant");
    write("plant/manifest-000001.json", "{");
    expect(await observe("a.log", "--store", "plant")).toMatchObject({ code: 1, stdout: "" });
  });

  test("the standard input cannot be added, and without files or a store there is nothing to observe", async () => {
    expect((await observe("-", "--store", "plant")).stderr).toMatch(/the standard input cannot be/);
    expect(await observe()).toMatchObject({ code: 64, stdout: "" });
  });
});
