import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { appendJournal, readJournalFile, recordDone } from "../../src/cli/rollout/journal-file.ts";
import { fromBuild, type Writer, writer } from "../support/writer.ts";

/** Paths in the order in which they were forced to the disk. */
const synced: string[] = vi.hoisted(() => []);
vi.mock("node:fs", async (real) => {
  const fs = await real<typeof import("node:fs")>();
  const fsyncSync = (handle: number): void => {
    synced.push(fs.readlinkSync(`/proc/self/fd/${handle}`));
    fs.fsyncSync(handle);
  };
  return { ...fs, fsyncSync };
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-journal-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const entry = (action: string) => ({ time: "2026-03-01T02:00:00.000Z", actor: "eva", action });
const file = (): string => join(folder, "journal.jsonl");
const lock = (): string => join(folder, ".sluice", "journal.lock");

test("an entry is on the disk, and then the note of the end, before a write is over", async () => {
  synced.length = 0;
  await appendJournal(folder, [entry("one")]);
  const [entries, note] = [file(), join(folder, ".sluice", "journal-head.json")];
  expect(synced[0]).toBe(entries);
  expect(synced.slice(1).some((path) => path.startsWith(note))).toBe(true);
});

test("sessions that write at once make one whole journal", async () => {
  await Promise.all(
    Array.from({ length: 25 }, (_, index) => appendJournal(folder, [entry(`a${index}`), entry("b")])),
  );
  const { entries, faults } = readJournalFile(folder);
  expect(faults).toEqual([]);
  expect(entries).toHaveLength(50);
  expect(new Set(entries.map((one) => one.action)).size).toBe(26);
});

test("processes that write at once, and some that are killed while they do, leave one chain", async () => {
  const writers = Array.from({ length: 6 }, () => writer(folder, "append"));
  await Promise.all(writers.map(({ ready }) => ready));
  for (const [index, one] of writers.entries()) {
    setTimeout(() => one.process.kill("SIGKILL"), 150 + 70 * index);
  }
  await Promise.all(writers.map(({ ended }) => ended));
  await appendJournal(folder, [entry("afterwards")]);
  const { entries, faults } = readJournalFile(folder);
  expect(faults).toEqual([]);
  expect(entries.at(-1)?.action).toBe("afterwards");
  expect(entries.length).toBeGreaterThan(20);
  expect(existsSync(lock())).toBe(false);
});

/** Whether a step came to its end within a time. */
const within = (step: Promise<unknown>, ms: number): Promise<boolean> =>
  Promise.race([step.then(() => true), new Promise<false>((resolve) => setTimeout(resolve, ms, false))]);

test("a writer that stands still keeps its lock, whatever the time; one that is gone does not", async () => {
  const holder: Writer = writer(folder, "hold");
  await holder.ready;
  holder.process.kill("SIGSTOP");
  const waiting = appendJournal(folder, [entry("second")]);
  expect(await within(waiting, 700)).toBe(false);
  holder.process.kill("SIGKILL");
  expect(await within(waiting, 2_000)).toBe(true);
  expect(readJournalFile(folder).faults).toEqual([]);
});

test("a lock of another machine, or of nobody, is left alone and named", async () => {
  mkdirSync(join(folder, ".sluice"));
  symlinkSync("4711.17@elsewhere", lock());
  const waiting = appendJournal(folder, [entry("one")]);
  expect(await within(waiting, 300)).toBe(false);
  rmSync(lock());
  await waiting;
});

test("a process that was killed while it took a lock away stands in nobody's way", async () => {
  mkdirSync(join(folder, ".sluice"));
  const ran = spawnSync(process.execPath, ["-e", "console.log(process.pid)"], { encoding: "utf8" });
  const gone = `${ran.stdout.trim()}.1@${hostname()} ${readlinkSync("/proc/self/ns/pid")}`;
  symlinkSync(gone, lock());
  symlinkSync(gone, `${lock()}.break`);
  const waiting = appendJournal(folder, [entry("one")]);
  expect(await within(waiting, 2_000)).toBe(true);
  expect(readdirSync(join(folder, ".sluice"))).toEqual(["journal-head.json"]);
});

test("nothing is added to a journal that is not whole", async () => {
  await appendJournal(folder, [entry("one"), entry("two")]);
  const text = readFileSync(file(), "utf8");
  writeFileSync(file(), text.slice(0, -10));
  await expect(appendJournal(folder, [entry("three")])).rejects.toThrow(
    "journal.jsonl:1: the end is missing: entry 2 was written",
  );
  writeFileSync(file(), text.split("\n")[0] ?? "");
  appendFileSync(file(), "\n");
  await expect(appendJournal(folder, [entry("three")])).rejects.toThrow(
    "the end is missing: entry 2 was written",
  );
});

test("whoever follows what is said of a broken journal has a new one that is whole", async () => {
  await appendJournal(folder, [entry("one"), entry("two")]);
  rmSync(file());
  const refusal = await appendJournal(folder, [entry("three")]).catch((error: Error) => error.message);
  const [, names = ""] = /to begin a new journal, move (.*) to another folder/.exec(String(refusal)) ?? [];
  const moved = names.split(/, | and /);
  expect(moved).toEqual(["journal.jsonl", ".sluice/journal-head.json", ".sluice/heads"]);
  for (const name of moved) rmSync(join(folder, name), { recursive: true, force: true });
  await appendJournal(folder, [entry("three")]);
  expect(readJournalFile(folder)).toMatchObject({ faults: [], entries: [{ action: "three" }] });
});

test("a line that a killed process had begun is set aside, and the journal says so", async () => {
  await appendJournal(folder, [entry("one")]);
  const begun = Buffer.concat([Buffer.from('{"action":"tr", "reason": "Z'), Buffer.from([0xc3])]);
  appendFileSync(file(), begun);
  expect(readJournalFile(folder).faults).toMatchObject([{ line: 2, message: /torn/ }]);
  await appendJournal(folder, [entry("two")]);
  const { entries, faults } = readJournalFile(folder);
  expect(faults).toEqual([]);
  expect(entries.map(({ action }) => action)).toEqual(["one", "torn-line", "two"]);
  const kept = join(folder, ".sluice", "torn", readdirSync(join(folder, ".sluice", "torn"))[0]!);
  expect(readFileSync(kept)).toEqual(begun);
});

test("a noted end that somebody damaged is named, and nothing is written", async () => {
  await appendJournal(folder, [entry("one")]);
  writeFileSync(join(folder, ".sluice", "journal-head.json"), "{");
  await expect(appendJournal(folder, [entry("two")])).rejects.toThrow("does not say where the journal ends");
});

test("what was done and cannot be written down is told whole", async () => {
  await appendJournal(folder, [entry("one")]);
  writeFileSync(file(), readFileSync(file(), "utf8").replace("eva", "eve"));
  const told: string[] = [];
  const stderr = { write: (text: string) => told.push(text) > 0 };
  await recordDone({ process: { stderr } } as never, folder, [entry("isolate")]);
  expect(told.join("")).toMatch(/NOT in the journal.*entry 1 was edited[\s\S]*"action":"isolate"/);
});

test("what was done is written down although somebody hits Ctrl-C before it is", async () => {
  const holder: Writer = writer(folder, "hold");
  await holder.ready;
  const heard = process.listenerCount("SIGINT");
  const waiting = recordDone({ process } as never, folder, [entry("rollback")]);
  expect(process.listenerCount("SIGINT")).toBe(heard + 1);
  holder.process.kill("SIGKILL");
  await waiting;
  expect(process.listenerCount("SIGINT")).toBe(heard);
  expect(readJournalFile(folder).entries.at(-1)?.action).toBe("rollback");
});

const noMounts = spawnSync("unshare", ["-m", "true"]).status !== 0;

test.skipIf(noMounts)(
  "a full disk leaves a whole journal, and what is written when there is room again fits (needs mounts)",
  () => {
    const script = fromBuild("fill", folder);
    const words = ["-m", "sh", "-c", `mount -t tmpfs -o size=64k none "$1" && exec node "$2" "$1"`, "sh"];
    const { stdout, stderr } = spawnSync("unshare", [...words, folder, script], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      refusal: expect.stringMatching(/journal.jsonl cannot be written \(ENOSPC\): make room/),
      whole: [],
      afterwards: [],
      last: "room again",
    });
  },
);
