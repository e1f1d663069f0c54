import { describe, expect, test } from "vitest";
import { bytes, ipv6, udp } from "../baseline/support/packets.ts";
import * as device from "./support/devices.ts";
import { assetAt, datagram, frame, inventoryOf, otherCard, plcCard } from "./support/wire.ts";

const hello = bytes(1, 2, 3);
const bridge = "00:0a:dc:06:19:5c";

describe("a device is listed when it", () => {
  test("sends to everybody, or what nobody answers", () => {
    const inventory = inventoryOf(
      datagram(["10.1.0.10", 5000], ["10.1.0.255", 5000], hello),
      datagram(["10.1.0.11", 5000], ["10.2.0.5", 5000], hello, otherCard),
    );
    expect(inventory.assets.map(({ addresses, mac }) => [...addresses, mac])).toEqual([
      ["10.1.0.10", plcCard],
      ["10.1.0.11", otherCard],
    ]);
  });

  test("has a link-local address only, of which several cards may have the same on links of their own", () => {
    const from = (mac: string) => frame(mac, 0x86dd, ipv6("fe80::1", "ff02::fb", 17, udp(5353, 5353)));
    const { assets, findings } = inventoryOf(from(plcCard), from(otherCard));
    expect(assets.map(({ mac }) => mac).toSorted()).toEqual([plcCard, otherCard]);
    expect(findings).toEqual([]);
  });

  test("only looks for its neighbours", () => {
    const solicits = ipv6("fd00::7", "ff02::1:ff00:1", 58, bytes(135, 0, new Uint8Array(22)), 255);
    expect(inventoryOf(frame(plcCard, 0x86dd, solicits)).assets).toMatchObject([
      { mac: plcCard, addresses: ["fd00::7"] },
    ]);
    const probes = ipv6("::", "ff02::1:ff00:1", 58, bytes(135, 0, new Uint8Array(22)), 255);
    expect(inventoryOf(frame(plcCard, 0x86dd, probes)).assets).toMatchObject([{ addresses: [] }]);
  });

  test("publishes GOOSE, and shows by it what it is", () => {
    const name = "RELAY1LD0/LLN0$GO$gcb1";
    const message = bytes(0, 1, 0, 40, 0, 0, 0, 0, 0x61, 0x81, 200, 0x80, name.length, Buffer.from(name));
    const { assets } = inventoryOf(frame(plcCard, 0x88b8, message), frame(plcCard, 0x88b8, message));
    expect(assets).toMatchObject([
      {
        mac: plcCard,
        addresses: [],
        roles: [{ role: "protection-relay", reason: "publishes GOOSE (IEC 61850-8-1)" }],
        parts: [{ part: `GOOSE ${name}` }],
        evidence: [{ by: "GOOSE", seen: 2 }],
      },
    ]);
  });

  test("tells the time to everybody", () => {
    const time = datagram(["10.1.0.1", 123], ["10.1.0.255", 123], bytes(0x25, new Uint8Array(47)));
    expect(assetAt(inventoryOf(time), "10.1.0.1").roles).toEqual([
      { role: "time-server", reason: "broadcasts the time over NTP" },
    ]);
    const announce = frame(otherCard, 0x88f7, bytes(0x0b, 2, new Uint8Array(62)));
    expect(assetAt(inventoryOf(announce), otherCard).roles[0]?.role).toBe("time-server");
  });
});

describe("a switch is one device, whatever its ports send from:", () => {
  const bpdu = bytes(
    ...[0x42, 0x42, 3, 0, 0, 2, 2, 0],
    ...[new Uint8Array(12), 0x80, 0, device.card(bridge), new Uint8Array(10)],
  );
  const spanningTree = (port: string) => frame(port, bpdu.length, bpdu);

  test("spanning tree names the bridge", () => {
    const { assets } = inventoryOf(spanningTree(plcCard), spanningTree(otherCard));
    expect(assets).toMatchObject([{ mac: bridge, ports: [plcCard, otherCard], roles: [{ role: "switch" }] }]);
  });

  test("it goes by the port over which it said who it is", () => {
    const said = device.cdpFrame("sw1", "cisco WS-C2960", "10.1.0.2");
    const { assets } = inventoryOf(spanningTree(plcCard), frame(plcCard, said.length, said));
    expect(assets).toMatchObject([{ mac: plcCard, name: "sw1", addresses: ["10.1.0.2"] }]);
  });

  test("LLDP names the chassis, and a port that two claim is neither's", () => {
    const of = (chassis: string) => device.lldpFrame(bytes(4, device.card(chassis)));
    const one = inventoryOf(frame(plcCard, 0x88cc, of(bridge)), frame(otherCard, 0x88cc, of(bridge)));
    expect(one.assets).toMatchObject([{ mac: bridge, ports: [plcCard, otherCard] }]);
    const two = inventoryOf(frame(plcCard, 0x88cc, of(bridge)), frame(plcCard, 0x88cc, of(otherCard)));
    expect(two.assets.map(({ mac }) => mac)).toContain(plcCard);
  });
});

test("cards that are made up do not fill the memory, and that is said", () => {
  const many = Array.from({ length: 65_600 }, (_, index) =>
    frame(
      `02:00:00:${[16, 8, 0].map((bits) => ((index >> bits) & 255).toString(16).padStart(2, "0")).join(":")}`,
      0x9000,
      hello,
    ),
  );
  const { assets, findings } = inventoryOf(...many);
  expect(assets).toHaveLength(65_536);
  expect(findings).toEqual([expect.stringContaining("more was announced than a plant can have devices")]);
});
