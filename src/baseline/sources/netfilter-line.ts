import { portProtocols, protocolNumbers } from "../../net/protocol.ts";
import { type Drop, ignored, rejected } from "./drop.ts";
import type { LoggedPacket } from "./headers.ts";
import { byteOf, countOf, protocolOf, untoldPorts } from "./record.ts";

/** What a rule that logs prints into the kernel's log, behind a prefix of anyone's choice. */
const start = /IN=\S* OUT=\S* /;

export const isNetfilterLine = (line: string): boolean => start.test(line);

const noAddresses = ignored("packet without addresses: not IP, or its line was cut short");
const cutShort = rejected("line of a packet that was cut short");
const several = rejected("several packets in one line");

/** Reads a line of the kernel's packet log (nf_log_syslog.c). */
export function readNetfilterLine(line: string, time: () => number): LoggedPacket | Drop {
  const values = new Map<string, string>();
  const words = new Set<string>();
  for (const word of line.slice(line.search(start)).split(" ")) {
    const [name = "", value] = word.split("=", 2);
    if (name === "IN" && values.has("IN")) return several;
    // LEN and ID come again for UDP and ICMP, and more in the packet that an ICMP error quotes: the first ones count.
    if (value === undefined) words.add(word);
    else if (!values.has(name)) values.set(name, value);
    else words.add(name);
  }
  if (!values.has("SRC")) return noAddresses;
  const protocol = protocolOf(values.get("PROTO"));
  const isPart = words.has("INCOMPLETE") || [...words].some((word) => word.startsWith("FRAG:"));
  const end = isPart ? undefined : ends.get(protocol);
  if (protocol === undefined || (end !== undefined && !(end === "LEN" ? words : values).has(end)))
    return cutShort;
  if (portProtocols.has(protocol) && !values.has("SPT") && !isPart) return untoldPorts;
  // In front of a packet that left a tunnel stands the tunnel's own header.
  const mac = values.has("TUNNEL") ? undefined : values.get("MAC");
  return {
    source: values.get("SRC"),
    destination: values.get("DST"),
    protocol,
    sourcePort: values.get("SPT"),
    destinationPort: values.get("DPT"),
    icmpType: byteOf(values.get("TYPE")),
    flags: { syn: words.has("SYN"), ack: words.has("ACK"), fin: words.has("FIN"), rst: words.has("RST") },
    data: words.has("PSH"),
    length: countOf(values.get("LEN")),
    hopLimit: countOf(values.get("TTL") ?? values.get("HOPLIMIT")),
    // Destination and source, or, where the rule asks for a readable header, each with a name of its own.
    mac: values.get("MACDST") ?? mac?.slice(0, 17),
    sourceMac: values.get("MACSRC") ?? mac?.slice(18, 35),
    ...(values.has("VID") ? { vlan: countOf(values.get("VID")) } : {}),
    time: time(),
  };
}

/** What stands behind all that is needed of a transport header. UDP has a length of its own, which is the second one. */
const ends: ReadonlyMap<number | undefined, string> = new Map([
  [protocolNumbers.tcp, "URGP"],
  [protocolNumbers.udp, "LEN"],
  [protocolNumbers.udplite, "LEN"],
  [protocolNumbers.icmp, "CODE"],
  [protocolNumbers.icmpv6, "CODE"],
]);
