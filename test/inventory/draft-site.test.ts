import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BaselineFlow } from "../../src/baseline/flow.ts";
import { readAnsibleInventory } from "../../src/inventory/ansible.ts";
import { draftSite } from "../../src/inventory/draft-site.ts";
import { observedPlant } from "../../src/inventory/from-baseline.ts";
import type { InventoryHost } from "../../src/inventory/host.ts";
import { uniqueIds } from "../../src/inventory/names.ts";
import { readNetboxExport } from "../../src/inventory/netbox.ts";
import { formatRange } from "../../src/net/address.ts";
import { readSite } from "../../src/policy/read.ts";
import { targetDefaults } from "../../targets/defaults.ts";

const site = { name: "Plant", timezone: "UTC", target: "nftables" };
const show = (hosts: readonly InventoryHost[] | undefined): readonly string[] =>
  (hosts ?? []).map(({ name, addresses, networks, group }) =>
    [name, ...addresses.map(formatRange), ...networks.map(formatRange), group ?? "-"].join(" "),
  );

describe("an Ansible inventory", () => {
  test("in INI form gives its hosts with address and group", () => {
    const text = `# plants
mgmt ansible_host=192.168.9.5
[plcs]
plc[01:03] ansible_user=x
hmi ansible_port=22 ansible_host="10.1.0.20" ; the panel
[scada:children]
plcs
[scada]
10.2.0.5
[plcs:vars]
ansible_network_os=none
`;
    expect(show(readAnsibleInventory(text, "hosts").value)).toEqual([
      "mgmt 192.168.9.5 -",
      "plc01 plcs",
      "plc02 plcs",
      "plc03 plcs",
      "hmi 10.1.0.20 plcs",
      "10.2.0.5 10.2.0.5 scada",
    ]);
  });

  test("in YAML form gives its hosts with address and innermost group", () => {
    const text = `all:
  hosts:
    mgmt: {ansible_host: 192.168.9.5}
  children:
    cell:
      hosts:
        plc: {ansible_host: "fd00::10"}
      children:
        robots:
          hosts:
            rob[1:2]:
            plc:
`;
    expect(show(readAnsibleInventory(text, "hosts.yml").value)).toEqual([
      "rob1 robots",
      "rob2 robots",
      "plc fd00::10 robots",
      "mgmt 192.168.9.5 -",
    ]);
  });

  test("that is broken YAML is refused with the place", () => {
    const { value, diagnostics } = readAnsibleInventory("all:\n  hosts: [\n", "hosts.yml");
    expect(value).toBeUndefined();
    expect(diagnostics[0]).toMatchObject({ code: "site/yaml", span: { file: "hosts.yml" } });
  });
});

describe("a NetBox export", () => {
  test("as CSV gives devices with address, network, and what they are", () => {
    const text = `Name,Status,Site,Location,Role,Manufacturer,Type,IP Address
PLC-1,Active,Hall 4,Line 1,PLC,Siemens,"S7 ""1500""",10.1.1.10/24
Rack,Active,Hall 4,,,,,
`;
    const hosts = readNetboxExport(text);
    expect(show(hosts)).toEqual(["PLC-1 10.1.1.10 10.1.1.0/24 Line 1", "Rack Hall 4"]);
    expect(hosts[0]).toMatchObject({ role: "PLC", vendor: "Siemens", model: 'S7 "1500"' });
  });

  test("as JSON of the API gives the same", () => {
    const device = {
      name: "gw",
      primary_ip4: { address: "10.9.0.1/16" },
      primary_ip6: { address: "2001:db8::1/64" },
      role: { name: "Gateway" },
      device_type: { model: "X1", manufacturer: { name: "Moxa" } },
      location: null,
      site: { name: "Süd" },
    };
    const hosts = readNetboxExport(JSON.stringify({ count: 1, results: [device] }));
    expect(show(hosts)).toEqual(["gw 10.9.0.1 2001:db8::1 10.9.0.0/16 2001:db8::/64 Süd"]);
    expect(hosts[0]).toMatchObject({ role: "Gateway", vendor: "Moxa", model: "X1" });
  });

  test.each([
    ['{"a"', "this JSON is damaged"],
    ['{"count": 3}', 'a list of devices is expected, or an answer with "results"'],
    ["prefix,vlan\n10.0.0.0/8,4\n", 'its first line has the column "name"'],
    ['name\n"plc', "this CSV is damaged"],
  ])("that is none is refused: %s", (text, message) => {
    expect(() => readNetboxExport(text)).toThrow(message);
  });
});

