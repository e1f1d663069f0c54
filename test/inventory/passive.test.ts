import { describe, expect, test } from "vitest";
import { be16, bytes, ipv4, tcp, tcpFlags } from "../baseline/support/packets.ts";
import * as device from "./support/devices.ts";
import { assetAt, datagram, frame, inventoryOf, otherCard, plcCard, segment } from "./support/wire.ts";

const router = "00:0a:dc:06:19:5c";
const hello = bytes(1);
const arp = (mac: string, address: string): Uint8Array => frame(mac, 0x0806, device.arpReply(mac, address));
/** Asked and answered, so that both are seen to talk. */
const talk = (
  from: string,
  to: string,
  port: number,
  cards: readonly [string, string],
): readonly Uint8Array[] => [
  segment([from, 40_000], [to, port], hello, 1, cards[0]),
  segment([to, port], [from, 40_000], hello, 1, cards[1]),
];

describe("a card belongs to", () => {
  test("the address that it says over ARP", () => {
    expect(inventoryOf(arp(plcCard, "10.1.0.10")).assets).toMatchObject([
      { mac: plcCard, addresses: ["10.1.0.10"] },
    ]);
  });

  test("all the addresses that it says", () => {
    expect(inventoryOf(arp(plcCard, "10.1.0.10"), arp(plcCard, "10.1.0.9")).assets).toMatchObject([
      { mac: plcCard, addresses: ["10.1.0.9", "10.1.0.10"] },
    ]);
  });

  test("the only address that it sends from", () => {
    const inventory = inventoryOf(...talk("10.1.0.5", "10.1.0.10", 502, [otherCard, plcCard]));
    expect(assetAt(inventory, "10.1.0.5").mac).toBe(otherCard);
    expect(assetAt(inventory, "10.1.0.10").mac).toBe(plcCard);
  });

  test("none of the addresses behind it, when it forwards", () => {
    const inventory = inventoryOf(
      arp(router, "10.1.0.1"),
      ...talk("10.2.0.5", "10.1.0.10", 502, [router, plcCard]),
      ...talk("10.2.0.6", "10.1.0.10", 502, [router, plcCard]),
    );
    expect(assetAt(inventory, "10.2.0.5").mac).toBeUndefined();
    expect(assetAt(inventory, "10.2.0.6").mac).toBeUndefined();
    expect(assetAt(inventory, router).addresses).toEqual(["10.1.0.1"]);
  });

  test("nobody, when two cards claim one address, and that is a finding", () => {
    const { assets, findings } = inventoryOf(arp(plcCard, "10.1.0.10"), arp(otherCard, "10.1.0.10"));
    expect(findings).toEqual([
      expect.stringContaining(`10.1.0.10 was claimed by 2 network cards, ${plcCard} and`),
    ]);
    expect(assets.every(({ addresses }) => addresses.length === 0)).toBe(true);
  });

  test("nobody, when it answers for a whole network", () => {
    const addresses = Array.from({ length: 9 }, (_, index) => `10.1.0.${index + 1}`);
    const { assets, findings } = inventoryOf(...addresses.map((address) => arp(router, address)));
    expect(findings).toEqual([expect.stringContaining("answers for 9 addresses")]);
    expect(assets).toMatchObject([{ mac: router, addresses: [] }]);
  });

  test("nobody, when two routers share it (VRRP)", () => {
    expect(assetAt(inventoryOf(arp("00:00:5e:00:01:07", "10.1.0.1")), "00:00:5e:00:01:07").addresses).toEqual(
      [],
    );
  });

  test("whoever sent it in a ring, and in what a switch mirrored", () => {
    const inRing = frame(
      plcCard,
      0x892f,
      bytes(be16(0x1030), be16(7), arp(plcCard, "10.1.0.10").subarray(12)),
    );
    expect(assetAt(inventoryOf(inRing), plcCard).addresses).toEqual(["10.1.0.10"]);
    const mirrored = (original: Uint8Array): Uint8Array =>
      frame(router, 0x0800, ipv4("192.0.2.1", "192.0.2.2", 47, bytes(be16(0), be16(0x88be), original)));
    const inventory = inventoryOf(
      mirrored(arp(plcCard, "10.1.0.10")),
      ...talk("10.2.0.5", "10.1.0.10", 502, [otherCard, plcCard]).map(mirrored),
    );
    expect(assetAt(inventory, "10.1.0.10").mac).toBe(plcCard);
    expect(assetAt(inventory, "10.2.0.5").mac).toBe(otherCard);
  });

  test("a device that probes for an address has it not yet", () => {
    expect(inventoryOf(arp(plcCard, "0.0.0.0")).assets).toMatchObject([{ mac: plcCard, addresses: [] }]);
  });
});

