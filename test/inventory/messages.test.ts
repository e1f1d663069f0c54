import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Inventory } from "../../src/inventory/passive/assets.ts";
import { pcap } from "../baseline/support/captures.ts";
import { address6 } from "../baseline/support/packets.ts";
import * as device from "./support/devices.ts";
import {
  assetAt,
  datagram,
  frame,
  inventoryOf,
  inventoryOfCapture,
  otherCard,
  plcCard,
  segment,
} from "./support/wire.ts";

const plc = ["10.1.0.10", 502] as const;
const client = ["10.2.0.5", 40_000] as const;
const on = (port: number) => [plc[0], port] as const;
const facts = (...frames: readonly Uint8Array[]) => assetAt(inventoryOf(...frames), plc[0]);

describe("a device is what it says it is over", () => {
  test("EtherNet/IP List Identity, over UDP as over TCP", () => {
    const said = device.listIdentity(1, 14, "1756-L83E/B");
    const expected = {
      vendor: "Rockwell Automation",
      model: "1756-L83E/B",
      firmware: "20.011",
      serial: "0051aec3",
      roles: [{ role: "plc", reason: expect.stringContaining("programmable logic controller") }],
    };
    expect(facts(datagram(on(44_818), client, said))).toMatchObject(expected);
    expect(facts(segment(on(44_818), client, said))).toMatchObject(expected);
    const panel = facts(segment(on(44_818), client, device.listIdentity(999, 0x18, "Panel")));
    expect([panel.vendor, panel.roles[0]?.role]).toEqual(["ODVA vendor 999", "hmi"]);
  });

  test("Modbus device identification", () => {
    const said = device.modbusIdentity(255, [
      [0, "Schneider Electric"],
      [1, "BMX P34 2020"],
      [2, "v2.9"],
    ]);
    expect(facts(segment(plc, client, said))).toMatchObject({
      vendor: "Schneider Electric",
      model: "BMX P34 2020",
      firmware: "v2.9",
    });
  });

  test("Modbus from behind a gateway, which is then not the device itself", () => {
    const said = device.modbusIdentity(17, [[0, "ABB"]]);
    const asset = facts(segment(plc, client, said));
    expect(asset.vendor).toBeUndefined();
    expect(asset.parts).toEqual([{ part: "unit 17", vendor: "ABB" }]);
  });

  test("the system status list of S7comm", () => {
    const modules = device.systemStatus(0x11, 28, device.moduleRecords);
    const components = device.systemStatus(0x1c, 34, device.componentRecords);
    expect(
      facts(segment(on(102), client, modules), segment(on(102), client, components, 1 + modules.length)),
    ).toMatchObject({
      vendor: "Siemens",
      model: "6ES7 315-2EH14-0AB0",
      firmware: "V3.2.8",
      name: "FILLER-3",
      serial: "S C-A1B2C3D42010",
      roles: [{ role: "plc", reason: expect.stringContaining("6ES7 315") }],
    });
  });

  test("the session of S7comm-plus", () => {
    expect(facts(segment(on(102), client, device.s7PlusSession))).toMatchObject({
      model: "6ES7 214-1AG40-0XB0",
      firmware: "V4.2",
      roles: [{ role: "plc" }],
    });
  });

  test("BACnet, one property after the other", () => {
    const from = on(47_808);
    const to = [client[0], 47_808] as const;
    expect(
      facts(
        datagram(from, ["10.1.0.255", 47_808], device.iAm(1234, 36)),
        datagram(from, to, device.deviceProperty(1234, 70, "ECY-303")),
        datagram(from, to, device.deviceProperty(1234, 44, "1.17.2")),
        datagram(from, to, device.deviceProperty(1234, 372, "X77")),
      ),
    ).toMatchObject({
      vendor: "Tridium",
      model: "ECY-303",
      firmware: "1.17.2",
      serial: "X77",
      roles: [
        {
          role: "building-controller",
          reason: expect.stringContaining("says that it is BACnet device 1234"),
        },
      ],
    });
  });

  test.each([
    ["UTF-8", 0, Buffer.from("Lüftung 1")],
    ["UCS-2", 4, Buffer.from("Lüftung 1", "utf16le").swap16()],
    ["ISO 8859-1", 5, Buffer.from("Lüftung 1", "latin1")],
  ])("BACnet, a name in %s", (_, charset, name) => {
    const said = datagram(on(47_808), client, device.deviceProperty(1234, 77, name, charset));
    expect(facts(said)).toMatchObject({ name: "Lüftung 1" });
  });

  test("BACnet from behind a router, which is then not the device itself", () => {
    const behind = device.iAm(7, 8, Uint8Array.from([1, 0x08, 0, 12, 1, 5]));
    const asset = facts(datagram(on(47_808), ["10.1.0.255", 47_808], behind));
    expect(asset.vendor).toBeUndefined();
    expect(asset.parts).toEqual([
      { part: "BACnet network 12, node 05 (device 7)", vendor: "Delta Controls" },
    ]);
  });

  describe("BACnet, and has the objects", () => {
    const from = on(47_808);
    const to = [client[0], 47_808] as const;
    const objects = (...data: readonly Buffer[]) =>
      facts(...data.map((one) => datagram(from, to, one))).objects;

    test("of its list, the device itself left out", () => {
      const list = device.objectIds([8, 1234], [0, 10], [0, 2], [19, 1], [300, 5]);
      expect(objects(device.objectProperty([8, 1234], 76, list))).toEqual(
        ["analog-input 2", "analog-input 10", "multi-state-value 1", "type-300 5"].map((object) => ({
          object,
        })),
      );
    });

    test("of the first segment of its list, and nothing of the middle of one", () => {
      const list = device.objectIds([0, 1], [0, 2]);
      expect(objects(device.objectProperty([8, 1234], 76, list, 0))).toHaveLength(2);
      expect(objects(device.iAm(1234, 8), device.objectProperty([8, 1234], 76, list, 1))).toBe(undefined);
    });

    test("that somebody read or that it reported, with the names that it told", () => {
      expect(
        objects(
          device.severalProperties(
            [[0, 1], 85, Buffer.from("4442280000", "hex")],
            [[0, 1], 77, device.objectName("ZN-T")],
            [[0, 99], 85],
          ),
          device.objectProperty([4, 7], 77, device.objectName("FAN-1")),
          device.iHave(1234, [17, 1], "WEEK"),
          device.changeOfValue(1234, [5, 3]),
        ),
      ).toEqual([
        { object: "analog-input 1", name: "ZN-T" },
        { object: "binary-output 7", name: "FAN-1" },
        { object: "binary-value 3" },
        { object: "schedule 1", name: "WEEK" },
      ]);
    });

    test("and no name of an object is taken for that of the device", () => {
      expect(
        facts(datagram(from, to, device.severalProperties([[0, 1], 77, device.objectName("ZN-T")]))).name,
      ).toBe(undefined);
    });
  });

  test("SNMP's system group, other values skipped", () => {
    expect(facts(datagram(on(161), client, device.systemGroup("EDS-408A V3.8", "sw-hall-2")))).toMatchObject({
      model: "EDS-408A V3.8",
      name: "sw-hall-2",
    });
  });

  test("HTTP, where the server is a part and not the device", () => {
    const response = Buffer.from("HTTP/1.1 200 OK\r\nDate: x\r\nServer: GoAhead-Webs\r\n\r\n<html>");
    expect(facts(segment(on(80), client, response)).parts).toEqual([
      { part: "web server on port 80", model: "GoAhead-Webs" },
    ]);
  });

  test("PROFINET DCP, with the address that it has", () => {
    const said = device.dcpIdentity("conveyor-io", "ET200SP", [10, 1, 0, 10]);
    expect(facts(frame(plcCard, 0x8892, said))).toMatchObject({
      mac: plcCard,
      addresses: ["10.1.0.10"],
      name: "conveyor-io",
      model: "ET200SP",
      vendor: "Siemens",
      roles: [{ role: "remote-io" }],
    });
  });

  test("LLDP, under the card of the device and not of its port", () => {
    const port1 = device.lldpFrame(
      Buffer.from("\x07cell-switch", "latin1"),
      device.lldp.description("SCALANCE XB208"),
      device.lldp.enabled(4),
      device.lldp.stationCard(plcCard),
      device.lldp.managedAt("10.1.0.10"),
    );
    const inventory = inventoryOf(
      frame("00:0e:8c:01:02:04", 0x88cc, port1),
      frame("00:0e:8c:01:02:05", 0x88cc, port1),
    );
    expect(inventory.assets).toMatchObject([
      {
        mac: plcCard,
        addresses: ["10.1.0.10"],
        name: "cell-switch",
        model: "SCALANCE XB208",
        roles: [{ role: "switch" }],
      },
    ]);
  });

  test("LLDP of a device that has an inventory of its own, and is managed over IPv6", () => {
    const said = device.lldpFrame(
      Buffer.from("\x07ap1", "latin1"),
      device.lldp.description("Access point, see inventory"),
      device.lldp.media(7, "bootloader 2"),
      device.lldp.media(6, "V07.1.02"),
      device.lldp.media(8, "942 053-001"),
      device.lldp.media(9, "Hirschmann"),
      device.lldp.media(10, "BAT867-R"),
      device.lldp.managedAt6(address6("fd00::10")),
    );
    expect(inventoryOf(frame(plcCard, 0x88cc, said)).assets).toMatchObject([
      {
        ...{ addresses: ["fd00::10"], name: "ap1", vendor: "Hirschmann", model: "BAT867-R" },
        ...{ firmware: "V07.1.02", serial: "942 053-001" },
      },
    ]);
  });

  test("CDP, below an 802.3 header", () => {
    const said = device.cdpFrame("core-1", "cisco IE-3300", "10.1.0.10");
    expect(facts(frame(plcCard, said.length, said))).toMatchObject({
      name: "core-1",
      model: "cisco IE-3300",
      roles: [{ role: "switch" }],
    });
  });
});

