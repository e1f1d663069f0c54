import { describe, expect, test } from "vitest";
import { bytes, ipv6 } from "../baseline/support/packets.ts";
import * as device from "./support/devices.ts";
import { assetAt, datagram, frame, inventoryOf, plcCard, segment } from "./support/wire.ts";

// What stands deeper in a conversation than a single message: answers that need their question, lists in pieces, layers in layers.

const own = "10.1.0.10";
const client = ["10.2.0.5", 40_000] as const;
const on = (port: number) => [own, port] as const;
const at = (...frames: readonly Uint8Array[]) => assetAt(inventoryOf(...frames), own);

/** A stream in segments, one after the other. */
const stream = (port: number, ...messages: readonly Uint8Array[]): readonly Uint8Array[] => {
  let sequence = 1;
  return messages.map((message) => {
    const made = segment(on(port), client, message, sequence);
    sequence += message.length;
    return made;
  });
};

describe("the identity object of CIP, which somebody reads", () => {
  const talk = (asked: Buffer, answered: Buffer) =>
    at(
      segment(client, on(44_818), device.cipMessage(9, asked)),
      segment(on(44_818), client, device.cipMessage(9, answered)),
    );

  test("is the device's own", () => {
    expect(talk(device.readIdentity(), device.identityAnswer(40, 12, "750-352"))).toMatchObject({
      ...{ vendor: "WAGO", model: "750-352", firmware: "20.011", serial: "0051aec3" },
      parts: [],
    });
    expect(talk(device.readName, device.nameAnswer("750-352")).model).toBe("750-352");
  });

  test("of a slot is that of a module", () => {
    const asset = talk(device.readIdentity(3), device.identityAnswer(1, 14, "1756-L61"));
    expect(asset.vendor).toBeUndefined();
    expect(asset.parts).toMatchObject([{ part: "slot 3", vendor: "Rockwell Automation", model: "1756-L61" }]);
  });

  test("is not told by an answer whose question was another one, or not seen", () => {
    const answer = device.identityAnswer(1, 14, "1756-L61");
    expect(talk(device.readName, answer).model).toBeUndefined();
    expect(at(segment(on(44_818), client, device.cipMessage(9, answer))).model).toBeUndefined();
  });
});

describe("S7comm", () => {
  const list = device.statusList(0x1c, 34, device.componentRecords);
  const expected = { name: "FILLER-3", model: "CPU 315-2 PN/DP", serial: "S C-A1B2C3D42010" };

  test("gives a list in several answers", () => {
    const pieces = [list.subarray(0, 60), list.subarray(60, 90), list.subarray(90)].map((piece, index) =>
      device.systemStatusPiece(piece, 5, index < 2),
    );
    expect(at(...stream(102, ...pieces))).toMatchObject(expected);
  });

  test("gives an answer in several packets of its transport", () => {
    expect(at(...stream(102, device.inPackets(device.systemStatusPiece(list, 0, false), 30)))).toMatchObject(
      expected,
    );
  });
});

describe("Modbus", () => {
  test("tells a server's id as its vendor likes", () => {
    const id = bytes(0x5f, 0xff, Buffer.from("PM5560 v2.1"), 0, 1);
    expect(at(segment(on(502), client, device.modbusServerId(255, id))).model).toBe("PM5560 v2.1");
  });

  test("tells the code of a product, its name and its model's in turn, and the last says most", () => {
    const told = (objects: readonly (readonly [number, string])[], sequence: number) =>
      segment(on(502), client, device.modbusIdentity(0, objects), sequence);
    const basic = told([[1, "PW-77"]], 1);
    const product = told([[4, "Pump"]], 500);
    const model = told([[5, "PW77-B"]], 1000);
    const [whole, without] = [inventoryOf(basic, product, model), inventoryOf(basic, product)];
    expect([assetAt(whole, own).model, assetAt(without, own).model]).toEqual(["PW77-B", "Pump"]);
    expect(whole.findings).toEqual([]);
  });

  test("is the same over UDP", () => {
    const said = device.modbusIdentity(0, [[0, "ABB"]]);
    expect(at(datagram(on(502), client, said)).vendor).toBe("ABB");
  });
});

