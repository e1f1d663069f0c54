import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { appendJournal, readJournalFile } from "../../src/cli/rollout/journal-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-journal-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const entry = (action: string) => ({ time: "2026-03-01T02:00:00.000Z", actor: "eva", action });

test("sessions that write at once make one whole journal", async () => {
  await Promise.all(
    Array.from({ length: 25 }, (_, index) => appendJournal(folder, [entry(`a${index}`), entry("b")])),
  );
  const { entries, faults } = readJournalFile(folder);
  expect(faults).toEqual([]);
  expect(entries).toHaveLength(50);
  expect(new Set(entries.map((one) => one.action)).size).toBe(26);
});

test("nothing is added to a journal that is not whole", async () => {
  await appendJournal(folder, [entry("one"), entry("two")]);
  const file = join(folder, "journal.jsonl");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.slice(0, -10));
  await expect(appendJournal(folder, [entry("three")])).rejects.toThrow(
    "journal.jsonl:2: the last line is torn",
  );
  writeFileSync(file, text.split("\n")[0] ?? "");
  appendFileSync(file, "\n");
  await expect(appendJournal(folder, [entry("three")])).rejects.toThrow(
    "the end is missing: entry 2 was written",
  );
});

test("a lock that a dead session left is taken over, and the lock is gone afterwards", async () => {
  const lock = join(folder, ".sluice", "journal.lock");
  mkdirSync(join(folder, ".sluice"));
  writeFileSync(lock, "");
  utimesSync(lock, new Date(0), new Date(0));
  await appendJournal(folder, [entry("one")]);
  expect(readJournalFile(folder).entries).toHaveLength(1);
  expect(existsSync(lock)).toBe(false);
});
