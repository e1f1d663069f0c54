import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bacnetVendor, cipVendor } from "../../src/inventory/passive/messages/vendors.ts";
import { hasTraffic, readTraffic, traffic } from "../baseline/support/shared.ts";
import { inventoryOfCapture } from "./support/wire.ts";

const hasTshark = spawnSync("tshark", ["--version"]).status === 0;
const missing = [hasTshark ? "" : "tshark", hasTraffic ? "" : "../shared/data/traffic"].filter(Boolean);
const suffix = missing.length === 0 ? "" : ` [skipped: ${missing.join(" and ")} missing]`;

const tshark = (...args: readonly string[]): readonly (readonly string[])[] =>
  execFileSync("tshark", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: 1 << 29 })
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"));
const fields = (file: string, filter: string, ...names: readonly string[]): readonly (readonly string[])[] =>
  tshark(
    ...["-n", "-r", join(traffic, "pcap", file), "-Y", filter, "-T", "fields", "-E", "occurrence=f"],
    ...names.flatMap((name) => ["-e", name]),
  );

describe("tshark reads the same identities", () => {
  const reads = (file: string) => inventoryOfCapture(readTraffic(`pcap/${file}`)).assets;
  const run = test.skipIf(missing.length > 0);

  run(`of EtherNet/IP devices and Cisco switches${suffix}`, { timeout: 60_000 }, () => {
    const file = "enip-cl5000-ip-address-change.pcap";
    const assets = reads(file);
    const said = fields(
      file,
      "enip.command == 0x63 && enip.length > 0",
      "ip.src",
      "enip.lir.name",
      "enip.lir.serial",
    );
    expect(said.length).toBeGreaterThan(10);
    for (const [address, model, serial] of said) {
      const asset = assets.find(({ addresses }) => addresses.includes(address!));
      expect([asset?.model, Number.parseInt(asset?.serial ?? "", 16)]).toEqual([model, Number(serial)]);
    }
    const [cisco] = fields(file, "cdp", "eth.src", "cdp.platform");
    expect(assets.find(({ mac }) => mac === cisco![0])?.model).toBe(cisco![1]);
  });

  run(`of BACnet devices${suffix}`, { timeout: 60_000 }, () => {
    const file = "bacnet-40hosts.pcap";
    const assets = reads(file);
    const said = fields(
      file,
      "bacapp.unconfirmed_service == 0",
      "ip.src",
      "bacapp.instance_number",
      "bacapp.vendor_identifier",
    );
    expect(new Set(said.map(([address]) => address)).size).toBeGreaterThan(20);
    for (const [address, instance] of said) {
      const asset = assets.find(({ addresses }) => addresses.includes(address!));
      expect(asset?.roles).toContainEqual({
        role: "building-controller",
        reason: expect.stringContaining(`says that it is BACnet device ${instance}`),
      });
    }
  });

  run(`of PROFINET stations and their neighbours${suffix}`, { timeout: 60_000 }, () => {
    const file = "profinet-l2-mixed.pcap";
    const assets = reads(file);
    const said = fields(
      file,
      "pn_dcp.service_type == 1",
      "eth.src",
      "pn_dcp.suboption_device_nameofstation",
      "pn_dcp.suboption_ip_ip",
    );
    expect(said.length).toBeGreaterThan(0);
    for (const [card, name, address] of said) {
      const asset = assets.find(({ mac }) => mac === card);
      expect([asset?.name, asset?.addresses]).toEqual([name, [address]]);
    }
    const neighbours = fields(file, "lldp", "lldp.profinet.cm_mac_add", "lldp.tlv.system.desc");
    expect(neighbours.length).toBeGreaterThan(10);
    for (const [card, description] of neighbours.filter(([mac]) => mac !== "")) {
      const asset = assets.find(({ mac }) => mac === card);
      expect(asset?.evidence.map(({ by }) => by)).toContain("LLDP");
      const dcp = asset?.evidence.some(({ by }) => by === "PROFINET DCP");
      if (!dcp) expect(asset?.model).toBe(description!.replaceAll(/\s+/g, " ").trim() || undefined);
    }
  });
});

describe("tshark sees no device that is not listed", () => {
  const run = test.skipIf(missing.length > 0);

  run.each(["profinet-l2-mixed.pcap", "iec61850-mms-goose.pcap", "enip-cl5000-ip-address-change.pcap"])(
    `in %s${suffix}`,
    { timeout: 60_000 },
    (file) => {
      const { assets } = inventoryOfCapture(readTraffic(`pcap/${file}`));
      const cards = new Set(assets.flatMap(({ mac, ports = [] }) => [mac, ...ports]));
      const addresses = new Set(assets.flatMap((asset) => asset.addresses));
      const seen = fields(file, "eth", "eth.src", "ip.src", "ipv6.src");
      expect(seen.length).toBeGreaterThan(100);
      const isNone = (address: string): boolean => ["", "0.0.0.0", "::"].includes(address);
      const lacking = seen.filter(([card = "", v4 = "", v6 = ""]) =>
        [v4, v6].every(isNone)
          ? !cards.has(card)
          : [v4, v6].some((address) => !isNone(address) && !addresses.has(address)),
      );
      expect(new Set(lacking.map((row) => row.join(" ")))).toEqual(new Set());
    },
  );

  run(`and of the slots of a chassis, of which each was read${suffix}`, () => {
    const file = "enip-cl5000-ip-address-change.pcap";
    const { assets } = inventoryOfCapture(readTraffic(`pcap/${file}`));
    const chassis = assets.find(({ addresses }) => addresses.includes("192.168.10.120"));
    const said = fields(file, "cip.id.product_name && ip.src == 192.168.10.120", "cip.id.product_name");
    expect(said.length).toBeGreaterThan(10);
    for (const [name] of said)
      expect([chassis?.model, ...(chassis?.parts ?? []).map(({ model }) => model)]).toContain(name);
  });
});

describe("the numbers of vendors are those that tshark knows", () => {
  test.skipIf(!hasTshark).each([
    ["ODVA", "enip.lir.vendor", cipVendor],
    ["ASHRAE", "bacapp.vendor_identifier", bacnetVendor],
  ] as const)(
    `at %s${hasTshark ? "" : " [skipped: tshark missing]"}`,
    { timeout: 60_000 },
    (_, field, vendorOf) => {
      const registry = tshark("-G", "values").filter((row) => row[1] === field);
      const named = registry.flatMap(([, , id, name]) => {
        const ours = vendorOf(Number(id));
        return /vendor \d+$/.test(ours) ? [] : [[ours, name!] as const];
      });
      expect(named.length).toBeGreaterThan(20);
      // Companies change their names; one word of ours is in the registry's.
      const plain = (text: string): string =>
        text
          .normalize("NFKD")
          .toLowerCase()
          .replaceAll(/[^a-z ]+/g, " ");
      const other = named.filter(
        ([ours, name]) =>
          !plain(ours)
            .split(" ")
            .some((word) => word.length > 1 && plain(name).includes(word)),
      );
      expect(other).toEqual([]);
    },
  );
});
