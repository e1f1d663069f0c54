import { filterlogIcmpTypes } from "../../net/filterlog-icmp.ts";
import { icmpProtocol, portProtocols, protocolNumbers } from "../../net/protocol.ts";
import { type Drop, rejected } from "./drop.ts";
import type { LoggedPacket } from "./headers.ts";
import { byteOf, countOf, untoldIcmpType, untoldPorts } from "./record.ts";

/** Values behind its name and what syslog puts there; words stand only behind the rule and the version of IP, in what ICMP says. */
const entry = /\bfilterlog\b[^,]*?[\]:\s-]\s*([^\s,]*,(?:\S*|(?:[^\s,]*,){8}\S* .*))\s*$/;

export const isFilterlogLine = (line: string): boolean => entry.test(line);

const tooShort = rejected("fewer fields than a filterlog line has");

/** From the source address on, so many fields are there before what is needed is surely whole. */
const fewest: ReadonlyMap<number, number> = new Map([
  [protocolNumbers.tcp, 7],
  [protocolNumbers.udp, 5],
]);

/** Reads a line of filterlog (Netgate: Raw Filter Log Format; OPNsense differs in the fields of the rule only). */
export function readFilterlogLine(line: string, time: number): LoggedPacket | Drop {
  const fields = entry.exec(line)?.[1]?.split(",") ?? [];
  const family = fields[8] === "6" ? 6 : 4;
  const [protocol, length, ...rest] =
    family === 4
      ? [fields[15], fields[17], ...fields.slice(18)]
      : [fields[13], fields[14], ...fields.slice(15)];
  const [source, destination, third, fourth, dataLength, flags = ""] = rest;
  const number = byteOf(protocol);
  if (destination === undefined || number === undefined) return tooShort;
  const isIcmp = number === icmpProtocol(family);
  const icmpType = isIcmp ? filterlogIcmpTypes.get(third ?? "")?.[family === 4 ? 0 : 1] : undefined;
  if (isIcmp && icmpType === undefined) return untoldIcmpType;
  const isFirst = family === 6 || fields[13] === "0";
  // SCTP is a protocol that filterlog does not take apart.
  if (isFirst && portProtocols.has(number) && third?.startsWith("datalength=")) return untoldPorts;
  if (isFirst && rest.length < (fewest.get(number) ?? 0)) return tooShort;
  return {
    source,
    destination,
    protocol: number,
    sourcePort: isFirst ? third : undefined,
    destinationPort: isFirst ? fourth : undefined,
    icmpType,
    flags: {
      syn: flags.includes("S"),
      ack: flags.includes("A"),
      fin: flags.includes("F"),
      rst: flags.includes("R"),
    },
    data: countOf(dataLength) > 0,
    // For IPv6 the log gives the length of the payload.
    length: countOf(length) + (family === 4 ? 0 : 40),
    time,
  };
}
