import { type Cursor, u16 } from "./cursor.ts";
import { type Drop, ignored } from "./drop.ts";
import { cutInLink as cut, ethernet, type LinkLayer, payload } from "./link.ts";
import { behindPpp } from "./ppp.ts";

/** LINKTYPE_PPP, LINKTYPE_PPP_HDLC: what a serial line or a modem carries; the second may be Cisco's own HDLC. */
export const ppp: LinkLayer = (cursor) =>
  ciscoAddresses.has(cursor.bytes[cursor.at]!) ? ciscoHdlc(cursor, false) : pppPayload(cursor);

/** LINKTYPE_PPP_ETHER: the header of PPPoE, six bytes, then PPP. */
export const pppoe: LinkLayer = (cursor) => {
  cursor.at += 6;
  return pppPayload(cursor);
};

function pppPayload(cursor: Cursor): Drop | undefined {
  const type = behindPpp(cursor);
  return type === undefined ? cut : payload(cursor, type);
}

/** LINKTYPE_C_HDLC: address, control, EtherType. */
export const ciscoHdlc: LinkLayer = (cursor) => {
  const { bytes, at, end } = cursor;
  if (at + 4 > end) return cut;
  cursor.at = at + 4;
  return payload(cursor, u16(bytes, at + 2));
};
/** Unicast and multicast. */
const ciscoAddresses: ReadonlySet<number> = new Set([0x0f, 0x8f]);

/** LINKTYPE_PFLOG: what pf logs on pflog0 of the BSDs; a header that says its length, filled up to four bytes, then IP. */
export const pflog: LinkLayer = (cursor) => {
  const { bytes, at, end } = cursor;
  const length = (bytes[at]! + 3) & ~3;
  if (at + length > end) return cut;
  cursor.at = at + length;
  return undefined;
};

/** LINKTYPE_ENC: IPsec of the BSDs, before it is encrypted; family, SPI, flags, then IP. */
export const enc: LinkLayer = (cursor) => {
  if (cursor.at + 12 > cursor.end) return cut;
  cursor.at += 12;
  return undefined;
};

/** LINKTYPE_NETANALYZER of Hilscher, which records PROFINET: four bytes, then Ethernet. */
export const netAnalyzer: LinkLayer = (cursor, littleEndian) => {
  cursor.at += 4;
  return ethernet(cursor, littleEndian);
};

/** LINKTYPE_NETANALYZER_TRANSPARENT: the same with the preamble in front. */
export const netAnalyzerTransparent: LinkLayer = (cursor, littleEndian) => {
  cursor.at += 4;
  return preamble(cursor, littleEndian);
};

/** LINKTYPE_ETHERNET_MPACKET (IEEE 802.3br), and Ethernet as it is on the wire: preamble, start of frame, frame. */
export const preamble: LinkLayer = (cursor, littleEndian) => {
  const { bytes, at, end } = cursor;
  let start = at;
  while (start < end && bytes[start] === 0x55) start += 1;
  if (start >= end) return cut;
  if (bytes[start] !== startOfFrame) return preempted;
  cursor.at = start + 1;
  return ethernet(cursor, littleEndian);
};
const startOfFrame = 0xd5;
const preempted = ignored("fragment of a preempted frame (802.3br)");
