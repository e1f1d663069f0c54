import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { changed } from "../policy/support/plant.ts";
import { sluice } from "../support/command.ts";

let folder: string;
const put = (name: string, content: string | Uint8Array): void => writeFileSync(join(folder, name), content);
const good = changed(() => undefined);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-site-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("sluice check", () => {
  test("ends with 0 when there are only warnings, and with 1 on errors", async () => {
    put("site.yaml", good);
    const warned = await sluice(folder, ["check"]);
    expect([warned.code, warned.stdout.split("\n").at(-2)]).toEqual([
      0,
      "0 errors, 1 warning, 0 notes, 0 silenced",
    ]);
    put("site.yaml", good.replace("level: 1", "levle: 1"));
    const refused = await sluice(folder, ["check"]);
    expect([refused.code, refused.stdout.split("\n")[0]]).toEqual([
      1,
      'error[site/unknown-key]: unknown key "levle" in "cell"',
    ]);
  });

  test("finds the site file in a folder above", async () => {
    put("site.yaml", good);
    mkdirSync(join(folder, "a/b"), { recursive: true });
    expect((await sluice(join(folder, "a/b"), ["check"])).code).toBe(0);
  });

  test("reads the evidence that permits name", async () => {
    put("site.yaml", good);
    const unreadable = 'the evidence of permit "poll" cannot be read: baseline/week.json';
    expect((await sluice(folder, ["check"])).stdout).toContain(unreadable);
    mkdirSync(join(folder, "baseline/week.json"), { recursive: true });
    expect((await sluice(folder, ["check"])).stdout).toContain(unreadable);
    rmSync(join(folder, "baseline/week.json"), { recursive: true });
    put("baseline/week.json", '{"schema":"sluice/baseline","version":1,"sources":[],"flows":[]}');
    expect((await sluice(folder, ["check"])).stdout).toContain(
      'nothing that permit "poll" admits is in its evidence',
    );
  });

  test("prints one JSON document, also when the file cannot be read as a site", async () => {
    put("site.yaml", "zones: [");
    const { stdout, code } = await sluice(folder, ["check", "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: "sluice/check",
      version: 1,
      diagnostics: [
        { code: "site/yaml", severity: "error", span: { file: expect.stringContaining("site.yaml") } },
      ],
      silenced: [],
    });
  });

  test("prints SARIF", async () => {
    put("site.yaml", good);
    const log = JSON.parse((await sluice(folder, ["check", "--sarif"])).stdout);
    expect(log).toMatchObject({
      version: "2.1.0",
      runs: [{ results: [{ ruleId: "check/evidence-unreadable" }] }],
    });
  });

  test("shows ten findings of a kind and counts the others", async () => {
    put(
      "site.yaml",
      changed((plant) => {
        const { poll } = plant.conduits["dmz-cell"].permits;
        for (let index = 1; index < 15; index++) {
          const services = [`tcp/${1000 + index}`];
          plant.conduits["dmz-cell"].permits[`more-${index}`] = { ...poll, services, evidence: undefined };
        }
      }),
    );
    const { stdout } = await sluice(folder, ["check"]);
    expect(stdout.match(/^note\[check\/permit-without-evidence]/gm)).toHaveLength(10);
    expect(stdout).toContain("… and 4 more of check/permit-without-evidence; --json lists all");
  });

  test.each<readonly [string, () => void, string]>([
    ["is not there", () => undefined, "site.yaml does not exist"],
    ["is a folder without YAML", () => mkdirSync(join(folder, "site.yaml")), "site.yaml holds no .yaml file"],
    [
      "is not UTF-8",
      () => put("site.yaml", Buffer.concat([Buffer.from("sluice: 1 # \ufffd "), Buffer.from([0xe9, 0x0a])])),
      "site.yaml:1:15: not UTF-8: the byte 0xe9 is no text here; save the file as UTF-8",
    ],
    [
      "has 50 MB",
      () => {
        put("site.yaml", "");
        truncateSync(join(folder, "site.yaml"), 50_000_000);
      },
      "site.yaml has 50000000 bytes; at most 8388608 are read",
    ],
  ])("says so when the file %s", async (_, make, message) => {
    make();
    const { code, stderr } = await sluice(folder, ["check", "site.yaml"]);
    expect([code, stderr.trim()]).toEqual([1, `error: ${message}`]);
  });

  test("marks the right column in a file with a byte order mark and CRLF", async () => {
    put("site.yaml", `\ufeff${good.replace("sluice: 1", "slice: 1")}`.replaceAll("\n", "\r\n"));
    const { stdout } = await sluice(folder, ["check", "site.yaml"]);
    expect(stdout).toContain("--> site.yaml:1:1\n   |\n 1 | slice: 1\n   | ^^^^^\n");
  });

  test("shows no terminal escapes of a file", async () => {
    put("site.yaml", `${good}"\\e[31mred": 1\n# \u001b[2J\n`);
    const { stdout } = await sluice(folder, ["check", "site.yaml"]);
    expect(stdout).toContain("unknown key");
    expect(stdout).not.toContain("\u001b");
  });
});