describe("who asks what only tools ask may be an engineering station:", () => {
  test.each([
    [
      "EtherNet/IP List Identity",
      datagram(client, ["10.1.0.255", 44_818], device.listIdentityRequest, otherCard),
    ],
    ["Modbus device identification", segment(client, plc, device.modbusIdentityRequest, 1, otherCard)],
    ["S7comm system status", segment(client, on(102), device.systemStatusRequest, 1, otherCard)],
    ["S7comm download", segment(client, on(102), device.s7Job(0x1a), 1, otherCard)],
    ["S7comm stop", segment(client, on(102), device.s7Job(0x29), 1, otherCard)],
  ])("%s", (_, request) => {
    const { roles } = assetAt(inventoryOf(request), client[0]);
    expect(roles).toContainEqual({ role: "engineering-station", reason: expect.any(String) });
  });

  test("PROFINET DCP to all stations", () => {
    expect(assetAt(inventoryOf(frame(otherCard, 0x8892, device.dcpBrowse)), otherCard).roles).toMatchObject([
      { role: "engineering-station" },
    ]);
  });

  test("but reading and writing values is what everybody does", () => {
    const inventory = inventoryOf(
      segment(client, plc, device.modbusRead, 1, otherCard),
      segment(client, on(102), device.s7Job(4), 1, otherCard),
    );
    expect(inventory.assets.flatMap(({ evidence }) => evidence)).toEqual([]);
  });
});

