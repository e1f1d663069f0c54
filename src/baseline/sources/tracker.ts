import { protocolNumbers } from "../../net/protocol.ts";
import {
  type Conversation,
  conversation,
  noteRequest,
  otherParty,
  type Party,
  party,
} from "../conversation.ts";
import { type KeyTable, keyTable } from "../key-table.ts";
import { count as countLink, type LinkSightings } from "../links/sightings.ts";
import { noteMark } from "../points/sketch.ts";
import { notePresence } from "../presence.ts";
import { arpSender } from "./arp.ts";
import { copies, copyReason } from "./copies.ts";
import { cardAt, i32, u16 } from "./cursor.ts";
import { decoder } from "./decode.ts";
import { etherType, notIp } from "./ethertype.ts";
import { type EarlyParts, fragments } from "./fragments.ts";
import { damageSample, type Frame } from "./frame.ts";
import { type CapturedPacket, signal } from "./packet.ts";
import type { Tally } from "./source.ts";

/**
 * Seconds of silence after which a conversation without connections (UDP, ICMP…) has ended, as Zeek has it; the
 * connection tracking of a firewall keeps such a state for 30 to 120 seconds.
 */
const idleLimit = 60;
/** Seconds within which an opening behind later packets of its connection is disorder of the recording. */
const disorder = 1;
/** So many conversations may lie in memory before those that are over are looked for. */
const fewestForSweep = 1 << 17;
/** So many may run at most, as a scan makes them: then even what is not over is handed on, and counted in parts. */
const mostRunning = 1 << 19;

const arp = notIp(etherType.arp);
const noFirstPart = "fragment whose first part was not seen";

/** Collects packets, of one capture or of several that follow each other, into conversations. */
export interface Tracker {
  add(frame: Frame, tally: Tally): void;
  /** No more captures follow: hands on what is still running. */
  end(): void;
}

/**
 * @param done takes each conversation once, when it is over.
 * @param links takes where each packet came from.
 * @param addresses numbers those of IPv6.
 */
export function tracker(
  done: (talk: Conversation) => void,
  links: LinkSightings,
  addresses: KeyTable,
): Tracker {
  let table = keyTable();
  const { packet, cursor, decode, addressText } = decoder(addresses);
  const copied = copies();
  const parts = fragments();
  /** By number of the key: the conversation, and whether its party `a` is the lower end. */
  let running: Conversation[] = [];
  let aIsLow: boolean[] = [];
  let sweepAt = fewestForSweep;

  const begin = (): Conversation =>
    conversation(
      packet.family,
      packet.protocol,
      packet.icmpType < 0 ? undefined : packet.icmpType,
      party(addressText(packet.family, packet.source), packet.sourcePort),
      party(addressText(packet.family, packet.destination), packet.destinationPort),
      packet.time,
    );

  /** Both directions have one key: the lower end (address, then port) stands first. */
  const sourceIsLow = (): boolean =>
    packet.source < packet.destination ||
    (packet.source === packet.destination && packet.sourcePort <= packet.destinationPort);

  const locate = (low: boolean): number => {
    const ports = low
      ? (packet.sourcePort << 16) | packet.destinationPort
      : (packet.destinationPort << 16) | packet.sourcePort;
    return table.find(
      low ? packet.source : packet.destination,
      low ? packet.destination : packet.source,
      packet.icmpType < 0 ? ports : packet.icmpType,
      (packet.family << 8) | packet.protocol,
    );
  };

  const release = (isDone: (talk: Conversation) => boolean): void => {
    const [old, talks, lows] = [table, running, aIsLow];
    [table, running, aIsLow] = [keyTable(), [], []];
    for (const [number, talk] of talks.entries()) {
      if (isDone(talk)) {
        done(talk);
      } else {
        table.find(old.word(number, 0), old.word(number, 1), old.word(number, 2), old.word(number, 3));
        running.push(talk);
        aIsLow.push(lows[number]!);
      }
    }
  };

  /** Hands on what is over, so that memory holds what runs and not what ever was. */
  const sweep = (now: number): void => {
    release((talk) => isOver(talk, now));
    if (2 * running.length > mostRunning) release(isOneSided);
    if (2 * running.length > mostRunning) release(() => true);
    sweepAt = Math.max(fewestForSweep, 2 * running.length);
  };

  const note = (tally: Tally): void => {
    if (running.length > sweepAt) sweep(packet.time);
    const low = sourceIsLow();
    const index = locate(low);
    let talk = running[index];
    if (talk !== undefined && startsAnew(talk, packet, aIsLow[index] === low ? talk.a : talk.b)) {
      done(talk);
      talk = undefined;
    }
    if (talk === undefined) {
      talk = begin();
      talk.midway = hasConnections(packet.protocol) && (packet.signals & signal.open) === 0;
      running[index] = talk;
      aIsLow[index] = low;
    }
    const sender = aIsLow[index] === low ? talk.a : talk.b;
    update(talk, sender, packet);
    // The first packet is left out: a scan has no other, and half a million of its attempts at once.
    if (copied.mark !== 0 && talk.a.packets + talk.b.packets > 1) {
      talk.sketch ??= [];
      noteMark(talk.sketch, copied.mark);
    }
    noteLink(sender);
    if (packet.fragment < 0) return;
    const early = parts.remember(packet, talk, sender);
    if (early?.tally === tally) addEarly(talk, sender, early);
  };

  /** That of the conversation that came before: a scan has new ones all the time, over the same link. */
  let lastLink: Party["link"];
  const noteLink = (sender: Party): void => {
    const { bytes, card: at, vlan } = cursor;
    const low = at < 0 ? 0 : i32(bytes, at + 2);
    const high = at < 0 ? 0 : u16(bytes, at);
    if (low === 0 && high === 0 && vlan === 0) return;
    let { link } = sender;
    if (link === undefined || link.low !== low || link.high !== high || link.sighting.vlan !== vlan) {
      const isLast = low === lastLink?.low && high === lastLink.high && vlan === lastLink.sighting.vlan;
      if (!isLast || sender.address !== lastLink!.sighting.address) {
        lastLink = { low, high, sighting: links.of(sender.address, cardAt(bytes, at), vlan) };
      }
      link = lastLink!;
      sender.link = link;
    }
    countLink(link.sighting, packet.time, packet.hopLimit);
  };

  /** Whoever sends ARP says which card has which address. */
  const noteClaim = (time: number): void => {
    const sender = arpSender(cursor);
    if (sender === undefined) return;
    const sighting = links.of(sender.address, sender.card, cursor.vlan);
    sighting.claimed = true;
    countLink(sighting, time, 0);
  };

  return {
    add(frame, tally) {
      const outcome = decode(frame);
      if (typeof outcome === "object") {
        if (outcome === arp) noteClaim(frame.time);
        if (outcome.kind === "ignored") tally.ignore(outcome.reason);
        else tally.reject(outcome.reason, damageSample(outcome, frame, cursor.at));
      } else if (copied.isCopy(frame, packet, cursor)) {
        tally.ignore(copyReason);
      } else if (outcome === "first") {
        note(tally);
        tally.use();
      } else {
        const whole = parts.find(packet);
        if (whole === undefined) {
          tally.ignore(noFirstPart);
          parts.wait(packet, tally);
        } else {
          count(whole.talk, whole.sender, packet);
          tally.use();
        }
      }
    },
    end() {
      for (const talk of running) done(talk);
      [table, running, aIsLow] = [keyTable(), [], []];
    },
  };
}

