import { describe, expect, test } from "vitest";
import { be16, bytes, ipv4 } from "../baseline/support/packets.ts";
import * as device from "./support/devices.ts";
import { assetAt, datagram, frame, inventoryOf, otherCard, plcCard, segment } from "./support/wire.ts";

// No role is better than a wrong one.

const plc = "10.1.0.10";
const station = "10.2.0.5";
const ask = (port: number, message: Uint8Array, sequence = 1): Uint8Array =>
  segment([station, 40_000], [plc, port], message, sequence, otherCard);
const answer = (port: number, message: Uint8Array, sequence = 1): Uint8Array =>
  segment([plc, port], [station, 40_000], message, sequence, plcCard);
const rolesAt = (address: string, ...frames: readonly Uint8Array[]) =>
  assetAt(inventoryOf(...frames), address).roles.map(({ role }) => role);
const hello = bytes(1, 2, 3);

test("the port of ISO transport alone makes no controller: what it carries does", () => {
  expect(rolesAt(plc, ask(102, hello), answer(102, hello))).toEqual([]);
  expect(rolesAt(plc, ask(102, hello), answer(102, device.s7Answer))).toEqual(["plc"]);
  expect(rolesAt(plc, ask(102, hello), answer(102, device.mmsData))).toEqual(["protection-relay"]);
});

test("the controller that asks for blocks while it is loaded is no engineering station: its tool is", () => {
  const blocks = answer(102, device.s7Job(0x1b));
  expect(rolesAt(plc, blocks)).not.toContain("engineering-station");
  expect(rolesAt(station, ask(102, device.s7Job(0x1a)), blocks)).toEqual(["engineering-station"]);
});

test.each([
  [
    "S7comm-plus as an engineering station",
    102,
    device.plusConnect("SIMATIC-ROOT-ES"),
    ["engineering-station"],
  ],
  ["S7comm-plus as a panel", 102, device.plusConnect("SIMATIC-ROOT-HMI"), ["hmi"]],
  ["PCCC, to load a program", 44_818, device.cipMessage(1, device.pccc(0x50)), ["engineering-station"]],
  ["PCCC, to read a value", 44_818, device.cipMessage(1, device.pccc(0xa2)), []],
  [
    "UMAS, to stop a controller",
    502,
    Buffer.from("000100000006005a0041ff00", "hex"),
    ["engineering-station"],
  ],
])("who speaks %s", (_, port, message, expected) => {
  expect(rolesAt(station, ask(port, message))).toEqual(expected);
});

describe("a gateway", () => {
  test("answers over Modbus for several units, each of which is a part", () => {
    const frames = [1, 2, 7].map((unit, index) => answer(502, device.modbusAnswer(unit), 1 + 11 * index));
    const asset = assetAt(inventoryOf(ask(502, device.modbusRead), ...frames), plc);
    expect(asset.roles).toEqual([{ role: "gateway", reason: "answers over Modbus for 3 units" }]);
    expect(asset.parts).toEqual([{ part: "unit 1" }, { part: "unit 2" }, { part: "unit 7" }]);
  });

  test("says that it does not reach a unit", () => {
    expect(rolesAt(plc, answer(502, device.modbusException(5, 0x0b)))).toEqual(["gateway"]);
  });

  test("is not a device that answers whatever unit a scanner asks, nor one with a single unit", () => {
    const all = Array.from({ length: 100 }, (_, index) =>
      answer(502, device.modbusAnswer(index + 1), 1 + 11 * index),
    );
    expect(rolesAt(plc, ask(502, device.modbusRead), ...all)).toEqual(["plc"]);
    expect(rolesAt(plc, ask(502, device.modbusRead), answer(502, device.modbusAnswer(9)))).toEqual(["plc"]);
  });

  test("passes BACnet on from behind it, and is no controller for it", () => {
    const behind = device.iAm(7, 8, Uint8Array.from([1, 0x08, 0, 12, 1, 5]));
    expect(rolesAt(plc, datagram([plc, 47_808], ["10.1.0.255", 47_808], behind))).toEqual(["gateway"]);
  });
});

test("who opens class 1 I/O is a controller, and its target is none", () => {
  const frames = [
    ask(44_818, hello),
    answer(44_818, hello),
    datagram([station, 2222], [plc, 2222], hello, otherCard),
    datagram([plc, 2222], [station, 2222], hello),
  ];
  expect(rolesAt(station, ...frames)).toEqual(["plc"]);
  expect(rolesAt(plc, ...frames)).toEqual(["remote-io"]);
});

test("the master of outstations need not ask in a rhythm: they report by themselves", () => {
  expect(assetAt(inventoryOf(ask(2404, hello), answer(2404, hello)), station).roles).toEqual([
    { role: "hmi", reason: "is the master of 1 machine over iec104" },
  ]);
});

test("who reads OPC servers alone may be anything that does, and a historian where it hands on what it has", () => {
  const reads = [ask(4840, hello), answer(4840, hello)];
  expect(rolesAt(station, ...reads)).toEqual(["opc-client"]);
  const hands = [
    segment([station, 40_001], ["10.2.0.9", 5450], hello, 1, otherCard),
    segment(["10.2.0.9", 5450], [station, 40_001], hello, 1, "02:00:00:00:00:09"),
  ];
  expect(rolesAt(station, ...reads, ...hands)).toEqual(["historian"]);
});

test("what any machine may be besides comes last", () => {
  const gives = bytes(0x1c, new Uint8Array(47));
  const time = datagram([plc, 123], [station, 5000], gives);
  const asks = frame(
    otherCard,
    0x0800,
    ipv4(station, plc, 17, bytes(be16(5000), be16(123), be16(56), be16(0), bytes(0x1b, new Uint8Array(47)))),
  );
  expect(rolesAt(plc, asks, time, ask(502, hello), answer(502, hello))).toEqual(["plc", "time-server"]);
});
