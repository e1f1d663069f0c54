import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { reportSchema } from "../../src/report/document.ts";
import { type SiteFolder, siteFolder } from "../report/support/site-folder.ts";
import { sluice } from "../support/command.ts";

const hasKeygen = spawnSync("ssh-keygen", ["-?"]).error === undefined;

describe.skipIf(!hasKeygen)("sluice plan show and sluice report (need ssh-keygen)", () => {
  let site: SiteFolder;
  beforeEach(async () => {
    site = await siteFolder();
  });
  afterEach(() => site.remove());
  const read = (name: string): string => readFileSync(join(site.folder, name), "utf8");

  test("show a plan with the approvals beside it and the journal above it", async () => {
    const { stdout, code } = await sluice(site.folder, ["plan", "show", "pumps.plan.json"]);
    expect(code).toBe(0);
    expect(stdout).toContain("[Approved by olaf and rita]");
    expect(stdout).toMatch(/2026-11-22 02:02 UTC +eva .*fired after 2\.1/);
  });

  test("write the page, and say the same as JSON", async () => {
    const { stdout } = await sluice(site.folder, [
      "plan",
      "show",
      "pumps.plan.json",
      "--report",
      "review.html",
      "--json",
    ]);
    const report = reportSchema.parse(JSON.parse(stdout));
    expect(report.schema).toBe("sluice/review");
    expect(read("review.html")).toContain(`<h1>${report.title}</h1>`);
    const whole = await sluice(site.folder, ["report", "-o", "site.html", "--json"]);
    expect(reportSchema.parse(JSON.parse(whole.stdout)).status.text).toBe("1 of 6 conduits enforced");
    expect(read("site.html")).toContain("1 of 6 conduits enforced");
    expect((await sluice(site.folder, ["report"])).stdout).toContain("SECURE metrics");
  });

  test("refuse a plan that was edited, and write no page of it", async () => {
    writeFileSync(
      join(site.folder, "pumps.plan.json"),
      read("pumps.plan.json").replace('"lease": 120', '"lease": 9999'),
    );
    const { code, stderr } = await sluice(site.folder, [
      "plan",
      "show",
      "pumps.plan.json",
      "--report",
      "review.html",
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[plan\/edited\]: this plan was edited after it was made/);
    expect(stderr).toMatch(/\n\nerror: pumps\.plan\.json has 1 error\n$/);
    expect(existsSync(join(site.folder, "review.html"))).toBe(false);
  });

  test("rest on no journal that is not whole", async () => {
    writeFileSync(join(site.folder, "journal.jsonl"), read("journal.jsonl").replace("eva", "eve"));
    const shown = await sluice(site.folder, ["plan", "show", "pumps.plan.json"]);
    expect(shown.stderr).toContain("the journal is not whole and is left out");
    expect(shown.stdout.replace(/\s+/g, " ")).toContain("the journal of the site is not at hand");
    const { code, stderr } = await sluice(site.folder, ["report", "-o", "site.html"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("the journal is not whole")]);
    expect(existsSync(join(site.folder, "site.html"))).toBe(false);
  });
});
