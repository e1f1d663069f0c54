import { cardText } from "../../baseline/links/sightings.ts";
import { arpSender } from "../../baseline/sources/arp.ts";
import { type Cursor, cardAt, i32 } from "../../baseline/sources/cursor.ts";
import { decoder } from "../../baseline/sources/decode.ts";
import type { Drop } from "../../baseline/sources/drop.ts";
import { etherType } from "../../baseline/sources/ethertype.ts";
import type { FrameSink } from "../../baseline/sources/frame.ts";
import { instant } from "../../baseline/time.ts";
import { protocolNumbers } from "../../net/protocol.ts";
import { type Announcement, ipv4Text, ipv6Text } from "./announcement.ts";
import { type Cards, cards } from "./cards.ts";
import { claim } from "./messages/arp.ts";
import { bacnet } from "./messages/bacnet.ts";
import { cdp } from "./messages/cdp.ts";
import { ntp, ptp, ptpDatagram } from "./messages/clock.ts";
import { dcp } from "./messages/dcp.ts";
import { dhcp } from "./messages/dhcp.ts";
import { dns } from "./messages/dns.ts";
import { enip, enipDatagram } from "./messages/enip.ts";
import { goose } from "./messages/goose.ts";
import { http } from "./messages/http.ts";
import { lldp } from "./messages/lldp.ts";
import { modbus } from "./messages/modbus.ts";
import { netbios } from "./messages/netbios.ts";
import { s7 } from "./messages/s7.ts";
import { snmp } from "./messages/snmp.ts";
import { stp } from "./messages/stp.ts";
import { asDatagram, streams } from "./streams.ts";

/** An announcement, and how often and when it was seen. Times are ISO 8601 in UTC. */
export interface Sighting {
  readonly announcement: Announcement;
  readonly seen: number;
  readonly firstSeen?: string;
  readonly lastSeen?: string;
}

/** What captures say about devices, without a packet of our own. */
export interface Sightings {
  readonly announcements: readonly Sighting[];
  /** Which card sent from which addresses. */
  readonly cards: Cards["senders"];
  /** True when there was more than a plant can have devices, and the rest was left out. */
  readonly full: boolean;
}

/** So many different announcements are kept: somebody who makes them up must not fill the memory. */
const mostAnnouncements = 50_000;

type LinkReader = (payload: Buffer, card: string) => readonly Announcement[];

/** What is read of frames that carry no IP, by EtherType. */
const linkReaders: ReadonlyMap<number, LinkReader> = new Map([
  [etherType.profinet, dcp],
  [etherType.lldp, lldp],
  [etherType.ptp, ptp],
]);
/** What is read behind a length in place of an EtherType, by its logical link control. */
const controlReaders = (bacnetFrame: LinkReader): readonly (readonly [head: Buffer, read: LinkReader])[] => [
  // SNAP, organisation Cisco, protocols CDP and per-VLAN spanning tree.
  [Buffer.from("aaaa0300000c2000", "hex"), cdp],
  [Buffer.from("aaaa0300000c010b", "hex"), stp],
  [Buffer.from("424203", "hex"), stp],
  [Buffer.from("828203", "hex"), bacnetFrame],
];

/** Who sent a packet of IP that is sound and no flow: neighbour discovery, say. */
function sourceOf({ type, bytes, ip }: Readonly<Cursor>): string | undefined {
  if (type === etherType.ipv4) return ipv4Text(bytes, ip + 12);
  if (type !== etherType.ipv6) return undefined;
  const address = ipv6Text(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), ip + 8);
  // None yet, or an IPv4 address inside, which no host has.
  return address.startsWith("::") ? undefined : address;
}

interface Count {
  readonly announcement: Announcement;
  seen: number;
  first: number;
  last: number;
}

