import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { renderInventory } from "../../src/cli/views/inventory.ts";
import { pcap } from "../baseline/support/captures.ts";
import * as device from "../inventory/support/devices.ts";
import { datagram, frame, inventoryOf, otherCard, plcCard, segment } from "../inventory/support/wire.ts";
import { sluice } from "../support/command.ts";

const site = `sluice: 1
site: {name: plant, timezone: UTC}
zones:
  cell:
    level: 1
    sl-target: 2
    networks: [10.1.0.0/24]
    assets:
      filler: {addresses: [10.1.0.10], vendor: Siemens, firmware: V3.1.0}
  control: {level: 2, sl-target: 2, networks: [10.2.0.0/24]}
`;
const modules = device.systemStatus(0x11, 28, device.moduleRecords);
const capture = (...frames: readonly Uint8Array[]): Uint8Array =>
  pcap(frames.map((data, index) => ({ data, seconds: 1_700_000_000 + index })));
const plant = capture(
  segment(["10.1.0.10", 102], ["10.2.0.5", 40_000], modules),
  segment(["10.2.0.5", 40_000], ["10.1.0.10", 102], device.systemStatusRequest, 1, otherCard),
  datagram(
    ["10.1.0.20", 44_818],
    ["10.2.0.5", 1136],
    device.listIdentity(108, 7, "EP1008"),
    "02:00:00:00:00:20",
  ),
  frame("02:00:00:00:00:20", 0x0806, device.arpReply("02:00:00:00:00:20", "10.1.0.20")),
);

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-inventory-"));
  writeFileSync(join(folder, "span.pcap"), plant);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("sluice inventory", () => {
  test("prints a table, and why each device is taken for what it is", async () => {
    const { stdout, code } = await sluice(folder, ["inventory", "span.pcap"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/10\.1\.0\.10 +00:0e:8c:01:02:03 +plc +Siemens +6ES7 315-2EH14-0AB0 +V3\.2\.8/);
    expect(stdout).toContain("reads the system status list of controllers over S7comm");
    // 00:1b:1b is registered to Siemens; a card whose address somebody chose is nobody's.
    expect(stdout).toMatch(/10\.2\.0\.5 +00:1b:1b:0a:0b:0c .*\(Siemens AG/);
    expect(stdout).toMatch(/10\.1\.0\.20 +02:00:00:00:00:20 +remote-io +Beckhoff +EP1008/);
  });

  test("fits its table to a terminal; addresses and cards stay whole, and the reasons below hold what was cut", () => {
    const long = device.systemGroup("A switch of many words", "a-name-of-many-letters");
    const inventory = inventoryOf(
      datagram(["10.100.100.100", 161], ["10.2.0.5", 1136], long),
      frame(plcCard, 0x0806, device.arpReply(plcCard, "10.100.100.100")),
      frame(plcCard, 0x0806, device.arpReply(plcCard, "10.100.100.101")),
    );
    const [table = ""] = renderInventory(inventory, 80).split("\n\n", 1);
    expect(Math.max(...table.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(table).toMatch(/^10\.100\.100\.100 \+1 +00:0e:8c:01:02:03 .*A sw.*….* a-name.*…$/m);
    expect(renderInventory(inventory, 80)).toContain("10.100.100.100: also 10.100.100.101");
    expect(renderInventory(inventory)).toContain("A switch of many words");
  });

  test("prints a document", async () => {
    const { stdout } = await sluice(folder, ["inventory", "span.pcap", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: "sluice/inventory",
      version: 1,
      sources: [{ name: "span.pcap" }],
      assets: [
        { addresses: ["10.1.0.10"], mac: plcCard },
        { vendor: "Beckhoff" },
        { macVendor: expect.stringMatching(/Siemens/) },
      ],
    });
  });

  test("beside a site file prints the assets that it lacks, by zone, and where the wire says otherwise", async () => {
    writeFileSync(join(folder, "site.yaml"), site);
    const { stdout, code } = await sluice(folder, ["inventory", "span.pcap", "--yaml"]);
    expect(code).toBe(0);
    expect(parse(stdout)).toEqual({
      zones: {
        cell: {
          assets: {
            "host-10-1-0-20": {
              addresses: ["10.1.0.20"],
              role: "remote-io",
              vendor: "Beckhoff",
              model: "EP1008",
              firmware: "20.011",
            },
          },
        },
        control: { assets: { "host-10-2-0-5": { addresses: ["10.2.0.5"], role: "engineering-station" } } },
      },
    });
    expect(stdout).toContain('# filler: the wire says firmware "V3.2.8", the site file "V3.1.0"');
    expect(stdout).not.toContain("# filler: the wire says vendor");
  });

  test("names devices that lie in no zone", async () => {
    writeFileSync(join(folder, "site.yaml"), site.replace("10.2.0.0/24", "10.9.0.0/24"));
    const { stdout } = await sluice(folder, ["inventory", "span.pcap", "--yaml"]);
    expect(stdout).toMatch(/^# in no zone: 10\.2\.0\.5 \(00:1b:1b/m);
  });

  test("drafts a site file where there is none, and it can be checked", async () => {
    const { stdout } = await sluice(folder, ["inventory", "span.pcap", "--yaml"]);
    writeFileSync(join(folder, "site.yaml"), stdout);
    const checked = await sluice(folder, ["check", "--json"]);
    const { diagnostics } = JSON.parse(checked.stdout) as {
      readonly diagnostics: readonly { readonly severity: string }[];
    };
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  });

  test.each(["--yaml", "--json", ""])(
    "takes what a device says as text and nothing else (%s)",
    async (flag) => {
      const evil = '\u001b]0;x\u0007"}\n  evil: {addresses: [0.0.0.0/0]} # <script>';
      const said = device.dcpIdentity(evil, evil, [10, 1, 0, 66]);
      writeFileSync(join(folder, "span.pcap"), capture(frame(plcCard, 0x8892, said)));
      writeFileSync(join(folder, "site.yaml"), site);
      const { stdout } = await sluice(folder, ["inventory", "span.pcap", ...(flag === "" ? [] : [flag])]);
      expect(stdout.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
      if (flag === "--yaml") {
        const { zones } = parse(stdout) as { readonly zones: { readonly cell: { readonly assets: object } } };
        expect(Object.values(zones.cell.assets)).toMatchObject([{ addresses: ["10.1.0.66"] }]);
      }
    },
  );

  test("reads flow logs too: who asks and who answers", async () => {
    writeFileSync(
      join(folder, "conn.log"),
      "#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state\torig_pkts\tresp_pkts\n" +
        "1700000000.0\tC1\t10.2.0.5\t40000\t10.1.0.10\t502\ttcp\tSF\t5\t5\n",
    );
    const { stdout } = await sluice(folder, ["inventory", "conn.log"]);
    expect(stdout).toContain("10.1.0.10: plc: answers modbus for 1 client");
  });

  test("refuses what it cannot read, with exit code 1", async () => {
    writeFileSync(join(folder, "span.pcap"), "no capture");
    const { code, stderr } = await sluice(folder, ["inventory", "span.pcap"]);
    expect(code).toBe(1);
    expect(stderr).toContain("the format is not known");
  });
});
