import { observation } from "../../../src/baseline/observe.ts";
import type { PassiveAsset } from "../../../src/inventory/passive/asset.ts";
import { type Inventory, passiveInventory } from "../../../src/inventory/passive/assets.ts";
import { watchDevices } from "../../../src/inventory/passive/sightings.ts";
import { pcap } from "../../baseline/support/captures.ts";
import { be16, be32, bytes, ipv4 } from "../../baseline/support/packets.ts";
import { card } from "./devices.ts";

export const plcCard = "00:0e:8c:01:02:03";
export const otherCard = "00:1b:1b:0a:0b:0c";

export const frame = (mac: string, type: number, payload: Uint8Array): Uint8Array =>
  bytes(2, 0, 0, 0, 0, 9, card(mac), be16(type), payload);

export const segment = (
  [from, fromPort]: readonly [string, number],
  [to, toPort]: readonly [string, number],
  payload: Uint8Array,
  sequence = 1,
  mac = plcCard,
): Uint8Array =>
  frame(
    mac,
    0x0800,
    ipv4(
      from,
      to,
      6,
      bytes(be16(fromPort), be16(toPort), be32(sequence), be32(1), 0x50, 0x18, be16(1), be32(0), payload),
    ),
  );

export const datagram = (
  [from, fromPort]: readonly [string, number],
  [to, toPort]: readonly [string, number],
  payload: Uint8Array,
  mac = plcCard,
): Uint8Array =>
  frame(
    mac,
    0x0800,
    ipv4(from, to, 17, bytes(be16(fromPort), be16(toPort), be16(8 + payload.length), be16(0), payload)),
  );

/** The inventory of a capture with these Ethernet frames, a second apart. */
export const inventoryOf = (...frames: readonly Uint8Array[]): Inventory =>
  inventoryOfCapture(pcap(frames.map((data, index) => ({ data, seconds: 1_700_000_000 + index }))));

export function inventoryOfCapture(capture: Uint8Array): Inventory {
  const devices = watchDevices();
  const seen = observation({ frames: devices.frame });
  const source = seen.open("capture");
  source.push(capture);
  source.end("0".repeat(64));
  const { sources, flows } = seen.baseline();
  return passiveInventory({ sources, flows, sightings: devices.sightings(), vendorOf: () => undefined });
}

export function assetAt({ assets }: Inventory, address: string): PassiveAsset {
  const found = assets.find((asset) => asset.addresses.includes(address) || asset.mac === address);
  if (found === undefined) throw new Error(`no asset at ${address} among ${JSON.stringify(assets)}`);
  return found;
}
