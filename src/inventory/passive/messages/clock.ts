import type { Announcement, Subject } from "../announcement.ts";
import type { MessageReader } from "./message.ts";

const tells = (about: Subject, by: string, what: string): readonly Announcement[] => [
  { about, by, facts: {}, role: { role: "time-server", basis: "shows", reason: what } },
];

/** PTP over Ethernet (IEEE 1588, annex E): only a master announces. `mac` is the sender's. */
export const ptp = (bytes: Buffer, mac: string): readonly Announcement[] =>
  announces(bytes) ? tells({ kind: "mac", mac }, "PTP Announce", "announces itself as a PTP master") : [];

/** PTP over UDP: general messages. */
const generalPort = 320;
export const ptpDatagram: MessageReader = ({ bytes, from, to }) =>
  to.port === generalPort && announces(bytes)
    ? tells({ kind: "address", address: from.address }, "PTP Announce", "announces itself as a PTP master")
    : [];

/** An Announce of version 2: type 11, 64 bytes. */
const announces = (bytes: Buffer): boolean =>
  bytes.length >= 64 && (bytes[0]! & 15) === 11 && (bytes[1]! & 15) === 2;

/** NTP (RFC 5905, 7.3): mode 5 is a server that tells the time to everybody. */
const ntpPort = 123;
const broadcastMode = 5;
export const ntp: MessageReader = ({ bytes, from, to }) =>
  from.port === ntpPort && to.port === ntpPort && bytes.length >= 48 && (bytes[0]! & 7) === broadcastMode
    ? tells({ kind: "address", address: from.address }, "NTP broadcast", "broadcasts the time over NTP")
    : [];
