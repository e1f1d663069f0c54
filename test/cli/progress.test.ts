import { expect, test } from "vitest";
import { progress } from "../../src/cli/observe/progress.ts";

/** A terminal, and a clock that goes when it is told to. */
function terminal(columns = 200, isTTY = true) {
  const written: string[] = [];
  let time = 1000;
  return {
    stream: {
      isTTY,
      columns,
      write: (text: string) => written.push(text) > 0,
    } as unknown as NodeJS.WriteStream,
    now: () => time,
    pass(milliseconds: number) {
      time += milliseconds;
    },
    /** What has been drawn since the last look. */
    drawn: () => written.splice(0).map((text) => text.replace("\r\x1b[K", "")),
  };
}

test("the rate is that of all the time since the step began, and the time left follows from it", () => {
  const { stream, now, pass, drawn } = terminal();
  const bar = progress(stream, "MB", now);
  pass(2000);
  bar.show("a.log", 50e6, 200e6);
  pass(6000);
  bar.show("a.log", 80e6, 200e6);
  expect(drawn()).toEqual([
    "a.log  50.0 of 200.0 MB  25.0 MB/s  25 %  6.00 s left",
    "a.log  80.0 of 200.0 MB  10.0 MB/s  40 %  12.0 s left",
  ]);
});

test("a step that begins has a rate of its own", () => {
  const { stream, now, pass, drawn } = terminal();
  const bar = progress(stream, "M records", now);
  pass(1000);
  bar.show("one", 4e6, 10e6);
  pass(600_000);
  bar.begin();
  pass(1000);
  bar.show("two", 20e6, 60e6);
  bar.begin();
  pass(3000);
  bar.wait("three");
  expect(drawn()).toEqual([
    "one  4.0 of 10.0 M records  4.0 M records/s  40 %  1.50 s left",
    "two  20.0 of 60.0 M records  20.0 M records/s  33 %  2.00 s left",
    "three  3 s",
  ]);
});

test("what nobody knows is not said: no total, and nothing done yet; an estimate that was too low is no more than all", () => {
  const { stream, now, pass, drawn } = terminal();
  const bar = progress(stream, "MB", now);
  pass(1000);
  bar.show("stdin", 5e6, undefined);
  pass(1000);
  bar.show("a.log", 0, 10e6);
  pass(1000);
  bar.show("a.log", 12e6, 10e6);
  expect(drawn()).toEqual([
    "stdin  5.0 MB  5.0 MB/s",
    "a.log  0.0 of 10.0 MB  0.0 MB/s",
    "a.log  12.0 of 10.0 MB  4.0 MB/s  100 %  0.00 ms left",
  ]);
});

test("it is drawn five times a second, in one line of the terminal, and leaves none behind", () => {
  const { stream, now, pass, drawn } = terminal(20);
  const bar = progress(stream, "MB", now);
  bar.clear();
  for (let step = 0; step < 100; step += 1) {
    pass(20);
    bar.show("a.log", step * 1e6, 100e6);
  }
  bar.clear();
  bar.clear();
  const lines = drawn();
  expect(lines).toHaveLength(11);
  expect(lines[0]).toBe("a.log  9.0 of 100.0");
  expect(lines.at(-1)).toBe("");
});

test("where nobody looks, nothing is drawn", () => {
  const { stream, now, pass, drawn } = terminal(80, false);
  const bar = progress(stream, "MB", now);
  pass(5000);
  bar.show("a.log", 1e6, 2e6);
  bar.clear();
  expect(drawn()).toEqual([]);
});
