import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { brokenPromises, type Figures } from "../../src/lab/demo/figures.ts";
import { finish, labMissing, needingLab } from "./lab-fixture.ts";

const demo = [process.execPath, join(import.meta.dirname, "..", "..", "dist", "src", "lab", "demo.js")];
const figures: Figures = {
  schema: "sluice/demo",
  version: 1,
  versions: { sluice: "0.1.0", node: "20.19.0", kernel: "6.1.0", nft: "1.0.6" },
  permitted: { sessions: 7, polls: 2000, late: 1, missed: 0, longestGap: 0.3 },
  forbidden: { seenInMonitor: true, secondsUntilCut: 0.1 },
  lease: { seconds: 10, secondsUntilBack: 9.8 },
  rollback: { seconds: 0.6 },
  ruleset: { before: "a", monitor: "b", enforce: "c", afterRollback: "b" },
  seconds: 80,
};

test("figures that keep every promise break none", () => {
  expect(brokenPromises(figures)).toEqual([]);
});

test.each<[string, Partial<Figures>]>([
  ["1 permitted polls were missed", { permitted: { ...figures.permitted, missed: 1 } }],
  ["monitor did not see", { forbidden: { ...figures.forbidden, seenInMonitor: false } }],
  ["was cut only after 2 s", { forbidden: { ...figures.forbidden, secondsUntilCut: 2 } }],
  ["back only after 12 s", { lease: { seconds: 10, secondsUntilBack: 12 } }],
  ["monitor changed nothing", { ruleset: { ...figures.ruleset, before: "b" } }],
  ["enforcement changed nothing", { ruleset: { ...figures.ruleset, enforce: "b" } }],
  ["rollback did not bring back", { ruleset: { ...figures.ruleset, afterRollback: "c" } }],
])("a promise that is not kept is named: %s", (words, broken) => {
  const named = brokenPromises({ ...figures, ...broken });
  expect(named).toHaveLength(1);
  expect(named[0]).toContain(words);
});

describe.skipIf(labMissing)(needingLab("the demo"), { timeout: 300_000 }, () => {
  const leftovers = (): readonly string[] =>
    readdirSync(tmpdir()).filter((name) => name.startsWith("sluice-demo-"));
  /** Processes whose command line names a folder. */
  const processesOf = (folder: string): readonly string[] =>
    readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && commandLine(pid).includes(folder));
  const commandLine = (pid: string): string =>
    existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, "utf8") : "";

  let before: readonly string[];
  beforeEach(() => {
    before = leftovers();
  });
  const fresh = (): readonly string[] => leftovers().filter((name) => !before.includes(name));
  afterEach(() => {
    expect(fresh()).toEqual([]);
  });

  test("[slow] keeps every promise, and prints its figures as one document", async () => {
    const { code, stdout, stderr } = await finish([...demo, "--json"]);
    expect(`${code} ${stderr.split("\ndemo: ")[1] ?? ""}`).toBe("0 ");
    const document = JSON.parse(stdout) as Figures;
    expect(brokenPromises(document)).toEqual([]);
    expect(document.permitted.polls).toBeGreaterThan(1000);
    expect(document.rollback.seconds).toBeGreaterThan(0);
  });

  test.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)(
    "leaves no process and no file behind after %s",
    async (signal) => {
      const child = spawn(demo[0]!, demo.slice(1), { stdio: "ignore" });
      const ended = new Promise((resolve) => child.on("exit", resolve));
      await expect
        .poll(() => fresh().some((name) => existsSync(join(tmpdir(), name, "control.sock"))), {
          timeout: 30_000,
        })
        .toBe(true);
      const [folder] = fresh();
      expect(processesOf(folder!).length).toBeGreaterThan(5);
      child.kill(signal);
      await ended;
      await expect.poll(() => processesOf(folder!), { timeout: 10_000 }).toEqual([]);
      await expect.poll(fresh).toEqual([]);
    },
  );
});