describe("a site that is a folder of files", () => {
  const split = (pattern: RegExp): readonly [string, string] => {
    const at = good.search(pattern);
    return [good.slice(0, at), good.slice(at)];
  };

  test("is read as one", async () => {
    const [first, second] = split(/^conduits:/m);
    put("a.yaml", first);
    put("b.yml", second);
    const { code, stdout } = await sluice(folder, ["check", "."]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("--> b.yml:9:7")]);
  });

  test("may not say one thing twice", async () => {
    const [first, second] = split(/^conduits:/m);
    put("a.yaml", first);
    put("b.yaml", `sluice: 1\nsite: {name: Other, timezone: UTC}\nzones:\n  cell: {level: 1}\n${second}`);
    const { code, stdout } = await sluice(folder, ["check", "."]);
    expect(code).toBe(1);
    expect(stdout).toBe(`error[site/defined-twice]: "site" is in two files
  --> b.yaml:2:1
   |
 2 | site: {name: Other, timezone: UTC}
   | ^^^^
  first here:
  --> a.yaml:2:1
   |
 2 | site:
   | ----
  = fix: keep it in one of them

error[site/defined-twice]: "zones.cell" is in two files
  --> b.yaml:4:3
   |
 4 |   cell: {level: 1}
   |   ^^^^
  first here:
  --> a.yaml:${good.slice(0, good.indexOf("  cell:")).split("\n").length}:3
    |
 ${good.slice(0, good.indexOf("  cell:")).split("\n").length} |   cell:
    |   ----
  = fix: keep it in one of them

2 errors, 0 warnings, 0 notes, 0 silenced
`);
  });

  test("names the file that cannot be read, and nothing that follows from it", async () => {
    const [first, second] = split(/^conduits:/m);
    put("a.yaml", first.replace("level: 1", "level: [1"));
    put("b.yaml", second);
    const { stdout } = await sluice(folder, ["check", ".", "--json"]);
    const files = JSON.parse(stdout).diagnostics.map(
      ({ code, span }: { code: string; span: { file: string } }) => [code, span.file],
    );
    expect(new Set(files.map(String))).toEqual(new Set(["site/yaml,a.yaml"]));
  });
});

