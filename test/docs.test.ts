import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exitCodes } from "../src/cli/context.ts";
import { decide } from "../src/lab/demo/decide.ts";
import { finish, labMissing, makeTemporaryFolder, needingLab, sluice } from "./lab/lab-fixture.ts";
import { sluice as runHere } from "./support/command.ts";

const root = join(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const scripts = (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object }).scripts;

interface Block {
  readonly host: "here" | "laptop";
  readonly script: string;
}

/** The fenced blocks that an engineer would paste, in their order. */
const blocks: readonly Block[] = [...readme.matchAll(/^```sh( laptop)?\n([\s\S]*?)^```/gm)].map(
  ([, laptop, script]) => ({ host: laptop ? "laptop" : "here", script: script! }),
);

test("every npm script that the README names exists", () => {
  const named = [...readme.matchAll(/npm (?:run (?:--silent )?)?(demo|test|build|bench|lint)\b/g)].map(
    ([, name]) => name!,
  );
  expect(new Set(named).size).toBeGreaterThan(3);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

/** Every page that is written for a reader, by its path from the root. */
const pages = [
  "README.md",
  "ARCHITECTURE.md",
  "CHANGELOG.md",
  "docs",
  "rulesets",
  "schemas",
  "targets",
].flatMap((name) =>
  name.endsWith(".md")
    ? [name]
    : readdirSync(join(root, name), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".md"))
        .map((file) => join(name, file)),
);

test("every link between the pages leads to a file that is there, and to a heading that it has", () => {
  expect(pages.length).toBeGreaterThan(10);
  const broken = pages.flatMap((page) =>
    [...readFileSync(join(root, page), "utf8").matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)/g)].flatMap(
      ([link, path = "", heading]) => {
        const target = path === "" ? join(root, page) : join(root, dirname(page), path.replace(/\s/g, ""));
        if (!existsSync(target)) return [`${page}: ${link}`];
        return heading === undefined || headingsOf(target).includes(heading) ? [] : [`${page}: ${link}`];
      },
    ),
  );
  expect(broken).toEqual([]);
});

/** The anchors of a page, as GitHub makes them of its headings. */
const headingsOf = (file: string): readonly string[] =>
  [...readFileSync(file, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );

test("the README's table of exit codes lists each, and no other", () => {
  const listed = [...readme.matchAll(/^\| exit (\d+) \|/gm)].map(([, code]) => Number(code));
  expect(listed).toEqual(Object.values(exitCodes));
});

test("the README leads to every page in docs", () => {
  const missing = pages.filter((page) => page.startsWith("docs/") && !readme.includes(`](${page})`));
  expect(missing).toEqual([]);
});

test("every command that a page names exists, with the flags that it is given", async () => {
  const named = pages.flatMap((page) =>
    [
      ...readFileSync(join(root, page), "utf8").matchAll(/`sluice ([a-z][a-z -]*?)(?=[^a-z -]|$)([^`\n]*)`/g),
    ].map(([line, words = "", rest = ""]) => ({ page, line, words: words.trim().split(" "), rest })),
  );
  expect(named.length).toBeGreaterThan(40);
  const wrong: string[] = [];
  for (const { page, line, words, rest } of named) {
    const help = await helpOf(words);
    const flags = [...` ${words.join(" ")} ${rest}`.matchAll(/ (--[a-z-]+)/g)].map(([, flag]) => flag!);
    if (help === undefined || flags.some((flag) => !help.includes(flag))) wrong.push(`${page}: ${line}`);
  }
  expect(wrong).toEqual([]);
});

const helps = new Map<string, string>();
/** The help of the longest command that some words begin with; undefined where there is none. */
async function helpOf(words: readonly string[]): Promise<string | undefined> {
  const path = words.filter((word) => !word.startsWith("-")).slice(0, 2);
  for (const command of [path, path.slice(0, 1)]) {
    const key = command.join(" ");
    if (!helps.has(key)) {
      const { code, stdout } = await runHere(root, [...command, "--help"]);
      helps.set(key, code === 0 ? stdout : "");
    }
    const help = helps.get(key)!;
    // A word behind a command may be its argument: the help of that is the command's own.
    if (help !== "") return help;
  }
  return undefined;
}

describe.skipIf(labMissing)(needingLab("the walk through the README"), { timeout: 240_000 }, () => {
  let folder: string;
  beforeAll(() => {
    folder = makeTemporaryFolder();
    mkdirSync(join(folder, "bin"));
    const words = sluice().map((word) => `'${word}'`);
    writeFileSync(join(folder, "bin", "sluice"), `#!/bin/sh\nexec ${words.join(" ")} "$@"\n`, {
      mode: 0o755,
    });
  });
  afterAll(async () => {
    await finish(sluice("lab", "down", "--dir", join(folder, "sluice-lab")));
    rmSync(folder, { recursive: true });
  });

  test("[slow] every command in it does what it says, in this order", async () => {
    const site = join(folder, "sluice-lab", "site");
    let cwd = folder;
    const path = `${join(folder, "bin")}:${process.env.PATH}`;
    for (const { host, script } of blocks) {
      // The alias is for a terminal; here the same command is in the path.
      if (script.startsWith("alias sluice=")) continue;
      const argv =
        host === "laptop"
          ? sluice("lab", "exec", "--dir", join(folder, "sluice-lab"), "--", "sh", "-ec", script)
          : ["env", `PATH=${path}`, "sh", "-ec", `${script}\npwd >'${folder}/cwd'`];
      const { code, stdout, stderr } = await finish(argv, { cwd });
      expect(`${script}exit ${code}\n${code === 0 ? "" : stdout + stderr}`).toBe(`${script}exit 0\n`);
      if (host === "here") cwd = readFileSync(join(folder, "cwd"), "utf8").trim();
      // Between proposal and check, the README asks the human to decide.
      if (script.includes("baseline propose")) decide(join(site, "site.yaml"), join(site, "proposal.yaml"));
    }
    expect(cwd).toBe(folder);
  });
});
