import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { formatBaseline } from "../../src/baseline/file.ts";
import type { BaselineFlow } from "../../src/baseline/flow.ts";
import { sluice } from "../support/command.ts";

const plant = join(import.meta.dirname, "../../rulesets/lab-plant/site.yaml");
let folder: string;

const flow = (initiator: string, responder: string, port: number): BaselineFlow => ({
  ...{ family: 4, initiator, responder, protocol: 6, port, connections: 1, packets: 10, bytes: 900 },
  ...{ firstSeen: "2026-01-01T00:00:00.000Z", lastSeen: "2026-01-01T01:00:00.000Z" },
  ...{ evidence: "syn", confidence: 1, answered: true },
});
const observed = [
  flow("10.20.1.5", "10.10.1.10", 502),
  flow("10.30.1.20", "10.10.1.10", 502),
  flow("10.30.1.5", "10.10.1.11", 502),
];
const writeBaseline = (flows: readonly BaselineFlow[]): void =>
  writeFileSync(
    join(folder, "baseline/lab.json"),
    formatBaseline({ schema: "sluice/baseline", version: 1, sources: [], flows }),
  );
const ruleset = (name: string): string => join(folder, "compiled/fw1", name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-compile-"));
  cpSync(plant, join(folder, "site.yaml"));
  mkdirSync(join(folder, "baseline"));
  writeBaseline(observed);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("sluice compile", () => {
  test("writes a ruleset and a certificate for each conduit, firewall and stage", async () => {
    const { code, stdout, stderr } = await sluice(folder, ["compile"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.split("\n").slice(0, -1)).toEqual([
      ...["dmz-cell1.monitor", "dmz-cell1.enforce", "it-cell1.monitor", "it-cell1.enforce"].map(
        (name) => `wrote compiled/fw1/${name}.nft  (3 of 3 claims proved)`,
      ),
      "wrote compiled/fw1/frame.nft  (without a conduit: every packet passes)",
    ]);
    const certificate = JSON.parse(readFileSync(ruleset("dmz-cell1.enforce.certificate.json"), "utf8"));
    expect(certificate).toMatchObject({
      schema: "sluice/certificate",
      conduit: "dmz-cell1",
      stage: "enforce",
    });
  });

  test("says when a proof is of nothing: a baseline without the conduit's flows, a conduit without permits", async () => {
    writeBaseline([]);
    const empty = await sluice(folder, ["compile"]);
    expect(empty.stderr).toContain(
      'warning[proof/nothing-observed]: the baseline has no answered flow of conduit "dmz-cell1"',
    );
    expect(empty.stderr).not.toContain("permits nothing");
    const site = readFileSync(join(folder, "site.yaml"), "utf8");
    const document = parseDocument(site);
    document.deleteIn(["conduits", "dmz-cell1", "permits"]);
    writeFileSync(join(folder, "site.yaml"), document.toString());
    const { code, stderr } = await sluice(folder, ["compile", "dmz-cell1"]);
    expect(stderr).toContain(
      'warning[proof/nothing-permitted]: conduit "dmz-cell1" permits nothing: enforced, it drops every packet between',
    );
    expect(code).toBe(0);
  });

  test("writes only the conduits that it is asked for, where it is told to", async () => {
    const { code } = await sluice(folder, ["compile", "dmz-cell1", "-o", "out"]);
    expect(code).toBe(0);
    expect(existsSync(join(folder, "out/fw1/dmz-cell1.enforce.nft"))).toBe(true);
    expect(existsSync(join(folder, "out/fw1/it-cell1.enforce.nft"))).toBe(false);
  });

  test("does not write what fails its claim, removes the older file, and still writes monitor", async () => {
    await sluice(folder, ["compile"]);
    writeBaseline([...observed, flow("10.30.1.20", "10.10.1.11", 44_818)]);
    const { code, stdout, stderr } = await sluice(folder, ["compile"]);
    expect(code).toBe(1);
    expect(stdout).toContain(
      "not written: compiled/fw1/it-cell1.enforce.nft  (2 of 3 claims proved; baseline-kept failed)",
    );
    expect(stdout).toContain("wrote compiled/fw1/it-cell1.monitor.nft");
    expect(stderr).toContain("tcp 10.30.1.20:40000 -> 10.10.1.11:44818");
    expect(stderr).toContain('list it under "denied"');
    expect(stderr).toContain("removed compiled/fw1/it-cell1.enforce.nft");
    expect(existsSync(ruleset("it-cell1.enforce.nft"))).toBe(false);
    expect(existsSync(ruleset("it-cell1.enforce.certificate.json"))).toBe(false);
    expect(existsSync(ruleset("it-cell1.monitor.nft"))).toBe(true);
  });

  test("prints one document with --json, with the witness as text", async () => {
    writeBaseline([...observed, flow("10.30.1.20", "10.10.1.11", 44_818)]);
    const { stdout } = await sluice(folder, ["compile", "--json", "it-cell1"]);
    const { schema, version, rulesets } = JSON.parse(stdout);
    expect([schema, version]).toEqual(["sluice/compilation", 1]);
    expect(rulesets[1]).toMatchObject({ conduit: "it-cell1", stage: "enforce", written: false });
    expect(rulesets[1].claims[1]).toMatchObject({ packet: "tcp 10.30.1.20:40000 -> 10.10.1.11:44818" });
  });

  test.each([
    [
      "an unknown conduit",
      ["compile", "dmz-cell9"],
      'the site file has no conduit "dmz-cell9"; it has dmz-cell1, it-cell1',
    ],
    ["a baseline that is not there", ["compile", "--baseline", "no.json"], "no.json does not exist"],
    ["a site file that is not there", ["compile", "--site", "no.yaml"], "no.yaml does not exist"],
  ])("says what is wrong with %s, and writes nothing", async (_, args, message) => {
    const { code, stderr } = await sluice(folder, args);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(existsSync(join(folder, "compiled"))).toBe(false);
  });
});

test("evidence that is not there is told at the permit that names it", async () => {
  const site = join(folder, "site.yaml");
  const before = readFileSync(site, "utf8");
  writeFileSync(site, before.replace(/evidence: \S+/, "evidence: ../elsewhere.json"));
  const { code, stderr } = await sluice(folder, ["compile"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /site\.yaml:\d+:\d+: the evidence of permit "[a-z0-9-]+": .*elsewhere\.json does not exist/,
  );
});

describe("sluice verify", () => {
  test("proves what compile wrote, all of it or the files that are named", async () => {
    await sluice(folder, ["compile"]);
    const all = await sluice(folder, ["verify"]);
    expect([all.code, all.stdout.split("\n").length]).toEqual([0, 6]);
    const one = await sluice(folder, ["verify", "compiled/fw1/it-cell1.enforce.nft"]);
    expect(one.stdout).toBe(
      "proved compiled/fw1/it-cell1.enforce.nft  (3 of 3 claims proved; certificate fits)\n",
    );
  });

  test("refutes a file that was changed, with a packet and the place in the file", async () => {
    await sluice(folder, ["compile"]);
    const file = ruleset("dmz-cell1.enforce.nft");
    const text = readFileSync(file, "utf8");
    const element = '10.20.1.5 . 10.10.1.10 . tcp . 502 comment "historian-modbus",';
    expect(text).toContain(element);
    writeFileSync(file, text.replace(element, `${element.replace("1.5", "1.6")}\n      ${element}`));
    const { code, stdout, stderr } = await sluice(folder, ["verify", "compiled/fw1/dmz-cell1.enforce.nft"]);
    expect(code).toBe(1);
    expect(stdout).toContain("certificate of other bytes");
    expect(stderr).toContain("lets it pass, the site file records it and drops it");
    expect(stderr).toMatch(/dmz-cell1\.enforce\.nft:\d+:7/);
  });

  test("refutes a frame that touches a packet, with the packet", async () => {
    await sluice(folder, ["compile"]);
    const frame = ruleset("frame.nft");
    const text = readFileSync(frame, "utf8");
    const policy = "    type filter hook forward priority filter + 10; policy accept;\n";
    expect(text).toContain(policy);
    writeFileSync(frame, text.replace(policy, policy.replace("policy accept", "policy drop")));
    const { code, stdout, stderr } = await sluice(folder, ["verify", "compiled/fw1/frame.nft"]);
    expect([code, stdout]).toEqual([1, "NOT proved compiled/fw1/frame.nft  (no frame)\n"]);
    expect(stderr).toMatch(/frame\.nft:\d+:\d+/);
    const whole = readFileSync(ruleset("dmz-cell1.enforce.nft"), "utf8");
    writeFileSync(frame, whole);
    const other = await sluice(folder, ["verify", "compiled/fw1/frame.nft"]);
    expect(other.stderr).toMatch(/ -> .*: the frame of the rulesets does not let it pass unrecorded/);
  });

  test("refutes a file of an older policy", async () => {
    await sluice(folder, ["compile"]);
    const site = join(folder, "site.yaml");
    writeFileSync(site, readFileSync(site, "utf8").replace("responders: [plc1, plc2]", "responders: [plc1]"));
    const { code, stderr } = await sluice(folder, ["verify", "compiled/fw1/dmz-cell1.monitor.nft"]);
    expect([code, stderr.includes("10.10.1.11:502")]).toEqual([1, true]);
  });

  test("goes on past a file that is not there, and says how to write it", async () => {
    await sluice(folder, ["compile"]);
    rmSync(ruleset("dmz-cell1.monitor.nft"));
    const { code, stdout, stderr } = await sluice(folder, ["verify"]);
    expect(code).toBe(1);
    expect(stdout.split("\n").map((line) => line.split(" ")[0])).toEqual([
      "NOT",
      "proved",
      "proved",
      "proved",
      "proved",
      "",
    ]);
    expect(stderr).toContain('write it with "sluice compile dmz-cell1"');
  });

  test("says which files it knows when it is given another", async () => {
    const { code, stderr } = await sluice(folder, ["verify", "fw2/dmz-cell1.enforce.nft"]);
    expect(code).toBe(1);
    expect(stderr).toContain("fw1/dmz-cell1.monitor.nft");
  });
});

describe("sluice explain", () => {
  test("names the verdicts, the permit, the conduit and the line of the site file", async () => {
    const { code, stdout } = await sluice(folder, ["explain", "tcp historian -> plc1:502"]);
    const line =
      readFileSync(plant, "utf8")
        .split("\n")
        .findIndex((one) => one.includes("historian-modbus:")) + 1;
    expect(code).toBe(0);
    expect(stdout).toContain("conduit   dmz-cell1 (site.yaml:");
    expect(stdout).toContain(
      `permit    historian-modbus (site.yaml:${line}): The historian polls process values.`,
    );
    expect(stdout).toMatch(/monitor {3}passes\n {2}enforce {3}passes\n$/);
  });

  test("says what was decided against, as JSON too", async () => {
    const { stdout } = await sluice(folder, ["explain", "--json", "tcp workstation -> plc1:502"]);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ schema: "sluice/explanation", version: 1, packet: "tcp 10.30.1.20:40000 -> 10.10.1.10:502" },
      denial: { id: "workstation-modbus" },
      monitor: { verdict: "accept", recorded: true },
      enforce: { verdict: "drop", recorded: true },
    });
  });

  test("refuses what is not a packet with exit code 64 and an example", async () => {
    const { code, stderr } = await sluice(folder, ["explain", "modbus please"]);
    expect([code, stderr.includes('write it as in "tcp')]).toEqual([64, true]);
  });

  test("answers for a permit, an asset and the id of a check too", async () => {
    const permit = await sluice(folder, ["explain", "it-cell1.mes-modbus"]);
    expect(permit.stdout).toMatch(/^permit it-cell1\.mes-modbus .*\n[\s\S]*services {2}modbus \(tcp:502\)/);
    const asset = await sluice(folder, ["explain", "plc2", "--json"]);
    expect(JSON.parse(asset.stdout)).toMatchObject({ schema: "sluice/explain-name", version: 1 });
    expect((await sluice(folder, ["explain", "check/any-to-any"])).stdout).toContain("IEC 62443-3-3 SR 5.2");
    const none = await sluice(folder, ["explain", "plc77"]);
    expect([none.code, none.stderr]).toEqual([
      64,
      expect.stringContaining('check "plc77": did you mean "plc'),
    ]);
  });
});

test("a target that no real firewall has judged is called unproven, in the output and in the certificate", async () => {
  const site = join(folder, "site.yaml");
  writeFileSync(site, readFileSync(site, "utf8").replace("target: nftables", "target: pfsense"));
  const { code, stderr } = await sluice(folder, ["compile", "it-cell1"]);
  expect(code).toBe(0);
  expect(stderr.match(/UNPROVEN: no real firewall of this kind/g)).toHaveLength(1);
  const certificate = readFileSync(join(folder, "compiled/fw1/it-cell1.enforce.certificate.json"), "utf8");
  expect(certificate).toContain("UNPROVEN");
  expect(certificate).not.toContain("tested against the real one");
});