describe("by what machines do, each with its reason,", () => {
  const poll = (to: string, port: number): readonly Uint8Array[] =>
    talk("10.2.0.5", to, port, [otherCard, plcCard]);

  test("who answers Modbus is a controller, who asks in a rhythm an operator station", () => {
    const polls = Array.from({ length: 12 }, () => poll("10.1.0.10", 502)).flat();
    const inventory = inventoryOf(...polls);
    expect(assetAt(inventory, "10.1.0.10").roles).toEqual([
      { role: "plc", reason: "answers modbus for 1 client" },
    ]);
    expect(assetAt(inventory, "10.2.0.5").roles).toEqual([
      { role: "hmi", reason: "polls 1 machine in a rhythm over modbus" },
    ]);
  });

  test("who asks seldom in a long observation may be an engineering station, in a short one nobody knows", () => {
    expect(assetAt(inventoryOf(...poll("10.1.0.10", 502)), "10.2.0.5").roles).toEqual([]);
    const others = talk("10.2.0.6", "10.2.0.7", 22, ["02:00:00:00:00:06", "02:00:00:00:00:07"]);
    const long = Array.from({ length: 301 }, () => others).flat();
    expect(assetAt(inventoryOf(...poll("10.1.0.10", 502), ...long), "10.2.0.5").roles).toEqual([
      { role: "engineering-station", reason: "asks 1 machine over modbus, seldom" },
    ]);
  });

  test("who polls and keeps a database is a historian", () => {
    const polls = Array.from({ length: 12 }, () => poll("10.1.0.10", 502)).flat();
    const inventory = inventoryOf(
      ...polls,
      ...talk("10.2.0.7", "10.2.0.5", 5450, ["02:00:00:00:00:77", otherCard]),
    );
    expect(assetAt(inventory, "10.2.0.5").roles[0]).toEqual({
      role: "historian",
      reason: expect.stringContaining("polls 1 machine in a rhythm over modbus, and keeps a database"),
    });
  });

  test("who serves MMS on the port of S7comm is a protection relay", () => {
    const answer = segment(["10.1.0.10", 102], ["10.2.0.5", 40_000], device.mmsData);
    expect(assetAt(inventoryOf(answer), "10.1.0.10").roles[0]?.role).toBe("protection-relay");
  });

  test("an attempt that nobody answered makes no device", () => {
    const attempt = frame(
      otherCard,
      0x0800,
      ipv4("10.2.0.5", "10.1.0.99", 6, tcp(40_000, 502, tcpFlags.syn)),
    );
    expect(inventoryOf(attempt).assets.flatMap(({ addresses }) => addresses)).not.toContain("10.1.0.99");
  });
});

test("a public address is asked about, and what it says of itself is left out", () => {
  const web = Buffer.from("HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n");
  const { assets, findings } = inventoryOf(
    segment(["10.2.0.5", 40_000], ["93.184.216.34", 80], hello, 1, otherCard),
    segment(["93.184.216.34", 80], ["10.2.0.5", 40_000], web, 1, router),
  );
  expect(assets).toMatchObject([
    { mac: router, addresses: [] },
    { mac: otherCard, addresses: ["10.2.0.5"] },
  ]);
  expect(findings).toEqual([expect.stringContaining("93.184.216.34 is a public address")]);
});

test("what a device says twice is one piece of evidence, with its times", () => {
  const said = datagram(["10.1.0.10", 44_818], ["10.2.0.5", 1136], device.listIdentity(1, 14, "x"));
  expect(assetAt(inventoryOf(said, said, said), "10.1.0.10").evidence).toEqual([
    {
      by: "EtherNet/IP List Identity",
      seen: 3,
      firstSeen: "2023-11-14T22:13:20.000000Z",
      lastSeen: "2023-11-14T22:13:22.000000Z",
    },
  ]);
});