/** Whether nothing more is to come: silence, and no connection that is open. */
const isOver = (talk: Conversation, now: number): boolean =>
  now - talk.last > idleLimit && (!hasConnections(talk.protocol) || talk.ended || !talk.established);

const isOneSided = ({ a, b }: Conversation): boolean => a.packets === 0 || b.packets === 0;

const hasConnections = (protocol: number): boolean =>
  protocol === protocolNumbers.tcp || protocol === protocolNumbers.sctp;

/**
 * Whether a packet begins a conversation of its own, although one of the same ends is running: the other end opens.
 * A new connection from the same end is one more connection of the same conversation.
 */
function startsAnew(talk: Conversation, packet: CapturedPacket, sender: Party): boolean {
  const initiator = talk.opener?.party;
  if (hasConnections(packet.protocol)) {
    if ((packet.signals & signal.open) === 0 || !talk.established) return false;
    if (!talk.ended && packet.time - talk.last < disorder) return false;
    if (initiator !== undefined && sender !== initiator) return true;
    talk.connections += 1;
    talk.established = false;
    talk.ended = false;
    return false;
  }
  if (!(packet.time - talk.last > idleLimit)) return false;
  if (initiator === undefined && sender !== talk.a) return true;
  talk.connections += 1;
  return false;
}

function update(talk: Conversation, sender: Party, packet: CapturedPacket): void {
  const { signals } = packet;
  if (talk.opener === undefined && (signals & (signal.open | signal.accept)) !== 0) {
    const opener = (signals & signal.open) !== 0 ? sender : otherParty(talk, sender);
    talk.opener = { party: opener, by: packet.icmpType < 0 ? "syn" : "icmp" };
  }
  if ((signals & signal.open) === 0) talk.established = true;
  if ((signals & signal.end) !== 0) talk.ended = true;
  if ((signals & signal.refuse) === 0) sender.spoke = true;
  if ((signals & signal.data) !== 0 && (signals & signal.acknowledge) !== 0) sender.acknowledged = true;
  if ((signals & (signal.open | signal.data)) !== 0) noteRequest(sender, packet.time);
  count(talk, sender, packet);
}

/** Adds parts of a packet that came before its first one to the figures. */
function addEarly(
  talk: Conversation,
  sender: Party,
  { tally, first, last, packets, bytes }: EarlyParts,
): void {
  tally.useAfterAll(noFirstPart, packets);
  sender.packets += packets;
  sender.bytes += bytes;
  for (const time of [first, last]) noteTime(talk, time);
}

/** Adds a packet, or a later part of one, to the figures. */
function count(talk: Conversation, sender: Party, packet: CapturedPacket): void {
  sender.packets += 1;
  sender.bytes += packet.length;
  if (packet.broadcast) talk.broadcast = true;
  noteTime(talk, packet.time);
}

function noteTime(talk: Conversation, time: number): void {
  notePresence(talk.presence, time);
  if (time < talk.first || Number.isNaN(talk.first)) talk.first = time;
  if (time > talk.last || Number.isNaN(talk.last)) talk.last = time;
}
