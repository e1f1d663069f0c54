import { describe, expect, test } from "vitest";
import * as device from "./support/devices.ts";
import * as said from "./support/names.ts";
import { assetAt, datagram, frame, inventoryOf, otherCard, plcCard } from "./support/wire.ts";

const own = "10.1.0.10";
const everybody = ["255.255.255.255", 67] as const;
const arp = (mac: string, address: string): Uint8Array => frame(mac, 0x0806, device.arpReply(mac, address));
const nameOf = (...frames: readonly Uint8Array[]): string | undefined =>
  assetAt(inventoryOf(...frames), own).name;

describe("a machine has the name that", () => {
  test("it tells when it asks for an address (DHCP)", () => {
    const asks = said.dhcp(1, plcCard, "0.0.0.0", [
      said.option.hostName("press-7"),
      said.option.client("udhcp 1.35"),
    ]);
    const asset = assetAt(inventoryOf(datagram(["0.0.0.0", 68], everybody, asks)), plcCard);
    expect(asset).toMatchObject({ addresses: [], name: "press-7" });
    expect(asset.parts).toEqual([{ part: "DHCP client", model: "udhcp 1.35" }]);
  });

  test.each([
    ["as text", Buffer.from("\0\0\0press-7.plant")],
    ["as in DNS", Buffer.from("\x04\0\0\x07press-7\x05plant\0")],
  ])("it tells in full, %s (DHCP)", (_, value) => {
    const asks = said.dhcp(1, plcCard, "0.0.0.0", [said.option.fullName(value)]);
    expect(nameOf(datagram(["0.0.0.0", 68], everybody, asks), arp(plcCard, own))).toBe("press-7.plant");
  });

  test("the server gives it with its address (DHCP)", () => {
    const gives = said.dhcp(2, plcCard, own, [said.option.kind(5), said.option.hostName("press-7")]);
    const inventory = inventoryOf(datagram(["10.1.0.1", 67], [own, 68], gives, otherCard), arp(plcCard, own));
    expect(assetAt(inventory, own)).toMatchObject({ mac: plcCard, name: "press-7" });
    expect(assetAt(inventory, "10.1.0.1").roles).toEqual([
      { role: "dhcp-server", reason: "gives out addresses over DHCP" },
    ]);
  });

  test("a server gives it through a relay, which is none itself (DHCP)", () => {
    const gives = said.dhcp(2, plcCard, own, [said.option.kind(5), said.option.hostName("press-7")]);
    gives.set([10, 1, 0, 1], 24);
    const inventory = inventoryOf(
      datagram(["10.9.0.1", 67], ["10.1.0.1", 67], gives, "02:00:00:00:00:09"),
      datagram(["10.1.0.1", 67], [own, 68], gives, otherCard),
      arp(plcCard, own),
    );
    expect(assetAt(inventory, "10.9.0.1").roles.map(({ role }) => role)).toEqual(["dhcp-server"]);
    expect(assetAt(inventory, "10.1.0.1").roles).toEqual([]);
    expect(assetAt(inventory, own).name).toBe("press-7");
  });

  test.each([
    ["it registers (NetBIOS)", 137, said.netbiosRegistration("PRESS7", 0x20, own)],
    ["it answers to (NetBIOS)", 137, said.netbiosAnswer("PRESS7", own)],
    ["it lists (NetBIOS)", 137, said.netbiosStatus(["PLANT", 0, 0x8400], ["PRESS7", 0, 0x0400])],
    ["it sends under (NetBIOS)", 138, said.netbiosDatagram("PRESS7", own)],
    ["it announces (mDNS)", 5353, said.addressRecord("PRESS7.local", own)],
    ["it answers to (LLMNR)", 5355, said.addressRecord("PRESS7", own)],
    ["it asks for, whether somebody has it already (LLMNR)", 5355, said.ownNameQuestion("PRESS7")],
  ])("%s", (_, port, message) => {
    expect(nameOf(datagram([own, port], ["10.1.0.255", port], message))).toBe("PRESS7");
  });

  test("a name server knows it by, where it was seen itself", () => {
    const answer = datagram(
      ["10.1.0.1", 53],
      ["10.1.0.5", 40_000],
      said.addressRecord("press-7.plant", own),
      otherCard,
    );
    expect(nameOf(answer, arp(plcCard, own))).toBe("press-7.plant");
    expect(inventoryOf(answer).assets.flatMap(({ addresses }) => addresses)).not.toContain(own);
  });

  test("nobody else has: of a group, of a question, of another service", () => {
    const to = ["10.1.0.255", 137] as const;
    expect(
      nameOf(datagram([own, 137], to, said.netbiosRegistration("PLANT", 0, own, 0x8000))),
    ).toBeUndefined();
    expect(nameOf(datagram([own, 137], to, said.netbiosRegistration("PLANT", 0x1b, own)))).toBeUndefined();
    expect(nameOf(datagram([own, 5355], to, said.addressRecord("PRESS7", "10.1.0.11")))).toBeUndefined();
  });
});

test("a printer says that it prints, in the same message as its address", () => {
  const message = said.printerRecords("office.local", own);
  expect(assetAt(inventoryOf(datagram([own, 5353], ["224.0.0.251", 5353], message)), own).roles).toEqual([
    { role: "printer", reason: "says over mDNS that it prints" },
  ]);
});