describe("a drafted site", () => {
  test("has a zone for each network, named after the group of its hosts", () => {
    const hosts = readNetboxExport(`name,location,ip address
plc,Line 1,10.1.1.10/24
hmi,Line 1,10.1.1.20/24
srv,Servers,10.1.2.10/24
odd,Line 1,10.1.2.11/24
`);
    const { text, questions } = draftSite(hosts, site);
    expect(
      readSite(text, "site.yaml").value?.zones.map(({ id, assets }) => [id, assets.map((asset) => asset.id)]),
    ).toEqual([
      ["line-1", ["plc", "hmi"]],
      ["net-10-1-2-0-24", ["srv", "odd"]],
    ]);
    expect(questions).toContain(
      "which Purdue level and which SL-T has zone line-1? Level 2 and SL-T 1 are a guess",
    );
  });

  test("asks about hosts without an address, and about hosts in two zones", () => {
    const hosts = readNetboxExport(
      JSON.stringify([
        { name: "plc", primary_ip4: { address: "10.1.0.10/24" } },
        { name: "v6", primary_ip6: { address: "fd00::10/64" } },
        { name: "router", primary_ip4: { address: "10.1.0.1/24" }, primary_ip6: { address: "fd00::1/64" } },
        { name: "ghost" },
      ]),
    );
    const { questions } = draftSite(hosts, site);
    expect(questions).toContain(
      "which address has ghost? The inventory has none that is routed, so that it is left out",
    );
    expect(questions).toContain("router has fd00::1 in another zone: does it join the two? It is left out");
  });

  test("can be read without errors whatever the inventory holds", () => {
    const address = fc.oneof(
      fc.ipV4().filter((text) => !/^(0|127|169\.254|22[4-9]|2[345]\d)\./.test(text)),
      fc.integer({ min: 1, max: 0xffff }).map((host) => `2001:db8::${host.toString(16)}`),
    );
    const device = fc.record({
      name: fc.string(),
      location: fc.record({ name: fc.string() }),
      role: fc.record({
        name: fc.oneof(fc.string(), fc.constantFrom("PLC", 'a "b": {c}', "#x", "\u202e", "\ud800")),
      }),
      primary_ip4: fc.record({
        address: fc
          .tuple(address, fc.integer({ min: 8, max: 32 }))
          .map(([text, length]) => `${text}/${length}`),
      }),
    });
    fc.assert(
      fc.property(fc.array(device, { minLength: 1, maxLength: 12 }), (devices) => {
        const { diagnostics } = readSite(
          draftSite(readNetboxExport(JSON.stringify(devices)), site).text,
          "site.yaml",
        );
        expect(diagnostics).toEqual([]);
      }),
    );
  });
});

describe("a baseline", () => {
  const flow = (initiator: string, responder: string, rest: Partial<BaselineFlow> = {}): BaselineFlow => ({
    ...{ family: 4, initiator, responder, protocol: 6, port: 502, connections: 1, packets: 10, bytes: 900 },
    ...{ firstSeen: "2026-01-01T00:00:00.000Z", lastSeen: "2026-01-01T01:00:00.000Z" },
    ...{ evidence: "syn", confidence: 1, answered: true },
    ...rest,
  });

  test("of a plant with public addresses is that plant, and a single public address is a question", () => {
    const { hosts, foreign } = observedPlant([
      flow("141.81.0.10", "141.81.0.104"),
      flow("141.81.0.10", "141.81.0.111"),
      flow("203.0.113.9", "141.81.0.10"),
    ]);
    expect(hosts.map(({ name }) => name)).toEqual([
      "host-141.81.0.10",
      "host-141.81.0.104",
      "host-141.81.0.111",
    ]);
    expect(foreign).toEqual(["203.0.113.9"]);
  });

  test("gives zones with what their hosts answer, and a conduit where zones talk", () => {
    const { hosts, pairs, foreign } = observedPlant([
      flow("10.2.0.5", "10.1.0.10"),
      flow("10.1.0.10", "10.2.0.5", { port: 123, protocol: 17 }),
      flow("10.1.0.20", "10.1.0.10"),
      flow("10.3.0.1", "10.1.0.99", { answered: false }),
      flow("10.1.0.20", "10.1.0.255", { notRoutable: "broadcast" }),
      flow("203.0.113.9", "10.2.0.5", { port: 443 }),
    ]);
    expect(foreign).toEqual(["203.0.113.9"]);
    const read = readSite(draftSite(hosts, site, pairs).text, "site.yaml", targetDefaults).value!;
    expect(read.zones.map(({ id, assets }) => [id, assets.map((asset) => [asset.id, asset.role])])).toEqual([
      ["net-10-2-0-0-24", [["host-10-2-0-5", "answers https, ntp"]]],
      [
        "net-10-1-0-0-24",
        [
          ["host-10-1-0-10", "answers modbus"],
          ["host-10-1-0-20", undefined],
        ],
      ],
    ]);
    expect(read.conduits.map(({ zones }) => zones)).toEqual([["net-10-2-0-0-24", "net-10-1-0-0-24"]]);
  });
});

test("names become ids that are all different and all plain", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 40 })), (names) => {
      const ids = uniqueIds(names);
      expect(new Set(ids).size).toBe(names.length);
      for (const id of ids) expect(id).toMatch(/^[a-z][a-z0-9-]{0,30}$/);
    }),
  );
  expect(uniqueIds(["PLC 1", "plc-1", "Kühlung", "7"])).toEqual(["plc-1", "plc-1-2", "ku-hlung", "n-7"]);
});
