import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sluice } from "../support/command.ts";

const site = `
sluice: 1
site: { name: Test plant, timezone: Europe/Zurich }
zones:
  cell1: { level: 1, sl-target: 2, networks: [10.10.1.0/24] }
  dmz: { level: 3, sl-target: 2, networks: [10.20.1.0/24] }
conduits:
  dmz-cell1: { zones: [dmz, cell1], firewalls: [fw1] }
cycles:
  batch: { length: 5m }
  shift: { length: 8h, phases: [start-up, production] }
firewalls:
  fw1:
    target: nftables
    address: 192.0.2.1
    ssh: { user: root, host-keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGI9NMskBXVPQJQXk2lTA5aVs4P17eGVGi/6R1hxpvp3 fw1"] }
`;

/** One connection of eight and a half minutes in each quarter of an hour, for so many shifts. */
const log = (shifts: number): string =>
  Array.from({ length: shifts * 32 }, (_, slot) =>
    JSON.stringify({
      ...{ ts: 1_767_567_600 + slot * 900, duration: 510, proto: "tcp", history: "ShADad" },
      ...{ "id.orig_h": "10.20.1.5", "id.orig_p": 40_000, "id.resp_h": "10.10.1.10", "id.resp_p": 502 },
    }),
  ).join("\n");

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-coverage-"));
  writeFileSync(join(folder, "site.yaml"), site);
});
afterEach(() => rmSync(folder, { recursive: true }));
const observed = async (name: string, shifts: number): Promise<void> => {
  writeFileSync(join(folder, `${name}.log`), log(shifts));
  expect((await sluice(folder, ["observe", `${name}.log`, "-o", `${name}.json`])).code).toBe(0);
};

describe("sluice baseline coverage", () => {
  test("a conduit that was watched for long enough is ready: exit code 0", async () => {
    await observed("long", 16);
    const { stdout, code } = await sluice(folder, ["baseline", "coverage", "long.json"]);
    expect(stdout).toContain("counted in cycles of shift, 8h each (start-up, production)");
    expect(stdout).toContain("dmz-cell1: ready\n  1 flows in 16 cycles");
    expect(code).toBe(0);
  });

  test("otherwise it names the limiting term and the time that is missing: exit code 1, also as JSON", async () => {
    await observed("short", 4);
    const { stdout, code } = await sluice(folder, ["baseline", "coverage", "short.json"]);
    expect(stdout).toContain("dmz-cell1: not ready: limited by novelty bound");
    expect(stdout).toContain("at least 11 more cycles, 3d16h");
    expect(code).toBe(1);
    const json = await sluice(folder, ["baseline", "coverage", "short.json", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      ...{ schema: "sluice/coverage", version: 1, cycle: { id: "shift", length: 28_800 } },
      conduits: [{ id: "dmz-cell1", ready: false, limiting: "novelty bound", cycles: 4, quiet: 3 }],
    });
    expect(json.code).toBe(1);
  });

  test("where the site names no cycles, days are counted, and it says that nobody said so", async () => {
    await observed("long", 48);
    writeFileSync(join(folder, "site.yaml"), site.replace(/cycles:\n( {2}.*\n){2}/, ""));
    const { stdout } = await sluice(folder, ["baseline", "coverage", "long.json"]);
    expect(stdout).toContain("counted in cycles of day, 1d each\n\nThe site file names no production cycles");
    expect(stdout).toContain("shows in no figure: whoever knows the plant must name it");
    const { stdout: json } = await sluice(folder, ["baseline", "coverage", "long.json", "--json"]);
    expect(JSON.parse(json)).toMatchObject({ cycle: { id: "day", assumed: true } });
  });

  test("of no conduit at all it does not say that all are ready", async () => {
    await observed("short", 1);
    writeFileSync(join(folder, "site.yaml"), site.replace(/conduits:\n.*\n/, ""));
    const { stdout, code } = await sluice(folder, ["baseline", "coverage", "short.json"]);
    expect(stdout).toContain("0 of 0 conduits");
    expect(code).toBe(1);
  });

  test("a cycle that the site does not have, or that is too short to be counted in, is refused", async () => {
    await observed("short", 1);
    const args = ["baseline", "coverage", "short.json", "--cycle"];
    expect((await sluice(folder, [...args, "week"])).stderr).toBe(
      'error: the site file has no cycle "week"; it has batch, shift\n',
    );
    expect((await sluice(folder, [...args, "batch"])).stderr).toContain(
      "batch is shorter than the 15 minutes",
    );
  });

  test("baselines without any time are refused", async () => {
    writeFileSync(
      join(folder, "now.txt"),
      "tcp 6 9 ESTABLISHED src=10.20.1.5 dst=10.10.1.10 sport=1 dport=502 src=10.10.1.10 dst=10.20.1.5 sport=502 dport=1 [ASSURED] use=1\n",
    );
    await sluice(folder, ["observe", "now.txt", "-o", "now.json"]);
    const { stderr, code } = await sluice(folder, ["baseline", "coverage", "now.json"]);
    expect(stderr).toMatch(/^error: no source of these baselines has readable times/);
    expect(code).toBe(1);
  });
});
