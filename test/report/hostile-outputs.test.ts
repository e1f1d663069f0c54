import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { formatBaseline } from "../../src/baseline/file.ts";
import { appendJournal } from "../../src/cli/rollout/journal-file.ts";
import { renderStatus } from "../../src/cli/views/status.ts";
import { lowerConduit } from "../../src/compile/lower.ts";
import { readPlan, sealPlan, writePlan } from "../../src/plan/plan-file.ts";
import { evidenceBundle } from "../../src/report/evidence/bundle.ts";
import { printHtml } from "../../src/report/print-html.ts";
import { siteReport } from "../../src/report/site-report.ts";
import { targets } from "../../targets/index.ts";
import { changed, siteOf } from "../policy/support/plant.ts";
import { sluice } from "../support/command.ts";
import { baseline, journal, planDocument, reportedSite, site, siteText } from "./support/fixture.ts";
import { hostile } from "./support/hostile.ts";

// Hostile text goes in wherever text can come from: the site file, a capture's name, a plan, the journal, an argument. What
// comes out, on a terminal and in every file, holds no character that a terminal or a reader's eye would obey.

const obeyed = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const runs = { numRuns: 12 };

/** What the site file takes: the rest is refused, and its refusal is shown. */
const printed = hostile.map((text) => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ").trim() || "x");

function inFolder<T>(
  files: Readonly<Record<string, string>>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-hostile-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return work(folder).finally(() => rmSync(folder, { recursive: true }));
}

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );

/** The small plant with this text in every place of its file where text can stand. */
const plantText = (text: string): string =>
  changed((plant) => {
    plant.site.name = text;
    plant.people.eva.name = text;
    plant.zones.cell.description = text;
    plant.zones.cell.consequence = text;
    Object.assign(plant.zones.cell.assets.plc, {
      ...{ role: text, vendor: text, model: text, firmware: text },
      patch: { state: "unpatchable", reason: text, controls: [text] },
    });
    Object.assign(plant.conduits["dmz-cell"].permits.poll, { reason: text });
    plant.conduits["dmz-cell"].denied = {
      web: { initiators: ["historian"], responders: ["plc"], services: ["tcp/80"], reason: text },
    };
    plant.exceptions = {
      one: { asset: "cell.drive", reason: text, owner: "eva", controls: [text], expires: "2026-12-31" },
    };
    plant.silences = [{ check: "level-skipped", at: text, reason: text }];
  });

const observed = (name: string): string =>
  formatBaseline({ ...baseline(), sources: [{ ...baseline().sources[0]!, name }] });

