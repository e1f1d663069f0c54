import { cardText } from "../../baseline/links/sightings.ts";
import { decoder } from "../../baseline/sources/decode.ts";
import type { Frame, FrameSink } from "../../baseline/sources/frame.ts";
import { instant } from "../../baseline/time.ts";
import { protocolNumbers } from "../../net/protocol.ts";
import type { Announcement } from "./announcement.ts";
import { type Cards, cards } from "./cards.ts";
import { type Ether, readEther } from "./ether.ts";
import { arp } from "./messages/arp.ts";
import { bacnet } from "./messages/bacnet.ts";
import { cdp } from "./messages/cdp.ts";
import { dcp } from "./messages/dcp.ts";
import { enip, enipDatagram } from "./messages/enip.ts";
import { http } from "./messages/http.ts";
import { lldp } from "./messages/lldp.ts";
import { modbus } from "./messages/modbus.ts";
import { s7 } from "./messages/s7.ts";
import { snmp } from "./messages/snmp.ts";
import { streams } from "./streams.ts";

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
  /** True when more was announced than a plant can have devices, and the rest was left out. */
  readonly full: boolean;
}

/** So many different announcements are kept: somebody who makes them up must not fill the memory. */
const mostAnnouncements = 50_000;

const linkReaders: ReadonlyMap<number, (ether: Ether) => readonly Announcement[]> = new Map([
  [0x0806, ({ payload }: Ether) => arp(payload)],
  [0x8892, ({ payload, mac }: Ether) => dcp(payload, cardText(mac))],
  [0x88cc, ({ payload, mac }: Ether) => lldp(payload, cardText(mac))],
]);
/** Logical link control of SNAP, organisation Cisco, protocol CDP. */
const cdpHead = Buffer.from("aaaa0300000c2000", "hex");
const datagramReaders = [enipDatagram, bacnet, snmp];

interface Count {
  readonly announcement: Announcement;
  seen: number;
  first: number;
  last: number;
}

/** Watches frames go by. */
export function watchDevices(): { readonly frame: FrameSink; sightings(): Sightings } {
  const { packet, cursor, decode, addressText } = decoder();
  const tcp = streams([modbus, s7, enip, http]);
  const known = new Map<string, Count>();
  const owners = cards();
  let full = false;

  const note = (announcement: Announcement, time: number): void => {
    const key = JSON.stringify(announcement);
    const count = known.get(key);
    if (count !== undefined) {
      count.seen += 1;
      if (!(time <= count.last)) count.last = time;
    } else if (known.size < mostAnnouncements)
      known.set(key, { announcement, seen: 1, first: time, last: time });
    else full = true;
  };

  const ofLink = (ether: Ether): readonly Announcement[] => {
    if (ether.type < 0x0600) {
      return ether.payload.subarray(0, 8).equals(cdpHead)
        ? cdp(ether.payload.subarray(8), cardText(ether.mac))
        : [];
    }
    return linkReaders.get(ether.type)?.(ether) ?? [];
  };

  const ofPacket = (frame: Frame, ether: Ether | undefined): readonly Announcement[] => {
    if (typeof decode(frame) === "object") return [];
    const address = addressText(packet.family, packet.source);
    if (ether !== undefined) owners.note(ether.mac, address);
    if (packet.fragment >= 0 || cursor.at >= cursor.end) return [];
    const { bytes, at, end } = cursor;
    const body = Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at);
    const from = { address, port: packet.sourcePort };
    const to = () => ({
      address: addressText(packet.family, packet.destination),
      port: packet.destinationPort,
    });
    if (packet.protocol === protocolNumbers.udp && body.length > 8) {
      const message = { bytes: body.subarray(8), from, to: to() };
      return datagramReaders.flatMap((read) => read(message));
    }
    if (packet.protocol !== protocolNumbers.tcp || body.length < 20) return [];
    const payload = body.subarray((body[12]! >> 4) * 4);
    return payload.length === 0 ? [] : tcp({ from, to: to(), sequence: body.readUInt32BE(4), payload });
  };

  return {
    frame(frame) {
      const ether = readEther(frame);
      const fromLink = ether === undefined ? [] : ofLink(ether);
      for (const one of [...fromLink, ...ofPacket(frame, ether)]) note(one, frame.time);
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
      full,
    }),
  };
}
