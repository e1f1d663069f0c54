import { filterlogIcmpTypes } from "../../src/net/filterlog-icmp.ts";
import { icmpProtocol } from "../../src/net/protocol.ts";
import type { RecordedFlow } from "../../src/target.ts";

/** One packet of pfSense's filter log. `anchor` is empty for a rule of the main ruleset, that is a confirmed one. */
export interface LoggedPacket {
  readonly tracker: number;
  readonly anchor: string;
  readonly flow: Omit<RecordedFlow, "packets">;
  /** TCP with SYN and without ACK. */
  readonly opens: boolean;
}

/**
 * Reads one line of /var/log/filter.log (Netgate: Raw Filter Log Format; BSD and RFC 5424 syslog heads alike), or
 * undefined when it is not one of a packet. The action is not looked at: a match rule is logged as `unkn(%u)`.
 */
export function readLogLine(line: string): LoggedPacket | undefined {
  const csv = /\bfilterlog\b[^,]*?[\]:\s-]\s*(\d*,\S*)$/.exec(line.trimEnd())?.[1];
  const fields = csv?.split(",") ?? [];
  const [, , anchor = "", tracker = "", , , , , version] = fields;
  if (!/^\d+$/.test(tracker)) return undefined;
  const tail =
    version === "4"
      ? { protocol: fields[15], rest: fields.slice(18) }
      : version === "6"
        ? { protocol: fields[13], rest: fields.slice(15) }
        : undefined;
  if (!tail?.rest[1] || !/^\d+$/.test(tail.protocol ?? "")) return undefined;
  const family = version === "4" ? 4 : 6;
  const [source = "", destination = "", third, fourth] = tail.rest;
  const protocol = Number(tail.protocol);
  const isPort = (protocol === 6 || protocol === 17) && /^\d+$/.test(fourth ?? "");
  const icmpType = protocol === icmpProtocol(family) ? filterlogIcmpTypes.get(third ?? "") : undefined;
  return {
    tracker: Number(tracker),
    anchor,
    flow: {
      family,
      source,
      destination,
      protocol,
      ...(isPort ? { port: Number(fourth) } : {}),
      ...(icmpType === undefined ? {} : { icmpType: icmpType[family === 4 ? 0 : 1] }),
    },
    opens: protocol === 6 && /^(?=.*S)[^A]*$/.test(tail.rest[5] ?? ""),
  };
}

/**
 * What the rules with these trackers logged, as flows with their counts, in the order of their first packet. pf logs the
 * packet that makes a state, which is of who asks.
 */
export function readRecord(
  log: string,
  trackers: ReadonlySet<number>,
  from: "trial" | "confirmed",
): readonly RecordedFlow[] {
  const flows = new Map<string, RecordedFlow>();
  for (const line of log.split("\n")) {
    const packet = readLogLine(line);
    if (!packet || !trackers.has(packet.tracker) || (packet.anchor !== "") !== (from === "trial")) continue;
    const key = JSON.stringify(packet.flow);
    const sum = flows.get(key);
    flows.set(key, {
      ...packet.flow,
      packets: (sum?.packets ?? 0) + 1,
      ...(packet.flow.protocol === 6 && { openings: (sum?.openings ?? 0) + (packet.opens ? 1 : 0) }),
    });
  }
  return [...flows.values()];
}