describe("hostile text", () => {
  test("in a site file is text in every command that reads it, and in every file that they write", async () => {
    await fc.assert(
      fc.asyncProperty(printed, hostile, async (text, name) =>
        inFolder({ "site.yaml": plantText(text), "baseline/week.json": observed(name) }, async (folder) => {
          await appendJournal(folder, [
            {
              time: "2026-11-22T03:00:00.000Z",
              actor: "eva",
              action: "bypass",
              details: { reason: name, kind: name },
            },
          ]);
          for (const words of [
            ["check"],
            ["check", "--json"],
            ["check", "--sarif"],
            ["fmt", "--check"],
            ["explain", "tcp historian -> plc:502"],
            ["explain", "tcp historian -> plc:80", "--json"],
            ["explain", "plc"],
            ["explain", name],
            ["baseline", "show", "baseline/week.json"],
            ["baseline", "show", "baseline/week.json", "--json"],
            ["baseline", "propose", "baseline/week.json"],
            ["baseline", "coverage", "baseline/week.json"],
            ["baseline", "diff", "baseline/week.json", "baseline/week.json"],
            ["compile", "-o", "compiled"],
            ["verify"],
            ["import", "compiled/fw1/dmz-cell.monitor.nft", "--site", "site.yaml"],
            ["report"],
            ["report", "-o", "site.html", "--json"],
            ["journal", "show"],
            ["journal", "verify", "--json"],
            ["evidence", "--since", "2026-01-01", "-o", "audit"],
            ["plan", "show", `${name}.plan`],
            ["check", name],
          ]) {
            if (words.some((word) => word.includes("\u0000"))) continue;
            const { stdout, stderr } = await sluice(folder, words);
            expect(stderr).not.toContain("internal error");
            expect(stdout, words.join(" ")).not.toMatch(obeyed);
            expect(stderr, words.join(" ")).not.toMatch(obeyed);
          }
          const { stdout: errors } = await sluice(folder, ["check"]);
          expect(errors).toContain("0 errors");
          const written = filesIn(folder);
          expect(written.some((file) => file.endsWith("dmz-cell.monitor.nft"))).toBe(true);
          for (const file of written) {
            const content = readFileSync(join(folder, file), "utf8");
            expect(
              file.endsWith(".csv") ? content.replaceAll("\r\n", "\n") : content.replaceAll("\t", " "),
              file,
            ).not.toMatch(obeyed);
          }
          const page = readFileSync(join(folder, "site.html"), "utf8");
          expect(page.match(/<script|<img|<iframe|<svg onload/g)).toEqual(["<script"]);
        }),
      ),
      runs,
    );
  }, 240_000);

  test("that the site file refuses is shown as text by whoever reports it", async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (text) =>
        inFolder(
          {
            "site.yaml": stringify({
              sluice: 1,
              site: { name: text, [text]: text },
              zones: { [text]: text },
            }),
          },
          async (folder) => {
            for (const words of [["check"], ["check", "--json"], ["check", "--sarif"], ["fmt"], ["report"]]) {
              const { stdout, stderr, code } = await sluice(folder, words);
              expect(stderr).not.toContain("internal error");
              if (words[0] !== "fmt") expect(code).toBe(1);
              expect(stdout + stderr).not.toMatch(obeyed);
            }
          },
        ),
      ),
      runs,
    );
  }, 60_000);

  test("in a reason changes nothing but comments of a ruleset, on every target", () => {
    fc.assert(
      fc.property(printed, (text) => {
        for (const target of targets.values()) {
          const rules = (words: string) => {
            const plant = siteOf(
              changed((one) => {
                one.firewalls.fw1.target = target.name;
                one.conduits["dmz-cell"].permits.poll.reason = words;
              }),
            );
            const { value } = lowerConduit(plant, plant.conduits[0]!, "enforce");
            return target.emit({ firewall: "fw1", conduits: [value!] });
          };
          const [theirs, plain] = [rules(text), rules("plain")];
          // What stands in a ruleset anyway cannot be found again as the reason.
          fc.pre(!plain.includes(text));
          const meant = (ruleset: string): string =>
            ruleset
              .split("\n")
              .filter((line) => !/^\s*#/.test(line))
              .join("\n");
          expect(meant(theirs).replaceAll(text, "plain")).toBe(meant(plain));
          expect(theirs).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
          expect(target.parse(theirs, "x").diagnostics).toEqual([]);
        }
      }),
      { numRuns: 20 },
    );
  }, 60_000);

  test("in a plan and in a journal is text in the review, the evidence and the status", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const { id: _, schema: __, version: ___, ...content } = planDocument();
        const review = content.review!;
        const sealed = sealPlan({
          ...content,
          site: { ...content.site, name: text, text: `${siteText()}# ${text.replaceAll("\n", " ")}\n` },
          people: content.people.map((person) => ({ ...person, name: text })),
          difference: { verdict: "both", lost: text, gained: text },
          undo: { deadMan: text, abort: text, reboot: text, console: [text] },
          commands: [text],
          sessions: { mode: "rematch", listing: { kind: "not-listed", reason: text } },
          review: {
            ...review,
            permits: review.permits.map((permit) => ({
              ...permit,
              reason: text,
              owner: text,
              evidence: text,
              initiators: [text],
            })),
            denials: review.denials.map((denial) => ({ ...denial, reason: text })),
            sources: review.sources.map((source) => ({ ...source, name: text })),
            zones: review.zones.map((zone) => ({ ...zone, description: text })),
          },
        });
        const file = writePlan(sealed);
        expect(file).not.toMatch(obeyed);
        const plan = readPlan(file, text).value!;
        const entries = journal([
          {
            time: "2026-11-22T03:00:00.000Z",
            actor: "eva",
            action: "reverting",
            plan: plan.id,
            firewall: "fw1",
            conduit: "scada-pumps",
            details: { cause: text },
          },
          {
            time: "2026-11-22T03:00:00.000Z",
            actor: text,
            action: text,
            firewall: text,
            conduit: text,
            details: { [text]: text },
          },
        ]);
        const bundle = evidenceBundle({
          ...{ site: text, created: "2026-11-30T10:00:00Z", missing: [text], heads: [], signers: "" },
          changes: [{ plan, text: file, approvals: [] }],
          journal: { text: "", entries },
        });
        for (const { path, content } of bundle) {
          // The site file is there byte by byte: its hash is in the plan.
          if (path.endsWith("site.yaml") || /(trial|before|after).rules$/.test(path)) continue;
          expect(content.replaceAll("\r\n", "\n"), path).not.toMatch(obeyed);
        }
        expect(printHtml(siteReport(reportedSite(entries), new Date("2026-11-30T10:00:00Z")))).not.toMatch(
          obeyed,
        );
        const status = renderStatus(
          [
            { firewall: text, problem: text },
            {
              firewall: "fw1",
              live: { conduits: [], lock: { holder: text, secondsLeft: 3 }, ownHash: "", foreignHash: "" },
            },
          ],
          entries,
          site(),
          new Date(),
        );
        expect(status).not.toMatch(obeyed);
        expect(status.split("\n").length).toBe(13);
      }),
      runs,
    );
  }, 60_000);
});

const nft = spawnSync("nft", ["-c", "-f", "-"], { input: "" }).status === 0;
test.skipIf(!nft)(
  "hostile reasons are loaded by the real nft as what they are: comments (needs root and nft)",
  () => {
    fc.assert(
      fc.property(printed, (text) => {
        const plant = siteOf(
          changed((one) => {
            one.conduits["dmz-cell"].permits.poll.reason = text;
          }),
        );
        const { value } = lowerConduit(plant, plant.conduits[0]!, "enforce");
        const input = targets.get("nftables")!.emit({ firewall: "fw1", conduits: [value!] });
        expect(spawnSync("nft", ["-c", "-f", "-"], { input, encoding: "utf8" }).stderr).toBe("");
      }),
      { numRuns: 20 },
    );
  },
  30_000,
);
