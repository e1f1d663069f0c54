import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readBaseline } from "../../src/baseline/file.ts";
import { pcap } from "../baseline/support/captures.ts";
import { ipv4, tcp, tcpFlags } from "../baseline/support/packets.ts";
import { sluice } from "../support/command.ts";

const polls = [0, 12, 24].map((sequence) => ({
  data: ipv4("10.0.0.1", "10.0.0.2", 6, tcp(40_000, 502, tcpFlags.ack, 12, sequence)),
  seconds: 1_700_000_000,
}));
const capture = pcap(polls, { linkType: 101 });

/** Zstandard frames with blocks that are stored as they are (RFC 8878): Node 20 cannot compress. */
const zstd = (content: Uint8Array): Buffer => {
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32LE(content.length, 5);
  head.writeUIntLE((content.length << 3) | 1, 9, 3);
  return Buffer.concat([head, content]);
};

let folder = "";
const write = (name: string, content: string | Uint8Array): void =>
  writeFileSync(join(folder, name), content);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-observe-"));
  write("a.pcap", capture);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("sluice observe", () => {
  test("prints the flows and what became of every packet, and writes nothing unasked", async () => {
    const { stdout, code } = await sluice(folder, ["observe", "a.pcap"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^10\.0\.0\.1\s+10\.0\.0\.2\s+modbus \(tcp 502\)\s+1\s+3\s+known-port\s+90 %$/m);
    expect(stdout).toContain("  3 packets read = 3 used + 0 ignored + 0 rejected\n");
    expect(readdirSync(folder)).toEqual(["a.pcap"]);
  });

  test("-o writes the baseline, with the digest of the stored bytes; --json prints the same", async () => {
    write("b.gz", gzipSync(capture));
    const { stdout } = await sluice(folder, ["observe", "b.gz", "-o", "lab.json", "--json"]);
    const written = readFileSync(join(folder, "lab.json"), "utf8");
    expect(stdout).toBe(written);
    const { value } = readBaseline(written, "lab.json");
    expect(value?.sources).toMatchObject([
      {
        name: "b.gz",
        format: "pcap",
        sha256: createHash("sha256")
          .update(readFileSync(join(folder, "b.gz")))
          .digest("hex"),
      },
    ]);
    expect((await sluice(folder, ["baseline", "show", "lab.json"])).stdout).toContain("1 flows");
  });

  test("gzip of several members, and gzip on the standard input", async () => {
    const members = Buffer.concat([gzipSync(capture.subarray(0, 50)), gzipSync(capture.subarray(50))]);
    write("b.gz", members);
    expect((await sluice(folder, ["observe", "b.gz"])).stdout).toContain("3 packets read = 3 used");
    expect((await sluice(folder, ["observe", "-"], members)).stdout).toMatch(/^stdin \(pcap/m);
  });

  test("zstd of several frames, and zstd that was cut short", async () => {
    write("a.zst", Buffer.concat([zstd(capture.subarray(0, 50)), zstd(capture.subarray(50))]));
    expect((await sluice(folder, ["observe", "a.zst"])).stdout).toContain("3 packets read = 3 used");
    write("b.zst", zstd(capture).subarray(0, 20));
    const { stderr, code } = await sluice(folder, ["observe", "b.zst"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: b\.zst: the zstd data ends too early, after 20 bytes/);
  });

  test("zeros behind gzip are what blocks are filled up with; what stands behind them is not dropped", async () => {
    const zeros = new Uint8Array(3_000_000);
    write("b.gz", Buffer.concat([gzipSync(capture), zeros]));
    expect((await sluice(folder, ["observe", "b.gz"])).stdout).toContain("3 packets read = 3 used");
    write("b.gz", Buffer.concat([gzipSync(capture.subarray(0, 50)), zeros, gzipSync(capture.subarray(50))]));
    const { stderr, code } = await sluice(folder, ["observe", "b.gz"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: b\.gz: something else follows the gzip data, from byte \d+ on/);
  });

  test("zstd whose first frame is one to be skipped, as pzstd writes it", async () => {
    const skipped = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);
    write("a.zst", Buffer.concat([skipped, zstd(capture)]));
    expect((await sluice(folder, ["observe", "a.zst"])).stdout).toContain("3 packets read = 3 used");
  });

  const nfdump = "ts,td,sa,da,sp,dp,pr\n2026-07-01 10:00:00,1,10.0.0.1,10.0.0.2,40000,502,TCP\n";
  test("a log whose times have no zone asks for --timezone, and takes it", async () => {
    write("flows.csv", nfdump);
    expect((await sluice(folder, ["observe", "flows.csv"])).stderr).toMatch(
      /^error: flows\.csv: .+--timezone/,
    );
    const { stdout } = await sluice(folder, ["observe", "flows.csv", "--timezone", "Europe/Zurich"]);
    expect(stdout).toContain("flows.csv (nfdump CSV, 2026-07-01T08:00:00.000000Z");
    const { stderr, code } = await sluice(folder, ["observe", "flows.csv", "--timezone", "Mars/Base"]);
    expect(stderr).toContain('"Mars/Base" is not a time zone');
    expect(code).not.toBe(0);
  });

  test("a log with lines that cannot be read makes no baseline, and shows them", async () => {
    write("flows.csv", `${nfdump}2026-07-01 10:00:00,1,10.0.0.1\n`);
    const args = ["observe", "flows.csv", "--timezone", "UTC", "-o", "lab.json"];
    const { stdout, stderr, code } = await sluice(folder, args);
    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    expect(stderr).toContain("error[baseline/rejects]: flows.csv: 1 of 3 lines could not be read");
    expect(stderr).toContain("line 3: 2026-07-01 10:00:00,1,10.0.0.1");
    expect(existsSync(join(folder, "lab.json"))).toBe(false);
  });

  test("a folder stands for the files in it; what is no capture is skipped aloud", async () => {
    mkdirSync(join(folder, "day 1"));
    write("day 1/b.pcap", capture);
    write("day 1/notes.txt", "switch port 12");
    const { stdout, stderr, code } = await sluice(folder, ["observe", "."]);
    expect(code).toBe(0);
    expect(stdout.match(/3 packets read/g)?.length).toBe(2);
    expect(stderr).toContain("skipped notes.txt: the format is not known");
  });

  test.each([
    ["day*/*.pcap", ["b.pcap", "c.pcap"]],
    ["**/[bc].pcap", ["b.pcap", "c.pcap"]],
    ["**/*.pcap", ["a.pcap", "b.pcap", "c.pcap"]],
    ["day?1/[!b].pc*", ["c.pcap"]],
    ["*", [".d.pcap", "a.pcap", "b.pcap", "c.pcap"]],
  ])("a pattern that no shell has expanded stands for what it matches: %s", async (pattern, expected) => {
    mkdirSync(join(folder, "day 1"));
    write("day 1/b.pcap", capture);
    write("day 1/c.pcap", capture);
    write("day 1/.d.pcap", capture);
    const { stdout } = await sluice(folder, ["observe", pattern, "--json"]);
    const { sources } = JSON.parse(stdout) as { readonly sources: readonly { readonly name: string }[] };
    expect(sources.map(({ name }) => name).toSorted()).toEqual(expected);
    for (const nothing of ["no*.pcap", "[z-a].pcap", "gone/*"])
      expect((await sluice(folder, ["observe", nothing])).stderr).toBe(`error: ${nothing} does not exist\n`);
  });

  test("a link in a folder stands for the file that it leads to, once; one that leads nowhere is told", async () => {
    const logs = join(folder, "logs");
    mkdirSync(logs);
    symlinkSync("../a.pcap", join(logs, "current.pcap"));
    symlinkSync("current.pcap", join(logs, "again.pcap"));
    symlinkSync("gone", join(logs, "broken.pcap"));
    symlinkSync("round.pcap", join(logs, "round.pcap"));
    const { stdout, stderr, code } = await sluice(folder, ["observe", "logs"]);
    expect(code).toBe(0);
    expect(stdout.match(/3 packets read/g)?.length).toBe(1);
    for (const name of ["broken", "round"])
      expect(stderr).toContain(`skipped ${name}.pcap: neither a file nor a link to one`);
    expect((await sluice(folder, ["observe", "logs/round.pcap"])).stderr).toBe(
      "error: logs/round.pcap does not exist\n",
    );
  });

  test("a capture cut short is used, and the engineer is told", async () => {
    write("a.pcap", capture.subarray(0, capture.length - 1));
    const { stdout, stderr, code } = await sluice(folder, ["observe", "a.pcap"]);
    expect(code).toBe(0);
    expect(stdout).toContain("3 packets read = 2 used + 0 ignored + 1 rejected");
    expect(stderr).toContain("warning[baseline/cut-short]: a.pcap: the file ends inside packet 3");
  });

  const gzip = gzipSync(Buffer.concat([capture, new Uint8Array(5000)]));
  const corrupt = Buffer.from(gzip);
  corrupt.fill(0xff, 20, 60);
  test.each<[string, Uint8Array, RegExp]>([
    ["gzip that is corrupt", corrupt, /gzip data is corrupt \(.+\), at or before byte \d+/],
    ["gzip that was cut short", gzip.subarray(0, 60), /gzip data ends too early, after 60 bytes/],
    ["an unknown link type", pcap(polls, { linkType: 147 }), /its packets have link type 147/],
    ["no capture at all", Buffer.from("hello"), /format is not known/],
    ["an empty file", new Uint8Array(0), /the file is empty/],
  ])("%s: exit code 1, and nothing is written", async (_, content, message) => {
    write("bad", content);
    const { stdout, stderr, code } = await sluice(folder, ["observe", "a.pcap", "bad", "-o", "lab.json"]);
    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    expect(stderr).toMatch(/^error: bad: /);
    expect(stderr).toMatch(message);
    expect(existsSync(join(folder, "lab.json"))).toBe(false);
  });

  test("a file or folder that is not there is named before anything is read", async () => {
    expect((await sluice(folder, ["observe", "a.pcap", "gone.pcap"])).stderr).toBe(
      "error: gone.pcap does not exist\n",
    );
    const { stderr, code } = await sluice(folder, ["observe", "a.pcap", "-o", "gone/lab.json"]);
    expect({ stderr, code }).toEqual({
      stderr: `error: gone/lab.json: the folder ${join(folder, "gone")} does not exist; make it first\n`,
      code: 1,
    });
  });

  test("a baseline replaces a baseline, and no other file, such as the site file", async () => {
    write("site.yaml", "mine");
    const { stderr, stdout, code } = await sluice(folder, ["observe", "a.pcap", "-o", "site.yaml"]);
    expect({ stderr, stdout, code }).toEqual({
      stderr: "error: site.yaml exists and is not a baseline; it is not overwritten: name another file\n",
      stdout: "",
      code: 1,
    });
    expect(readFileSync(join(folder, "site.yaml"), "utf8")).toBe("mine");
    write("lab.json", "");
    for (const _ of ["over the empty file", "over the baseline"])
      expect((await sluice(folder, ["observe", "a.pcap", "-o", "lab.json"])).code).toBe(0);
  });

  test("a log with each connection twice counts each once, added up or not, into a store too; from a pipe it is refused", async () => {
    const row = (index: number): string =>
      [
        1_700_000_000 + index,
        "10.0.0.1",
        40_000 + (index % 7),
        "10.0.0.2",
        502,
        "tcp",
        0.5,
        "ShADadFf",
        6,
        5,
      ].join("\t");
    const header =
      "#separator \\x09\n#path\tconn\n#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\thistory\torig_pkts\tresp_pkts\n";
    const log = (times: number): string =>
      `${header}${Array.from({ length: 200 }, (_, index) => `${row(index)}\n`.repeat(times)).join("")}`;
    write("once.log", log(1));
    write("twice.log", log(2));
    const flowsOf = async (...words: readonly string[]): Promise<unknown> =>
      JSON.parse((await sluice(folder, ["observe", ...words, "--json"])).stdout).flows;
    const once = await flowsOf("once.log");
    expect(once).toMatchObject([{ connections: 200, packets: 2200 }]);
    expect(await flowsOf("twice.log")).toEqual(once);
    expect(await flowsOf("twice.log", "--store", "flows")).toEqual(once);
    const piped = await sluice(folder, ["observe", "-"], Buffer.from(log(2)));
    expect(piped).toMatchObject({ code: 1, stdout: "" });
    expect(piped.stderr).toContain("a connection stands in it twice, as several sensors write it");
  });

  test("what the machine refuses is told as that, and is no fault of the program", async () => {
    const full = await sluice(folder, ["observe", "a.pcap", "-o", "/dev/full"]);
    expect([full.code, full.stderr]).toEqual([1, "error: /dev/full: the disk is full: make room (ENOSPC)\n"]);
    const { code, stderr } = await sluice(folder, ["observe", "a.pcap", "-o", `${"x".repeat(300)}.json`]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/x\.json: the name is too long \(ENAMETOOLONG\)\n$/),
    ]);
    expect(readdirSync(folder).filter((name) => name.includes("x.json"))).toEqual([]);
  });

  test("a name that is no UTF-8 is told as that: no program that takes names as text can open it", async () => {
    writeFileSync(Buffer.concat([Buffer.from(join(folder, "caf")), Buffer.from([0xe9])]), capture);
    const { code, stderr } = await sluice(folder, ["observe", "."]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/caf\ufffd: its name is not UTF-8: rename it/);
  });

  test("a name with terminal escapes is made harmless", async () => {
    write("a\x1b[31m.pcap", capture);
    expect((await sluice(folder, ["observe", "."])).stdout).toContain("a\ufffd[31m.pcap (pcap");
  });
});

describe("sluice baseline", () => {
  test("a broken baseline is shown with its line", async () => {
    await sluice(folder, ["observe", "a.pcap", "-o", "lab.json"]);
    write("lab.json", readFileSync(join(folder, "lab.json"), "utf8").replace('"port":502', '"port":70000'));
    const { stderr, code } = await sluice(folder, ["baseline", "show", "lab.json"]);
    expect(code).toBe(1);
    expect(stderr).toContain("--> lab.json:8:");
    expect(stderr).toContain("error: lab.json has 1 error\n");
  });

  test("a proposal overwrites nothing", async () => {
    write("site.yaml", "mine");
    const { stderr, code } = await sluice(folder, ["baseline", "propose", "lab.json", "-o", "site.yaml"]);
    expect({ stderr, code }).toEqual({
      stderr: "error: site.yaml exists; it is not overwritten: name another file\n",
      code: 1,
    });
    expect(readFileSync(join(folder, "site.yaml"), "utf8")).toBe("mine");
  });
});