describe("messages are cut out of a stream", () => {
  const said = device.systemStatus(0x11, 28, device.moduleRecords);
  const piece = (from: number, to: number): Uint8Array =>
    segment(on(102), client, said.subarray(from, to), 1000 + from);
  const model = { model: "6ES7 315-2EH14-0AB0" };

  test("wherever the segments end", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: said.length - 1 }), { maxLength: 5 }), (cuts) => {
        const ends = [0, ...cuts.toSorted((x, y) => x - y), said.length];
        const pieces = ends.slice(1).map((end, index) => piece(ends[index]!, end));
        expect(facts(...pieces)).toMatchObject(model);
      }),
    );
  });

  test("several in one segment", () => {
    const both = Buffer.concat([device.s7Job(4), said]);
    expect(facts(segment(on(102), client, both))).toMatchObject(model);
  });

  test("with a segment that was sent twice", () => {
    expect(facts(piece(0, 40), piece(0, 40), piece(40, said.length))).toMatchObject(model);
  });

  test("but not across a gap: half a message says nothing", () => {
    const asset = facts(piece(0, 40), piece(60, said.length));
    expect(asset.model).toBeUndefined();
    expect(asset.evidence).toEqual([]);
  });

  test("where sequence numbers begin anew", () => {
    const first = segment(on(102), client, said.subarray(0, 40), 0xffff_fff0);
    const rest = segment(on(102), client, said.subarray(40), 24);
    expect(facts(first, rest)).toMatchObject(model);
  });
});

