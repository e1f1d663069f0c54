import { i32, u16 } from "./cursor.ts";
import { ignored, rejected } from "./drop.ts";
import { cutInLink as cut, type LinkLayer, payload } from "./link.ts";

/** Bits of the second byte of a frame (IEEE 802.11, 9.2.4.1). */
const flag = { toDs: 1, fromDs: 2, more: 4, protected: 64, order: 128 } as const;
const noData = ignored("not IP: 802.11 management, control or a frame without data");
const encrypted = ignored("802.11 frame that is encrypted: what it carries is not seen");
const aggregated = rejected("802.11 frame that holds several (A-MSDU), which is not read here");

/** LINKTYPE_IEEE802_11: a frame of a wireless network. Only what is not encrypted is read. */
export const wireless: LinkLayer = (cursor) => {
  const { bytes, at, end } = cursor;
  if (at + 2 > end) return cut;
  const [control, flags] = [bytes[at]!, bytes[at + 1]!];
  // Data is type 2; subtypes with bit 2 have none.
  if ((control & 0x0c) !== 0x08 || (control & 0x40) !== 0) return noData;
  if ((flags & flag.protected) !== 0) return encrypted;
  const [toDs, fromDs] = [(flags & flag.toDs) !== 0, (flags & flag.fromDs) !== 0];
  const isQos = (control & 0x80) !== 0;
  const qosAt = at + (toDs && fromDs ? 30 : 24);
  const header = qosAt + (isQos ? 2 : 0) + (isQos && (flags & flag.order) !== 0 ? 4 : 0);
  if (header + 8 > end) return cut;
  if (isQos && (bytes[qosAt]! & 0x80) !== 0) return aggregated;
  const to = toDs ? at + 16 : at + 4;
  cursor.broadcast = i32(bytes, to) === -1 && u16(bytes, to + 4) === 0xffff;
  cursor.card = toDs ? (fromDs ? at + 24 : at + 10) : fromDs ? at + 16 : at + 10;
  cursor.at = header;
  // A length, and so LLC, is what always follows.
  return payload(cursor, 0);
};

/** LINKTYPE_IEEE802_11_RADIOTAP: version, padding, length (the lowest byte first), what is there; then the frame. */
export const radiotap: LinkLayer = (cursor, littleEndian) => {
  const { bytes, at, end } = cursor;
  if (at + 8 > end) return cut;
  cursor.at = at + (bytes[at + 2]! | (bytes[at + 3]! << 8));
  return wireless(cursor, littleEndian);
};
