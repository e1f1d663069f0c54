import type { LoggedPacket } from "./headers.ts";
import { byteOf, countOf, protocolOf } from "./record.ts";

/** What a rule that logs prints into the kernel's log, behind a prefix of anyone's choice. */
const start = /IN=\S* OUT=\S* /;

export const isNetfilterLine = (line: string): boolean =>
  start.test(line) && / SRC=\S+ DST=\S+ .*PROTO=/.test(line);

/** Reads a line of the kernel's packet log (nf_log_syslog.c). */
export function readNetfilterLine(line: string, time: number): LoggedPacket {
  const values = new Map<string, string>();
  const words = new Set<string>();
  for (const word of line.slice(line.search(start)).split(" ")) {
    const [name = "", value] = word.split("=", 2);
    // LEN and ID come again for UDP and ICMP, and more in the packet that an ICMP error quotes: the first ones count.
    if (value === undefined) words.add(word);
    else if (!values.has(name)) values.set(name, value);
  }
  return {
    source: values.get("SRC"),
    destination: values.get("DST"),
    protocol: protocolOf(values.get("PROTO")),
    sourcePort: values.get("SPT"),
    destinationPort: values.get("DPT"),
    icmpType: byteOf(values.get("TYPE")),
    flags: { syn: words.has("SYN"), ack: words.has("ACK"), fin: words.has("FIN"), rst: words.has("RST") },
    data: words.has("PSH"),
    length: countOf(values.get("LEN")),
    hopLimit: countOf(values.get("TTL") ?? values.get("HOPLIMIT")),
    // Destination and source, or, where the rule asks for a readable header, each with a name of its own.
    mac: values.get("MACDST") ?? values.get("MAC")?.slice(0, 17),
    sourceMac: values.get("MACSRC") ?? values.get("MAC")?.slice(18, 35),
    ...(values.has("VID") ? { vlan: countOf(values.get("VID")) } : {}),
    time,
  };
}
