import { execFileSync, spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { auditChecks, changeFolder } from "../../src/report/evidence/checks.ts";
import { sluice } from "../support/command.ts";
import { type SiteFolder, siteFolder } from "./support/site-folder.ts";

const hasKeygen = spawnSync("ssh-keygen", ["-?"]).error === undefined;

describe.skipIf(!hasKeygen)("evidence (needs ssh-keygen)", () => {
  let site: SiteFolder;
  let bundle = "";
  beforeEach(async () => {
    site = await siteFolder();
    bundle = join(site.folder, "audit");
  });
  afterEach(() => site.remove());

  const pack = async (...words: readonly string[]): Promise<void> => {
    const { code, stderr } = await sluice(site.folder, ["evidence", ...words, "-o", "audit"]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
  };
  /** The commands as a reader of README.txt finds them: lines that stand in by four, under "How to verify it". */
  const commands = (): readonly string[] =>
    readFileSync(join(bundle, "README.txt"), "utf8")
      .split("HOW TO VERIFY IT")[1]!
      .split("WHAT IT SHOWS TOWARDS")[0]!
      .split("\n")
      .filter((line) => line.startsWith("    "))
      .map((line) => line.trim());
  /** Runs each as an auditor would, in the folder of the bundle, with nothing of Sluice at hand. */
  const succeeds = (command: string): boolean =>
    spawnSync("sh", ["-c", command], { cwd: bundle, env: { PATH: "/usr/bin:/bin" } }).status === 0;
  const failing = (): readonly string[] => commands().filter((command) => !succeeds(command));

  test("every command in README.txt succeeds on an untouched bundle", async () => {
    await pack(site.plan.id.slice(0, 12));
    expect(commands().length).toBe(13);
    expect(failing()).toEqual([]);
  });

  test("a plan's file, the first digits of its id and a day all lead to the same bundle", async () => {
    await pack("pumps.plan.json");
    const files = execFileSync("find", [".", "-type", "f"], { cwd: bundle, encoding: "utf8" })
      .split("\n")
      .toSorted();
    const manifest = readFileSync(join(bundle, "MANIFEST"), "utf8");
    rmSync(bundle, { recursive: true });
    await pack("--since", "2026-11-22");
    expect(readFileSync(join(bundle, "MANIFEST"), "utf8")).toBe(manifest);
    // Each file but the manifest itself is in the manifest.
    expect(manifest.trim().split("\n").length).toBe(files.filter((file) => file !== "").length - 1);
  });

  test("a changed byte in any file is found by the manifest", async () => {
    await pack("pumps.plan.json");
    const names = readFileSync(join(bundle, "MANIFEST"), "utf8")
      .trim()
      .split("\n")
      .map((line) => line.slice(66));
    for (const name of names) {
      const before = readFileSync(join(bundle, name));
      appendFileSync(join(bundle, name), " ");
      expect(succeeds(commands()[0]!), name).toBe(false);
      writeFileSync(join(bundle, name), before);
    }
    expect(failing()).toEqual([]);
  });

  test("a forger who writes the manifest anew is found by the plan's id, the signatures and the chain", async () => {
    await pack("pumps.plan.json");
    const change = changeFolder(site.plan.id);
    const forge = (name: string, edit: (text: string) => string): readonly string[] => {
      const path = join(bundle, name);
      const before = readFileSync(path, "utf8");
      expect(edit(before)).not.toBe(before);
      writeFileSync(path, edit(before));
      const names = readFileSync(join(bundle, "MANIFEST"), "utf8")
        .trim()
        .split("\n")
        .map((line) => line.slice(66));
      const manifest = execFileSync("sha256sum", names, { cwd: bundle, encoding: "utf8" });
      writeFileSync(join(bundle, "MANIFEST"), manifest);
      const found = failing();
      writeFileSync(path, before);
      return found;
    };
    const id = site.plan.id;
    expect(forge(`${change}/plan.canonical.json`, (text) => text.replace('"eva"', '"eve"'))[0]).toContain(id);
    expect(forge(`${change}/trial.rules`, (text) => `${text}\n`)[0]).toContain("trial.rules");
    expect(forge(`${change}/after.rules`, (text) => `${text}\n`)[0]).toContain("after.rules");
    expect(forge(`${change}/site.yaml`, (text) => `${text}\n`)[0]).toContain("site.yaml");
    expect(forge(`${change}/approval.txt`, (text) => text.replace(id, "0".repeat(64))).length).toBe(3);
    expect(forge(`${change}/approvals/olaf.sig`, (text) => text.replace(/[A-Za-z]{4}/, "AAAA"))[0]).toContain(
      "-I olaf",
    );
    const journal = (edit: (lines: string[]) => string[]) =>
      forge("journal.jsonl", (text) => `${edit(text.trimEnd().split("\n")).join("\n")}\n`)[0];
    const chain = "sh journal-chain.sh journal.jsonl";
    expect(journal((lines) => lines.with(4, lines[4]!.replace("trial", "idle")))).toBe(chain);
    expect(journal((lines) => lines.toSpliced(4, 1))).toBe(chain);
    expect(journal(([first, second, ...others]) => [second!, first!, ...others])).toBe(chain);
    // A whole chain that merely ends too early is found by its signed end.
    expect(journal((lines) => lines.slice(0, -1))).toMatch(/^sed -n '10p'/);
  });

  test("a signature that does not fit is left out, and the plan's file must be whole", async () => {
    writeFileSync(join(site.folder, "pumps.plan.json.approvals", "eva.sig"), "nonsense");
    await pack("pumps.plan.json");
    expect(readdirSync(join(bundle, changeFolder(site.plan.id), "approvals"))).toEqual([
      "olaf.sig",
      "rita.sig",
    ]);
    const plan = join(site.folder, "pumps.plan.json");
    writeFileSync(plan, readFileSync(plan, "utf8").replace("scada2", "scada3"));
    const { code, stderr } = await sluice(site.folder, ["evidence", "pumps.plan.json", "-o", "other"]);
    expect(code).toBe(1);
    expect(stderr).toContain("was edited after it was made");
    expect(existsSync(join(site.folder, "other"))).toBe(false);
  });

  test("what cannot be packed is said, and nothing is written", async () => {
    const refused = async (...words: readonly string[]): Promise<string> => {
      const { code, stderr } = await sluice(site.folder, ["evidence", ...words, "-o", "audit"]);
      expect(code).not.toBe(0);
      return stderr;
    };
    expect(await refused()).toContain("name one change, or give --since DATE");
    expect(await refused("ffff")).toContain("neither a plan's file nor the id of a plan that was applied");
    expect(await refused("--since", "yesterday")).toContain('"yesterday" is not a day');
    expect(existsSync(bundle)).toBe(false);
    mkdirSync(bundle);
    writeFileSync(join(bundle, "mine"), "mine");
    expect(await refused("pumps.plan.json")).toContain("is not empty");
    expect(readdirSync(bundle)).toEqual(["mine"]);
  });

  test("a signed end that fits nobody of the site is left out, and it is told", async () => {
    const head = join(site.folder, ".sluice", "heads", "00000010-eva.json");
    writeFileSync(head, readFileSync(head, "utf8").replace('"eva"', '"olaf"'));
    const { code, stderr } = await sluice(site.folder, ["evidence", "pumps.plan.json", "-o", "audit"]);
    expect(code).toBe(0);
    expect(stderr).toContain("left out: the signature of olaf over entry 10 does not fit");
    expect(existsSync(join(bundle, "journal-heads"))).toBe(false);
    expect(failing()).toEqual([]);
  });

  test("a journal that contradicts its signed end is not packed", async () => {
    const journal = join(site.folder, "journal.jsonl");
    const lines = readFileSync(journal, "utf8").split("\n").slice(0, 9);
    writeFileSync(journal, `${lines.join("\n")}\n`);
    rmSync(join(site.folder, ".sluice", "journal-head.json"));
    const { code, stderr } = await sluice(site.folder, ["evidence", "pumps.plan.json", "-o", "audit"]);
    expect(code).toBe(1);
    expect(stderr).toContain("the journal is not whole");
    expect(existsSync(bundle)).toBe(false);
  });

  test("a plan that the journal names and that is gone is named as missing", async () => {
    rmSync(join(site.folder, ".sluice", "plans"), { recursive: true });
    await pack("--since", "2026-11-22");
    expect(readFileSync(join(bundle, "README.txt"), "utf8")).toContain(`names the plan ${site.plan.id}`);
    expect(failing()).toEqual([]);
  });

  test("the checks name only words that a shell takes as they are", () => {
    const words = auditChecks(
      [{ plan: site.plan, text: "", approvals: [{ person: "olaf", signature: "" }] }],
      [],
    );
    const syntax =
      words
        .flatMap(({ commands }) => commands)
        .join("")
        .match(/[`$;&*?()\\]/g) ?? [];
    expect(new Set(syntax)).toEqual(new Set(["$"]));
  });
});
