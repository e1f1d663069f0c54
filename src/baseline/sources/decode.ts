import { type Family, formatAddress } from "../../net/address.ts";
import { protocolNumbers } from "../../net/protocol.ts";
import { type KeyTable, keyTable } from "../key-table.ts";
import { contradiction, frameLengths } from "./contradictions.ts";
import { type Cursor, emptyCursor } from "./cursor.ts";
import type { Drop } from "./drop.ts";
import type { Frame } from "./frame.ts";
import { readIp } from "./ip.ts";
import { ethernet, type LinkLayer, nflog } from "./link.ts";
import { linkLayers, unreadLink } from "./link-layers.ts";
import { entersMirrored } from "./mirrored.ts";
import { type CapturedPacket, emptyPacket } from "./packet.ts";
import { readTransport } from "./transport.ts";

/** Turns frames into packets. IPv6 addresses are numbered; `addressText` gives an address of a packet as text. */
export interface Decoder {
  /**
   * The packet lies in `packet` until the next call, and `cursor` stands at its transport header (or at what a later
   * fragment carries). `later` is a fragment without a transport header.
   */
  decode(frame: Frame): Drop | "first" | "later";
  readonly packet: CapturedPacket;
  readonly cursor: Readonly<Cursor>;
  addressText(family: Family, number: number): string;
}

/** @param addresses numbers those of IPv6; with the same table, several decoders number them alike. */
export function decoder(addresses: KeyTable = keyTable()): Decoder {
  const packet = emptyPacket();
  const cursor = emptyCursor();
  const lengths = frameLengths();
  const read = (layer: LinkLayer, frame: Frame): Drop | "first" | "later" => {
    const noIp = layer(cursor, frame.littleEndian);
    if (noIp !== undefined) return noIp;
    cursor.ip = cursor.at;
    const { wireEnd } = cursor;
    const place = readIp(cursor, packet, addresses);
    if (typeof place === "object") return place;
    // What a switch mirrors over a network, or NFLOG hands on, is sliced without a word of it.
    if (cursor.link === frame.start && layer !== nflog) {
      const tooLong = lengths.check(wireEnd - frame.start, cursor.wireEnd - wireEnd);
      if (tooLong !== undefined) {
        cursor.at = cursor.ip;
        return tooLong;
      }
    }
    if (packet.protocol === protocolNumbers.gre && place === "first" && entersMirrored(cursor))
      return read(ethernet, frame);
    packet.broadcast = cursor.broadcast;
    if (place === "later") return place;
    // A log does not tell how long the headers are that were put together from it.
    const fault = frame.rebuilt ? undefined : contradiction(cursor, packet);
    return fault ?? readTransport(cursor, packet) ?? place;
  };
  return {
    packet,
    cursor,
    addressText: (family, number) =>
      family === 4
        ? `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`
        : formatAddress(
            6,
            [0, 1, 2, 3].reduce(
              (value, word) => (value << 32n) | BigInt(addresses.word(number, word) >>> 0),
              0n,
            ),
          ),
    decode(frame) {
      const layer = linkLayers.get(frame.linkType);
      if (layer === undefined) return unreadLink(frame.linkType);
      cursor.bytes = frame.bytes;
      cursor.at = frame.start;
      cursor.link = frame.start;
      cursor.end = frame.end;
      cursor.wireEnd = Math.max(frame.end, frame.start + frame.wireLength);
      cursor.broadcast = false;
      cursor.card = -1;
      cursor.vlan = 0;
      cursor.type = -1;
      packet.time = frame.time;
      const outcome = read(layer, frame);
      const isWhole = frame.end - frame.start >= frame.wireLength;
      return isWhole && typeof outcome === "object" ? (outcome.whole ?? outcome) : outcome;
    },
  };
}
