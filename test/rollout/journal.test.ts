import fc from "fast-check";
import { expect, test } from "vitest";
import {
  emptyHead,
  type JournalContent,
  type JournalHead,
  journalLine,
  readJournal,
} from "../../src/rollout/journal.ts";

/** A journal of so many entries, as lines, with its head. */
function journal(count: number): { readonly lines: readonly string[]; readonly head: JournalHead } {
  let head = emptyHead;
  const lines: string[] = [];
  for (let number = 1; number <= count; number += 1) {
    const content: JournalContent = {
      time: `2026-03-01T02:00:${String(number).padStart(2, "0")}.000Z`,
      actor: "eva",
      action: "trial",
      details: { note: `entry ${number}` },
    };
    const entry = journalLine(head, content);
    lines.push(entry.line);
    head = { number: entry.number, hash: entry.hash };
  }
  return { lines, head };
}
const faultLines = (text: string, kept?: JournalHead): readonly number[] =>
  readJournal(text, kept).faults.map((fault) => fault.line);

test("a journal that nobody touched is whole, and so is one that was never begun", () => {
  const { lines, head } = journal(5);
  expect(readJournal(lines.join(""), head)).toMatchObject({ faults: [], head, entries: { length: 5 } });
  expect(readJournal("", undefined)).toEqual({ entries: [], head: emptyHead, faults: [], torn: false });
});

test("an edited entry is found where it stands", () => {
  const { lines } = journal(5);
  expect(faultLines(lines.join("").replace("entry 3", "entry X"))).toEqual([3]);
});

test("an entry that means the same and is written otherwise was edited", () => {
  const text = journal(3).lines.join("");
  for (const edit of [
    text.replace(/("note":"entry 2")/, " $1"),
    text.replace('"note":"entry 2"', '"note":"entry 9","note":"entry 2"'),
    text.replace("entry 2", "entr\\u0079 2"),
  ]) {
    expect(edit).not.toBe(text);
    expect(faultLines(edit)).toEqual([2]);
  }
});

test("two entries with one number are a fork, found at the second", () => {
  const { lines } = journal(2);
  const fork = journalLine(JSON.parse(lines[0]!), { time: "t", actor: "olaf", action: "x" });
  expect(readJournal(`${lines.join("")}${fork.line}`, undefined).faults).toEqual([
    { line: 3, message: expect.stringContaining("entry 2 does not follow entry 2") },
  ]);
});

test("an entry that skips a number is found, although its hashes fit", () => {
  const { lines, head } = journal(2);
  const skipped = journalLine({ ...head, number: 6 }, { time: "t", actor: "mallory", action: "x" });
  expect(readJournal(`${lines.join("")}${skipped.line}`, undefined).faults).toEqual([
    { line: 3, message: expect.stringContaining("entry 7 does not follow entry 2") },
  ]);
});

test("a cut, a swap and an insertion are found where they were made", () => {
  const [a, b, c, d] = journal(4).lines;
  expect(faultLines(`${a}${c}${d}`)).toEqual([2]);
  expect(faultLines(`${a}${c}${b}${d}`)[0]).toBe(2);
  expect(faultLines(`${a}${b}${b}${c}${d}`)).toContain(3);
});

test("an entry that was forged with a right hash of its own does not fit its neighbours", () => {
  const [first, , third] = journal(3).lines;
  const forged = journalLine(
    { number: 1, hash: "f".repeat(64) },
    { time: "t", actor: "mallory", action: "x" },
  );
  expect(faultLines(`${first}${forged.line}${third}`)).toEqual([2, 3]);
});

test("a missing end is found with the head that was noted elsewhere", () => {
  const { lines, head } = journal(5);
  const { faults } = readJournal(lines.slice(0, 3).join(""), head);
  expect(faults.map((fault) => fault.message)).toEqual([
    "the end is missing: entry 5 was written, and the last one here is 3",
  ]);
});

test("a journal that was written anew from the start is found with the noted head", () => {
  const { head } = journal(5);
  const anew = journalLine(emptyHead, { time: "t", actor: "mallory", action: "x" });
  expect(readJournal(anew.line, { ...head, number: 1 }).faults[0]?.message).toContain(
    "is not the one that was written",
  );
});

test("a journal that is ahead of the noted head is whole: the crash came between the two writes", () => {
  const { lines } = journal(5);
  expect(faultLines(lines.join(""), journal(4).head)).toEqual([]);
});

test("a torn last line and a line that is no entry are found", () => {
  const text = journal(3).lines.join("");
  expect(faultLines(text.slice(0, -5))).toEqual([3]);
  expect(faultLines(`${text}garbage\n`)).toEqual([4]);
});

test("whatever single character is changed, the journal is not whole", () => {
  const { lines, head } = journal(4);
  const text = lines.join("");
  fc.assert(
    fc.property(
      fc.nat(text.length - 1),
      fc.constantFrom("x", "0", "{", "\n", " ", ""),
      (place, character) => {
        fc.pre(text[place] !== character);
        const replaced = text.slice(0, place) + character + text.slice(place + 1);
        const inserted = text.slice(0, place) + character + text.slice(place);
        expect(readJournal(replaced, head).faults.length).toBeGreaterThan(0);
        if (character !== "") expect(readJournal(inserted, head).faults.length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 500 },
  );
});
