import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chainScript } from "../../src/report/evidence/checks.ts";
import { emptyHead, type JournalContent, journalLine } from "../../src/rollout/journal.ts";

// The words that an auditor types, in every shell and awk that this machine has, against what Sluice writes.

const entries = 10_000;
const hash = "e".repeat(64);
const content = (index: number): JournalContent => ({
  time: "2026-11-22T02:00:00.000Z",
  actor: "eva",
  action: index % 3 === 0 ? "trial" : "rollback",
  firewall: "fw1",
  ...(index % 2 === 0 && { plan: hash, conduit: "it-cell1" }),
  // What could be taken for the field itself, and what a shell or an awk might take for its own.
  details: {
    hash,
    number: 7,
    note: `"hash":"${hash}","number":1, Zürich %s \\ $(x) \`x\` \u202e ${index}`,
    inner: { hash, number: 3, previous: hash },
  },
});

function lines(count: number): readonly string[] {
  let head = emptyHead;
  return Array.from({ length: count }, (_, index) => {
    const { line, number, hash } = journalLine(head, content(index));
    head = { number, hash };
    return line;
  });
}

const whole = lines(entries);
const isHere = ([command]: readonly string[]): boolean =>
  spawnSync(command!, ["--version"]).error === undefined;
const shells = [["dash"], ["bash"], ["busybox", "sh"]].filter(isHere);
const awks = [["mawk"], ["gawk"], ["original-awk"], ["busybox", "awk"]].filter(isHere);
const pairs = shells.flatMap((shell) => awks.map((awk) => ({ shell, awk })));

describe.each(pairs)("journal-chain.sh in $shell with $awk", ({ shell, awk }) => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sluice-chain-"));
    writeFileSync(join(folder, "journal-chain.sh"), chainScript);
    writeFileSync(join(folder, "awk"), `#!/bin/sh\nexec ${awk.join(" ")} "$@"\n`, { mode: 0o755 });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const said = (text: string): string => {
    writeFileSync(join(folder, "journal.jsonl"), text);
    const [command, ...words] = [...shell, "journal-chain.sh", "journal.jsonl"];
    const { stdout, stderr, status } = spawnSync(command!, words, {
      ...{ cwd: folder, encoding: "utf8" },
      env: { PATH: `${folder}:/usr/bin:/bin`, LANG: "C.UTF-8" },
    });
    expect(stderr).toBe("");
    expect(status).toBe(stdout.endsWith("chain is whole\n") ? 0 : 1);
    return stdout;
  };

  test("takes a whole journal as whole, in seconds where it has ten thousand entries", () => {
    const isFirst = shell === shells[0] && awk === awks[0];
    const lines = isFirst ? whole : whole.slice(0, 200);
    const started = performance.now();
    const last = JSON.parse(lines.at(-1)!).hash as string;
    expect(said(lines.join(""))).toBe(`${lines.length} entries, last hash ${last}\nchain is whole\n`);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(said("")).toContain("0 entries");
  });

  test("says where it was edited, cut, turned around, forked or torn", () => {
    const few = whole.slice(0, 40);
    const [a, b, c, d] = few as [string, string, string, string];
    expect(said(few.with(6, few[6]!.replace("eva", "eve")).join(""))).toBe("line 7 was edited\n");
    expect(said(few.with(6, few[6]!.replace('"actor"', ' "actor"')).join(""))).toBe("line 7 was edited\n");
    const own = JSON.parse(few[6]!).hash as string;
    expect(said(few.with(6, few[6]!.replace(own, hash)).join(""))).toBe("line 7 was edited\n");
    expect(said([a, b, d].join(""))).toBe("line 3 does not follow the line before it\n");
    expect(said([b, a, c].join(""))).toBe("line 1 does not follow the line before it\n");
    expect(said([a, b, b, c].join(""))).toBe("line 3 does not follow the line before it\n");
    expect(said([a, b, "garbage\n"].join(""))).toBe("line 3 is not an entry of a journal\n");
    expect(said(`${a}${b.slice(0, -1)}`)).toBe("the last line is torn\n");
  });
});
