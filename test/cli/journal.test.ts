import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { emptyHead, type JournalContent, type JournalEntry, journalLine } from "../../src/rollout/journal.ts";
import { changeEntries, type SiteFolder, siteFolder } from "../report/support/site-folder.ts";
import { sluice } from "../support/command.ts";

const hasKeygen = spawnSync("ssh-keygen", ["-?"]).error === undefined;

describe.skipIf(!hasKeygen)("sluice journal (needs ssh-keygen)", () => {
  let site: SiteFolder;
  beforeEach(async () => {
    site = await siteFolder();
  });
  afterEach(() => site.remove());

  const file = (): string => join(site.folder, "journal.jsonl");
  const verify = () => sluice(site.folder, ["journal", "verify"]);
  /** Writes the whole chain anew from changed contents, as somebody would who knows how it is made. */
  const forge = (edit: (contents: readonly JournalContent[]) => readonly JournalContent[]): void => {
    const entries = readFileSync(file(), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as JournalEntry);
    let head = emptyHead;
    const lines = edit(entries.map(({ number: _, previous: __, hash: ___, ...content }) => content)).map(
      (content) => {
        const { line, number, hash } = journalLine(head, content);
        head = { number, hash };
        return line;
      },
    );
    writeFileSync(file(), lines.join(""));
    // Who can write the journal can write the note of its end beside it too.
    writeFileSync(join(site.folder, ".sluice", "journal-head.json"), JSON.stringify(head));
  };

  test("says up to where it is signed", async () => {
    expect((await verify()).stdout).toContain("journal is whole: 10 entries");
    expect((await verify()).stdout).toContain("signed up to entry 10; no entry after it");
  });

  test("finds a chain that was written anew, by the end that was signed", async () => {
    forge((contents) => contents.with(4, { ...contents[4]!, action: "idle" }));
    const { code, stderr } = await verify();
    expect(code).toBe(1);
    expect(stderr).toContain("journal.jsonl:10: entry 10 is not the one that was signed");
  });

  test("finds a missing end, although the chain is whole up to there", async () => {
    forge((contents) => contents.slice(0, 7));
    expect((await verify()).stderr).toContain("the end is missing: entry 10 was written and signed");
  });

  test("says of a line that was only begun that it stands in nobody's way", async () => {
    appendFileSync(file(), '{"actor":"e');
    const { code, stderr } = await verify();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /journal\.jsonl:11: the last line is torn.*\n.*the next command that acts sets it aside/,
    );
  });

  test("blames no signed end for a cut before it, and names a folder that stands in the journal's place", async () => {
    const lines = readFileSync(file(), "utf8").split("\n");
    writeFileSync(file(), lines.toSpliced(4, 1).join("\n"));
    expect((await verify()).stderr).toBe(
      "error: the journal is not whole:\n  journal.jsonl:5: entry 6 does not follow entry 4: something was cut, inserted or moved here\n",
    );
    rmSync(file());
    expect((await verify()).stderr).toMatch(
      /\n {2}journal\.jsonl:1: the end is missing: entry 10 was written/,
    );
    mkdirSync(file());
    expect((await verify()).stderr).toBe(`error: ${file()}: it is a folder (EISDIR)\n`);
  });

  test("does not take an end that somebody else signed, or a signature over another entry", async () => {
    const head = join(site.folder, ".sluice", "heads", "00000010-eva.json");
    const signed = readFileSync(head, "utf8");
    writeFileSync(head, signed.replace('"eva"', '"olaf"'));
    expect((await verify()).stderr).toContain("the signature of olaf over entry 10 does not fit");
    // What nobody signed says nothing: neither up to where the journal is signed, nor that it is not whole.
    const { stdout } = await sluice(site.folder, ["journal", "verify", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ entries: 10, signedUpTo: 0, unsigned: [{ number: 10, person: "olaf" }], faults: [] },
    });
    writeFileSync(head, signed.replace('"number": 10', '"number": 9'));
    expect((await verify()).stderr).toContain("the signature of eva over entry 9 does not fit");
    writeFileSync(head, "{}");
    expect((await verify()).stderr).toContain("is not a signed head of a journal");
  });

  test("--json says the same in a document", async () => {
    rmSync(join(site.folder, ".sluice", "heads"), { recursive: true });
    forge((contents) => contents.slice(0, 3));
    await site.journal(changeEntries(site.plan).slice(3, 4));
    const { stdout } = await sluice(site.folder, ["journal", "verify", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: "sluice/journal-verification",
      entries: 4,
      signedUpTo: 4,
      unsigned: [],
      faults: [],
    });
  });

  test("shows hostile text as text, in lines, in JSON and in the file itself", async () => {
    const hostile = "\u001b[2Jgone\u202e\u0085\u{e0041}";
    await site.journal([
      { time: "2026-11-22T03:00:00.000Z", actor: "eva", action: "abort", details: { hostile } },
    ]);
    const shown = await sluice(site.folder, ["journal", "show"]);
    const document = await sluice(site.folder, ["journal", "show", "--json"]);
    for (const text of [shown.stdout, document.stdout, readFileSync(file(), "utf8")]) {
      expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    }
    const { entries } = JSON.parse(document.stdout) as { entries: JournalEntry[] };
    expect(entries.at(-1)?.details).toEqual({ hostile });
    expect((await verify()).code).toBe(0);
  });
});
