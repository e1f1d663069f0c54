import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { labFolder } from "../../src/lab/lab-folder.ts";
import { sluice } from "../support/command.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-lab-folder-"));
  for (const name of ["plant", "other"]) {
    const lab = labFolder(join(folder, name));
    mkdirSync(lab.site, { recursive: true });
    // What a lab leaves whose process is gone: it is known as a lab, and runs no more.
    writeFileSync(
      lab.state,
      JSON.stringify({ schema: "sluice/lab", version: 1, mode: "root", pid: 1, startTime: "-" }),
    );
  }
});
afterEach(() => rmSync(folder, { recursive: true }));

const labOf = async (...words: readonly string[]): Promise<string | undefined> => {
  const [place = "", ...flags] = words;
  const { stderr } = await sluice(join(folder, place), ["lab", "fault", "cut-link", ...flags]);
  return /no lab runs in (.*?):/.exec(stderr)?.[1];
};

test("a lab command is for the lab in whose folder it is typed, else for the folder that `lab up` makes", async () => {
  expect(await labOf("plant/site")).toBe(join(folder, "plant"));
  expect(await labOf("other")).toBe(join(folder, "other"));
  expect(await labOf("")).toBe(join(folder, "sluice-lab"));
  expect(await labOf("plant/site", "--dir", "../../other")).toBe(join(folder, "other"));
});