/** Watches frames go by. */
export function watchDevices(): { readonly frame: FrameSink; sightings(): Sightings } {
  const { packet, cursor, decode, addressText } = decoder();
  const building = bacnet();
  const fieldbus = modbus();
  const tcp = streams([fieldbus, s7(), enip(), http]);
  const datagramReaders = [
    ...[enipDatagram, building.datagram, snmp, asDatagram(fieldbus)],
    ...[dhcp, dns, netbios, ntp, ptpDatagram],
  ];
  const heads = controlReaders(building.frame);
  const publishers = goose();
  const known = new Map<string, Count>();
  const owners = cards();
  let full = false;

  /** Spares the comparison of what an announcement holds, where a reader hands out the same one again. */
  const same = new WeakMap<Announcement, Count>();
  const note = (announcement: Announcement, time: number): void => {
    let count = same.get(announcement);
    if (count === undefined) {
      const key = JSON.stringify(announcement);
      count = known.get(key);
      if (count === undefined) {
        if (known.size >= mostAnnouncements) {
          full = true;
          return;
        }
        count = { announcement, seen: 0, first: time, last: time };
        known.set(key, count);
      }
      same.set(announcement, count);
    }
    count.seen += 1;
    if (!(time <= count.last)) count.last = time;
  };

  const ofLink = (noFlow: Drop): readonly Announcement[] => {
    const card = cardAt(cursor.bytes, cursor.card);
    if (card < 0) return [];
    const address = noFlow.kind === "ignored" ? sourceOf(cursor) : undefined;
    if (address === undefined) owners.noteFrame(card);
    else owners.note(card, address);
    if (cursor.type === etherType.arp) {
      const sender = arpSender(cursor);
      return sender === undefined ? [] : [claim(sender)];
    }
    const payload = rest();
    if (cursor.type < 0x0600) {
      for (const [head, read] of heads)
        if (payload.subarray(0, head.length).equals(head))
          return read(payload.subarray(head.length), cardText(card));
      return [];
    }
    if (cursor.type === etherType.goose) return publishers(payload, card);
    return linkReaders.get(cursor.type)?.(payload, cardText(card)) ?? [];
  };

  let view: Buffer = Buffer.alloc(0);
  /** What the cursor stands before, and so many bytes more; nothing where headers lead out of what was captured. */
  const rest = (skipped = 0): Buffer => {
    const { bytes, at, end } = cursor;
    if (view.buffer !== bytes.buffer || view.byteOffset !== bytes.byteOffset || view.length !== bytes.length)
      view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return view.subarray(Math.min(at + skipped, end), end);
  };

  const ofPacket = (): readonly Announcement[] => {
    const address = addressText(packet.family, packet.source);
    const card = cardAt(cursor.bytes, cursor.card);
    if (card >= 0) owners.note(card, address);
    if (packet.fragment >= 0 || cursor.at >= cursor.end) return [];
    const { bytes, at, end } = cursor;
    const from = { address, port: packet.sourcePort };
    const to = () => ({
      address: addressText(packet.family, packet.destination),
      port: packet.destinationPort,
    });
    if (packet.protocol === protocolNumbers.udp && at + 8 < end) {
      const message = { bytes: rest(8), from, to: to() };
      for (const read of datagramReaders) {
        const found = read(message);
        if (found.length > 0) return found;
      }
      return [];
    }
    if (packet.protocol !== protocolNumbers.tcp || at + 20 > end) return [];
    const header = (bytes[at + 12]! >> 4) * 4;
    return header < 20 || at + header >= end
      ? []
      : tcp({ from, to: to(), sequence: i32(bytes, at + 4) >>> 0, payload: rest(header) });
  };

  return {
    frame(frame) {
      const place = decode(frame);
      const found = typeof place === "object" ? ofLink(place) : ofPacket();
      for (const one of found) note(one, frame.time);
    },
    sightings: () => ({
      announcements: [...known.values()].map(({ announcement, seen, first, last }) => {
        const [firstSeen, lastSeen] = [instant(first), instant(last)];
        return {
          announcement,
          seen,
          ...(firstSeen === undefined ? {} : { firstSeen }),
          ...(lastSeen === undefined ? {} : { lastSeen }),
        };
      }),
      cards: owners.senders,
      full: full || owners.full,
    }),
  };
}
