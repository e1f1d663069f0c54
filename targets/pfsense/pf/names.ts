import type { Family } from "../../../src/net/address.ts";
import { protocolNumbers } from "../../../src/net/protocol.ts";

/** Names that pfctl prints and reads instead of numbers. A name that is not here is refused, never guessed. */

const protocols: ReadonlyMap<string, number> = new Map([
  ...Object.entries(protocolNumbers),
  ["ipv6-icmp", 58],
  ["icmp6", 58],
  ["ip", 0],
  ["ipencap", 4],
  ["egp", 8],
  ["igp", 9],
  ["ipv6", 41],
  ["rsvp", 46],
  ["mobile", 55],
  ["pim", 103],
  ["carp", 112],
  ["l2tp", 115],
  ["pfsync", 240],
]);

export const protocolNumber = (text: string): number | undefined =>
  /^\d{1,3}$/.test(text) && Number(text) < 256 ? Number(text) : protocols.get(text);

/** Of FreeBSD's /etc/services, those that rules are usually written with. */
const services: ReadonlyMap<string, number> = new Map([
  ["tcpmux", 1],
  ["compressnet", 2],
  ["echo", 7],
  ["discard", 9],
  ["daytime", 13],
  ["ftp-data", 20],
  ["ftp", 21],
  ["ssh", 22],
  ["telnet", 23],
  ["smtp", 25],
  ["msg-icp", 29],
  ["time", 37],
  ["mpm-flags", 44],
  ["domain", 53],
  ["bootps", 67],
  ["bootpc", 68],
  ["tftp", 69],
  ["finger", 79],
  ["http", 80],
  ["www", 80],
  ["pop3", 110],
  ["sunrpc", 111],
  ["auth", 113],
  ["ident", 113],
  ["nntp", 119],
  ["ntp", 123],
  ["netbios-ns", 137],
  ["netbios-dgm", 138],
  ["netbios-ssn", 139],
  ["imap", 143],
  ["snmp", 161],
  ["snmptrap", 162],
  ["ldap", 389],
  ["https", 443],
  ["microsoft-ds", 445],
  ["isakmp", 500],
  ["syslog", 514],
  ["ldaps", 636],
  ["imaps", 993],
  ["pop3s", 995],
  ["openvpn", 1194],
  ["pip", 1321],
  ["ircd", 6667],
]);

/** A port in decimal, in hexadecimal, or by a known name. */
export function portNumber(text: string): number | undefined {
  if (!/^(?:\d{1,5}|0x[0-9a-f]{1,4})$/i.test(text)) return services.get(text);
  return Number(text) < 65_536 ? Number(text) : undefined;
}

// pfctl_parser.c: icmp_type[] and icmp6_type[].
const icmpTypes: Record<Family, ReadonlyMap<string, number>> = {
  4: new Map([
    ["echorep", 0],
    ["unreach", 3],
    ["squench", 4],
    ["redir", 5],
    ["althost", 6],
    ["echoreq", 8],
    ["routeradv", 9],
    ["routersol", 10],
    ["timex", 11],
    ["paramprob", 12],
    ["timereq", 13],
    ["timerep", 14],
    ["inforeq", 15],
    ["inforep", 16],
    ["maskreq", 17],
    ["maskrep", 18],
    ["trace", 30],
    ["dataconv", 31],
    ["mobredir", 32],
    ["ipv6-where", 33],
    ["ipv6-here", 34],
    ["mobregreq", 35],
    ["mobregrep", 36],
    ["skip", 39],
    ["photuris", 40],
  ]),
  6: new Map([
    ["unreach", 1],
    ["toobig", 2],
    ["timex", 3],
    ["paramprob", 4],
    ["echoreq", 128],
    ["echorep", 129],
    ["groupqry", 130],
    ["listqry", 130],
    ["grouprep", 131],
    ["listenrep", 131],
    ["groupterm", 132],
    ["listendone", 132],
    ["routersol", 133],
    ["routeradv", 134],
    ["neighbrsol", 135],
    ["neighbradv", 136],
    ["redir", 137],
    ["routrrenum", 138],
    ["wrureq", 139],
    ["niqry", 139],
    ["fqdnreq", 139],
    ["wrurep", 140],
    ["nirep", 140],
    ["fqdnrep", 140],
    ["mtraceresp", 200],
    ["mtrace", 201],
  ]),
};

const icmpCodes: Record<Family, ReadonlyMap<string, number>> = {
  4: new Map([["needfrag", 4]]),
  6: new Map([
    ["admin-unr", 1],
    ["reassemb", 1],
  ]),
};

const numberOf = (names: ReadonlyMap<string, number>, text: string): number | undefined =>
  /^\d{1,3}$/.test(text) && Number(text) < 256 ? Number(text) : names.get(text);

export const icmpTypeNumber = (family: Family, text: string): number | undefined =>
  numberOf(icmpTypes[family], text);

export const icmpCodeNumber = (family: Family, text: string): number | undefined =>
  numberOf(icmpCodes[family], text);
