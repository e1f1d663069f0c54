import { execFileSync, spawn } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeFileAtomic } from "../../src/cli/files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-files-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("writing a file whole", () => {
  test("replaces the content and leaves no temporary file", () => {
    const file = join(folder, "a");
    writeFileAtomic(file, "one");
    writeFileAtomic(file, "two");
    expect(readFileSync(file, "utf8")).toBe("two");
    expect(readdirSync(folder)).toEqual(["a"]);
  });

  test("a failed write leaves the folder as it was", () => {
    mkdirSync(join(folder, "is-a-folder"));
    expect(() => writeFileAtomic(join(folder, "is-a-folder"), "x")).toThrow();
    expect(() => writeFileAtomic(join(folder, "no", "such"), "x")).toThrow();
    expect(readdirSync(folder)).toEqual(["is-a-folder"]);
  });

  test("a link keeps pointing to the file that is written", () => {
    writeFileSync(join(folder, "real"), "old");
    symlinkSync("real", join(folder, "link"));
    writeFileAtomic(join(folder, "link"), "new");
    expect(lstatSync(join(folder, "link")).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(folder, "real"), "utf8")).toBe("new");
  });

  test("a pipe is written to and stays a pipe", async () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const reader = spawn("cat", [pipe], { stdio: ["ignore", "pipe", "inherit"] });
    const read = text(reader.stdout);
    writeFileAtomic(pipe, "through the pipe");
    expect(await read).toBe("through the pipe");
    expect(statSync(pipe).isFIFO()).toBe(true);
  });
});
