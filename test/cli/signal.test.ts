import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keepSample, readHistory, sampleKeeper } from "../../src/cli/rollout/history-file.ts";
import { openTcp } from "../../src/cli/rollout/open-tcp.ts";
import { askSignal } from "../../src/cli/rollout/signal.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-signal-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("a command on the engineer's machine", () => {
  const run = (...argv: readonly string[]) => askSignal(folder, { kind: "command", argv });

  test("gets its words as they are, and no shell reads them", async () => {
    expect(await run("printf", "%s", "$(touch made); `touch made` && x")).toEqual({
      ...{ kind: "exit", code: 0, output: "$(touch made); `touch made` && x" },
    });
    expect(existsSync(join(folder, "made"))).toBe(false);
  });

  test("runs in the site's folder, and its exit code is what counts", async () => {
    expect(await run("sh", "-c", "pwd; exit 2")).toEqual({ kind: "exit", code: 2, output: `${folder}\n` });
  });

  test("that is not there, or says too much, says nothing", async () => {
    expect(await run("no-such-program-of-ours")).toMatchObject({
      kind: "nothing",
      reason: expect.stringContaining("ENOENT"),
    });
    expect(await run("sh", "-c", "yes | head -c 100000")).toMatchObject({ kind: "nothing" });
  });
});

describe("a file on the engineer's machine", () => {
  const file = { kind: "file", path: "line.txt", expect: "ok", staleAfter: 60 } as const;

  test("is read with its age", async () => {
    expect(await askSignal(folder, file)).toMatchObject({ kind: "nothing" });
    writeFileSync(join(folder, "line.txt"), "ok\n");
    const then = Date.now() / 1000 - 100;
    utimesSync(join(folder, "line.txt"), then, then);
    const found = await askSignal(folder, file);
    expect(found).toMatchObject({ kind: "file", content: "ok\n" });
    expect((found as { age: number }).age).toBeGreaterThan(99);
  });

  test("that is a folder says nothing", async () => {
    expect(await askSignal(folder, { ...file, path: "." })).toMatchObject({ kind: "nothing" });
  });
});

test("a probe from this machine tells an open port from a closed one", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address() as { port: number };
  expect(await openTcp("127.0.0.1", port, 2)).toBe("open");
  await new Promise((done) => server.close(done));
  expect(await openTcp("127.0.0.1", port, 2)).toBe("closed");
});

describe("the samples of a conduit", () => {
  const counters = {
    permits: [{ permit: "poll", requests: 1, replies: 1 }],
    recorded: [],
    recordFull: false,
  };
  const keep = (time: string) => keepSample(folder, "fw1", "dmz-cell1", new Date(time), counters);
  const file = () => join(folder, ".sluice", "history", "fw1.dmz-cell1.jsonl");

  test("are read back in the order of their times, and a line that a crash cut off is left out", () => {
    expect(readHistory(folder, "fw1", "dmz-cell1")).toEqual([]);
    keep("2026-01-02T00:00:00Z");
    keep("2026-01-01T00:00:00Z");
    writeFileSync(file(), '{"time":"2026', { flag: "a" });
    expect(readHistory(folder, "fw1", "dmz-cell1").map(({ time }) => time)).toEqual([
      "2026-01-01T00:00:00.000Z",
      "2026-01-02T00:00:00.000Z",
    ]);
    keep("2026-01-03T00:00:00Z");
    expect(readHistory(folder, "fw1", "dmz-cell1")).toHaveLength(3);
  });

  test("that cannot be kept are told once, and whoever looks goes on looking", () => {
    const blocked = mkdtempSync(join(tmpdir(), "sluice-signal-"));
    writeFileSync(join(blocked, ".sluice"), "");
    const told: string[] = [];
    const context = {
      now: () => new Date(0),
      process: { stderr: { write: (text: string) => told.push(text) } },
    };
    const keepSeen = sampleKeeper(context as never, blocked, "fw1");
    keepSeen("dmz-cell1", counters);
    keepSeen("it-cell1", counters);
    expect(told).toEqual([
      `warning: no sample of fw1 is kept: ${blocked}/.sluice/history: a part of the path is no folder (ENOTDIR)\n`,
    ]);
    rmSync(blocked, { recursive: true });
  });

  test("that somebody damaged are refused with their line", () => {
    writeFileSync(file(), "nonsense\n");
    expect(() => readHistory(folder, "fw1", "dmz-cell1")).toThrow(/dmz-cell1\.jsonl:1: .* take it out/);
  });
});