describe("BACnet", () => {
  const to = ["10.1.0.255", 47_808] as const;
  const said = device.iAm(7, 8);

  test("from a station that registered with a broadcast manager", () => {
    expect(at(datagram(on(47_808), to, device.distributed(said))).vendor).toBe("Delta Controls");
  });

  test("that a broadcast manager sends on speaks of who sent it first", () => {
    const asset = at(datagram(["10.9.0.1", 47_808], to, device.forwarded(said, [10, 1, 0, 10])));
    expect(asset.vendor).toBe("Delta Controls");
  });

  test("over IPv6, and over Ethernet without IP", () => {
    const message = device.overIpv6(said);
    const udp = bytes(0xba, 0xc0, 0xba, 0xc0, 0, 8 + message.length, 0, 0, message);
    const over6 = inventoryOf(frame(plcCard, 0x86dd, ipv6("fd00::10", "ff05::bac0", 17, udp)));
    expect(assetAt(over6, "fd00::10").vendor).toBe("Delta Controls");
    const link = bytes(0x82, 0x82, 3, device.npdu(said));
    expect(assetAt(inventoryOf(frame(plcCard, link.length, link)), plcCard).vendor).toBe("Delta Controls");
  });

  test("gives a list in segments", () => {
    const ids = device.objectIds([0, 1], [0, 2], [0, 3]);
    const piece = (from: number, until: number, number: number, more: boolean): Uint8Array =>
      datagram(
        on(47_808),
        client,
        number === 0
          ? device.objectProperty([8, 7], 76, ids.subarray(from, until), 0)
          : device.laterSegment(ids.subarray(from, until), number, more),
      );
    const asset = at(piece(0, 7, 0, true), piece(7, 12, 1, true), piece(12, 15, 2, false));
    expect(asset.objects?.map(({ object }) => object)).toEqual([
      "analog-input 1",
      "analog-input 2",
      "analog-input 3",
    ]);
  });
});

describe("SNMP", () => {
  test("of version 3 is said to be unread, and names who made the agent", () => {
    const asset = at(datagram(on(161), client, device.secureReport(8691)));
    expect(asset).toMatchObject({ vendor: "Moxa", evidence: [{ by: "SNMPv3 (not read)" }] });
  });

  test("names the kind of the agent, and so who made it", () => {
    expect(at(datagram(on(161), client, device.kindOfAgent("2b0601040181780107"))).vendor).toBe("Hirschmann");
  });
});

test("HTTP through a proxy names the server behind it, not the proxy", () => {
  const answer = (more: string) => Buffer.from(`HTTP/1.1 200 OK\r\nServer: IIS/10\r\n${more}\r\n`);
  expect(at(segment(on(3128), client, answer(""))).parts).toHaveLength(1);
  expect(at(segment(on(3128), client, answer("Via: 1.1 squid\r\n"))).parts).toEqual([]);
});

test("PROFINET DCP of a station without a name tells its alias and its numbers", () => {
  expect(at(frame(plcCard, 0x8892, device.dcpNumbers("port-001.plc", [10, 1, 0, 10])))).toMatchObject({
    ...{ mac: plcCard, name: "port-001.plc", vendor: "Siemens", model: "PROFINET device 0x0313" },
  });
});

test("LLDP may name the chassis by its address", () => {
  const said = device.lldpFrame(bytes(5, 1, 10, 1, 0, 10), device.lldp.name("sw1"));
  expect(at(frame(plcCard, 0x88cc, said))).toMatchObject({ mac: plcCard, name: "sw1" });
});

test("an IPv4 address inside IPv6 is no device's, whoever tells it", () => {
  const mapped = Buffer.from("00000000000000000000ffff0a01000a", "hex");
  const said = device.lldpFrame(bytes(7, 120), device.lldp.managedAt6(mapped));
  const { assets } = inventoryOf(frame(plcCard, 0x88cc, said));
  expect(assets).toMatchObject([{ mac: plcCard, addresses: [] }]);
});

test("CDP names IPv6 addresses too", () => {
  const said = device.cdpFrame("sw1", "WS-C2960", "10.1.0.2", "20010db8000000000000000000000002");
  expect(assetAt(inventoryOf(frame(plcCard, said.length, said)), plcCard).addresses).toEqual([
    "10.1.0.2",
    "2001:db8::2",
  ]);
});

describe("what is said twice and differs is a finding:", () => {
  test("another serial number at one address", () => {
    const said = (serial: string) =>
      segment(on(502), client, device.modbusIdentity(0, [[0, serial]]), serial === "ABB" ? 1 : 500);
    const { findings } = inventoryOf(said("ABB"), said("WAGO"));
    expect(findings).toEqual([
      expect.stringContaining(
        `${own} said 2 values of vendor over Modbus device identification (basic), ABB; WAGO`,
      ),
    ]);
  });

  test("and a thousand of them are not all printed", () => {
    const many = Array.from({ length: 1000 }, (_, index) =>
      datagram(on(44_818), client, device.listIdentity(1, 14, `PLC ${index}`)),
    );
    const [finding] = inventoryOf(...many).findings;
    expect(finding).toContain("PLC 3; and 996 more");
  });
});