describe("sluice init", () => {
  test("writes a site that passes the check, with the schema that its first line names", async () => {
    const { code, stdout } = await sluice(folder, [
      "init",
      "--name",
      'Plant "7"',
      "--timezone",
      "Europe/Zurich",
    ]);
    expect([code, stdout]).toEqual([0, "wrote site.yaml; next: sluice check site.yaml\n"]);
    expect(readdirSync(folder).toSorted()).toEqual(["site-1.schema.json", "site.yaml"]);
    expect(readFileSync(join(folder, "site.yaml"), "utf8")).toMatch(
      /^# yaml-language-server: \$schema=\.\/site-1\.schema\.json\nsluice: 1\n/,
    );
    const checked = await sluice(folder, ["check"]);
    expect([checked.code, checked.stdout]).toEqual([0, expect.stringContaining("0 errors")]);
  });

  test("never overwrites a site file", async () => {
    put("site.yaml", "mine");
    const { code, stderr } = await sluice(folder, ["init"]);
    expect([code, stderr.trim()]).toEqual([1, "error: site.yaml exists; it is not overwritten"]);
    expect(readdirSync(folder)).toEqual(["site.yaml"]);
    expect(readFileSync(join(folder, "site.yaml"), "utf8")).toBe("mine");
  });

  test("refuses a time zone that the site file could not have", async () => {
    const { code, stderr } = await sluice(folder, ["init", "--timezone", "+02:00"]);
    expect([code, stderr]).toEqual([-4, expect.stringContaining('"+02:00" is not a time zone')]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("starts from an inventory and asks what it does not say", async () => {
    put("hosts.ini", "[cell]\nplc ansible_host=10.1.0.10\nghost\n");
    const { code, stderr } = await sluice(folder, ["init", "--ansible", "hosts.ini", "--timezone", "UTC"]);
    expect(code).toBe(0);
    expect(stderr).toContain("which address has ghost?");
    expect((await sluice(folder, ["check"])).code).toBe(0);
  });

  test("says what is wrong with an inventory, and writes nothing", async () => {
    put("devices.json", "{");
    const { code, stderr } = await sluice(folder, ["init", "--netbox", "devices.json"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("devices.json: this JSON is damaged")]);
    expect(readdirSync(folder)).toEqual(["devices.json"]);
  });
});

describe("sluice fmt", () => {
  const messy = "site: {timezone: UTC, name: Plant}\nsluice: 1 # first\n";
  const tidy = "sluice: 1 # first\nsite: {name: Plant, timezone: UTC}\n";

  test("writes the canonical form and names the file, once", async () => {
    put("site.yaml", messy);
    expect(await sluice(folder, ["fmt", "site.yaml"])).toEqual({
      code: 0,
      stdout: "site.yaml\n",
      stderr: "",
    });
    expect(readFileSync(join(folder, "site.yaml"), "utf8")).toBe(tidy);
    expect(await sluice(folder, ["fmt", "site.yaml"])).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("with --check only says what it would do", async () => {
    put("site.yaml", messy);
    expect(await sluice(folder, ["fmt", "--check", "site.yaml"])).toEqual({
      code: 1,
      stdout: "site.yaml\n",
      stderr: "",
    });
    expect(readFileSync(join(folder, "site.yaml"), "utf8")).toBe(messy);
  });

  test("leaves a file alone that cannot be read", async () => {
    put("site.yaml", "zones: [");
    const { code, stderr } = await sluice(folder, ["fmt", "site.yaml"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("error: nothing was written")]);
    expect(readFileSync(join(folder, "site.yaml"), "utf8")).toBe("zones: [");
  });
});

describe("a plant of which there is only a baseline", () => {
  const lab = join(import.meta.dirname, "../../rulesets/lab-plant/baseline/lab.json");
  const conduits = (text: string) =>
    (parse(text) as { conduits: Record<string, { permits: Record<string, { services: string[] }> }> })
      .conduits;

  test("sluice init --baseline writes zones, conduits and permits with their evidence, and check finds no error", async () => {
    put("lab.json", readFileSync(lab));
    const init = await sluice(folder, ["init", "--baseline", "lab.json"]);
    expect([init.code, init.stderr.includes("which Purdue level")]).toEqual([0, true]);
    const text = readFileSync(join(folder, "site.yaml"), "utf8");
    const permits = Object.values(conduits(text)).flatMap((conduit) => Object.entries(conduit.permits));
    expect(permits.length).toBeGreaterThan(3);
    expect(permits.every(([, permit]) => permit.services.includes("modbus"))).toBe(true);
    expect(text).toMatch(/# host-10-20-1-5 -> host-10-10-1-10 tcp 502 \(modbus\): 1 connection, \d+ packets/);
    expect(text).toContain("evidence: lab.json");
    expect((await sluice(folder, ["check"])).stdout).toContain("0 errors");
  });

  test("sluice baseline propose proposes the same where there is no site file yet, and overwrites nothing", async () => {
    put("lab.json", readFileSync(lab));
    const proposed = await sluice(folder, ["baseline", "propose", "lab.json", "-o", "proposal.yaml"]);
    expect([proposed.code, readdirSync(folder).toSorted()]).toEqual([0, ["lab.json", "proposal.yaml"]]);
    const text = readFileSync(join(folder, "proposal.yaml"), "utf8");
    expect(text).toMatch(
      /^# Proposed from nothing but lab\.json\. To be answered first:\n# - which Purdue level/,
    );
    expect((await sluice(folder, ["check", "proposal.yaml"])).stdout).toContain("0 errors");
    await sluice(folder, ["init", "--baseline", "lab.json"]);
    expect(conduits(text)).toEqual(conduits(readFileSync(join(folder, "site.yaml"), "utf8")));
    const again = await sluice(folder, ["baseline", "propose", "lab.json", "-o", "proposal.yaml"]);
    expect([again.code, readFileSync(join(folder, "proposal.yaml"), "utf8")]).toEqual([1, text]);
  });
});