describe("whatever is on the wire, the inventory reads it without failing:", () => {
  const messages = [
    ...[device.listIdentity(1, 14, "x"), device.listIdentityRequest].map(
      (data) => [17, 44_818, data] as const,
    ),
    ...[device.modbusIdentity(1, [[0, "a"]]), device.modbusRead].map((data) => [6, 502, data] as const),
    ...[
      device.systemStatus(0x11, 28, device.moduleRecords),
      device.systemStatusRequest,
      device.s7PlusSession,
      device.mmsData,
    ].map((data) => [6, 102, data] as const),
    ...[device.iAm(1, 8), device.deviceProperty(1, 70, "m")].map((data) => [17, 47_808, data] as const),
    ...[
      device.objectProperty([8, 1], 76, device.objectIds([0, 1], [1, 2])),
      device.objectProperty([8, 1], 76, device.objectIds([0, 1]), 0),
      device.severalProperties([[8, 1], 77, device.objectName("n")], [[0, 1], 77, device.objectName("o")]),
      device.iHave(1, [0, 1], "o"),
      device.changeOfValue(1, [0, 1]),
    ].map((data) => [17, 47_808, data] as const),
    [6, 80, Buffer.from("HTTP/1.1 200 OK\r\nServer: unit/1.0\r\n\r\n")] as const,
    [17, 161, device.systemGroup("d", "n")] as const,
    ...[
      [0x0806, device.arpReply(plcCard, plc[0])],
      [0x8892, device.dcpIdentity("n", "s", [10, 1, 0, 10])],
      [0x8892, device.dcpBrowse],
      [
        0x88cc,
        device.lldpFrame(Buffer.from("\x07n"), device.lldp.managedAt("10.1.0.1"), device.lldp.name("n")),
      ],
      [100, device.cdpFrame("n", "p", "10.1.0.1")],
    ].map(([type, data]) => [0, type as number, data as Buffer] as const),
  ];
  const sent = (kind: number, port: number, data: Uint8Array): Uint8Array =>
    kind === 0 ? frame(plcCard, port, data) : (kind === 6 ? segment : datagram)(on(port), client, data);

  /** Each thing that an inventory says of a device, apart from that it was there and what flows alone show of it. */
  const sayings = (inventory: Inventory): readonly string[] =>
    inventory.assets.flatMap(({ addresses, roles, parts, evidence: _, mac, ...facts }) => [
      ...Object.entries(facts).map((fact) => JSON.stringify(fact)),
      ...roles.filter(({ reason }) => !/^answers /.test(reason)).map((role) => JSON.stringify(role)),
      ...parts.map((part) => JSON.stringify(part)),
      ...addresses,
      mac ?? "",
    ]);

  test("every message cut short at every length, which says nothing that the whole does not say", () => {
    for (const [kind, port, data] of messages) {
      const whole = new Set(sayings(inventoryOf(sent(kind, port, data))));
      for (let length = 0; length < data.length; length++) {
        const said = sayings(inventoryOf(sent(kind, port, data.subarray(0, length))));
        for (const one of said) expect(whole).toContain(one);
      }
    }
  });

  test("every message that a recorder cut (snap length), likewise", () => {
    for (const [kind, port, data] of messages) {
      const frameOfAll = sent(kind, port, data);
      const whole = new Set(sayings(inventoryOf(frameOfAll)));
      for (let length = 14; length < frameOfAll.length; length++) {
        const capture = pcap([{ data: frameOfAll.subarray(0, length), wire: frameOfAll.length }]);
        for (const one of sayings(inventoryOfCapture(capture))) expect(whole).toContain(one);
      }
    }
  });

  test("every message with bytes changed, and what it then says is printable text of one line", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...messages),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        ([kind, port, data], changes) => {
          const changed = Buffer.from(data);
          for (const [at, value] of changes) changed[at % changed.length] = value;
          const { assets } = inventoryOf(sent(kind, port, changed));
          for (const value of assets.flatMap(({ name, vendor, model }) => [name, vendor, model])) {
            expect(value ?? "").not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
