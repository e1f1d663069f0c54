import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { finish, sluice } from "../lab/lab-fixture.ts";

const packageFile = join(import.meta.dirname, "..", "..", "package.json");

const moduleOf = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;

/** Prints the name of each module that is loaded. */
const hook = moduleOf(`import { writeSync } from "node:fs";
export const load = (url, context, next) => (writeSync(2, url + "\\n"), next(url, context));`);
const listing = moduleOf(`import { register } from "node:module"; register(${JSON.stringify(hook)});`);

async function filesLoadedBy(...words: readonly string[]): Promise<readonly string[]> {
  const [node, program, ...rest] = sluice(...words);
  const { code, stderr } = await finish([node!, "--import", listing, program!, ...rest]);
  expect(code).toBe(0);
  return stderr.split("\n").filter((line) => line.startsWith("file:"));
}

test("the built command is what package.json installs", async () => {
  const { bin } = JSON.parse(readFileSync(packageFile, "utf8")) as { bin: { sluice: string } };
  expect(sluice()[1]).toBe(join(packageFile, "..", bin.sluice));
});

test("a command loads few files, and of the packages only those that stay outside", async () => {
  const files = await filesLoadedBy("apply", "--help");
  expect(files.length).toBeGreaterThan(10);
  expect(files.length).toBeLessThan(100);
  expect(
    files.filter((file) => /node_modules/.test(file)).map((file) => file.split("node_modules/")[1]),
  ).toEqual(["ssh2/lib/index.js"]);
});

test("the version is told without loading the commands", async () => {
  expect((await filesLoadedBy("--version")).length).toBeLessThan(20);
});
