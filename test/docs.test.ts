import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decide } from "../src/lab/demo/decide.ts";
import { finish, labMissing, makeTemporaryFolder, needingLab, sluice } from "./lab/lab-fixture.ts";

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
