import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Application, type CommandContext, generateHelpTextForAllCommands } from "@stricli/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { applicationFor } from "../../src/cli/app.ts";
import { sluice } from "../support/command.ts";

// Whatever any test runs with --json is held against the published schemas (test/support/command.ts).

/** They print what another program prints. */
const others = new Set(["sluice lab exec", "sluice lab shell"]);

test("every command prints a document when it is asked for one", async () => {
  const application = await applicationFor([]);
  // Help needs no context.
  const commands = generateHelpTextForAllCommands(application as unknown as Application<CommandContext>);
  expect(commands.length).toBeGreaterThan(30);
  const without = commands.filter(([, help]) => !/--json\b/.test(help)).map(([route]) => route);
  expect(new Set(without)).toEqual(others);
});

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-documents-"));
  cpSync(join(import.meta.dirname, "../../rulesets/lab-plant"), folder, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

const seen = "baseline/lab.json";
const ruleset = "compiled/fw1/it-cell1.enforce.nft";

/** Those that need a firewall, a plan or a lab run in the tests about these. */
test.each([
  ["init", "init empty"],
  ["format", "fmt --check"],
  ["check", "check"],
  ["explanation", ["explain", "tcp workstation -> plc1:502"]],
  ["explain-name", "explain plc1"],
  ["explain-name", "explain any-to-any"],
  ["baseline", `baseline show ${seen}`],
  ["baseline-diff", `baseline diff ${seen} ${seen}`],
  ["coverage", `baseline coverage ${seen}`],
  ["dispositions", `baseline dispositions ${seen}`],
  ["flow-explanations", `baseline explain ${seen} plc1`],
  ["proposal", `baseline propose ${seen}`],
  ["compilation", "compile -o rules"],
  ["verification", "verify"],
  ["import", `import ${ruleset} --site site.yaml`],
  ["comparison", `compare ${ruleset} compiled/fw1/it-cell1.monitor.nft --site site.yaml`],
  ["journal", "journal show"],
  ["journal-verification", "journal verify"],
  ["site-report", "report"],
  ["evidence-bundle", "evidence --since 2026-01-01 -o audit"],
])("the document %s is printed by: %s", async (name, words) => {
  const { stdout, stderr } = await sluice(folder, [...[words].flat().flatMap(split), "--json"]);
  expect(stderr).not.toContain("internal error");
  expect(JSON.parse(stdout)).toMatchObject({ schema: `sluice/${name}`, version: 1 });
});

const split = (words: string): readonly string[] => (words.includes("->") ? [words] : words.split(" "));
