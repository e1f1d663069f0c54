import { type Drop, rejected } from "./drop.ts";
import { cooked, cooked2, ethernet, type LinkLayer, loopback, nflog, rawIp } from "./link.ts";
import {
  ciscoHdlc,
  enc,
  netAnalyzer,
  netAnalyzerTransparent,
  pflog,
  ppp,
  pppoe,
  preamble,
} from "./link-rare.ts";
import { radiotap, wireless } from "./link-wireless.ts";

/** Numbers of the tcpdump group's registry of link-layer header types. */
export const linkLayers: ReadonlyMap<number, LinkLayer> = new Map([
  [0, loopback],
  [1, ethernet],
  [9, ppp],
  // DLT_RAW has a number per operating system; captures of BSDs hold 12 or 14, libpcap writes 101.
  [12, rawIp],
  [14, rawIp],
  [50, ppp],
  [51, pppoe],
  [101, rawIp],
  [104, ciscoHdlc],
  [105, wireless],
  [108, loopback],
  [109, enc],
  [113, cooked],
  [117, pflog],
  [127, radiotap],
  [228, rawIp],
  [229, rawIp],
  [239, nflog],
  [240, netAnalyzer],
  [241, netAnalyzerTransparent],
  [274, preamble],
  [276, cooked2],
]);

const unread = new Map<number, Drop>();

/** Why a packet of a link type that is not read here is rejected. */
export function unreadLink(linkType: number): Drop {
  const drop = unread.get(linkType) ?? rejected(`link type ${linkType}, which is not read here`);
  unread.set(linkType, drop);
  return drop;
}

export const isUnreadLink = (reason: string): boolean =>
  /^link type \d+, which is not read here$/.test(reason);

/** What to do about a capture of such packets. */
export const readLinks: string =
  `read are ${[...linkLayers.keys()].join(", ")} (Ethernet, Linux cooked, raw IP, loopback, PPP, 802.11, pflog, NFLOG); ` +
  "record again with one of these";
