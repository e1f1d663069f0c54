import { evidenceRank, partialFlags } from "../../baseline/partial.ts";
import { longestSpan, slotLength } from "../../baseline/presence.ts";
import { multicastPattern } from "../../baseline/routable.ts";
import type { recordDrops } from "../../baseline/sources/record.ts";
import { icmp4Errors, icmp6OfLink } from "../../baseline/sources/transport.ts";
import {
  answeredStates,
  answerPattern,
  hasConnections,
  openedStates,
  refusedStates,
  type ZeekField,
} from "../../baseline/sources/zeek-record.ts";
import { knownServices } from "../../net/known-services.ts";
import { icmpReplyType, portProtocols, protocolNumbers } from "../../net/protocol.ts";
import { identifier, literal, sql } from "./dialect.ts";

/**
 * For each field of Zeek's conn.log an SQL expression: text, ports, times and counters as numbers, NULL where it has
 * none. Times are in seconds until `latestTime`, with the durations; counters are whole; none of them is negative.
 */
export type ZeekExpressions = Readonly<Record<ZeekField, string>>;

/** Why records of a group give no flow, by the number in the column `reason`; 0 is a flow. */
export const dropReasons: readonly (keyof typeof recordDrops | undefined)[] = [
  undefined,
  "badAddress",
  "unknownProtocol",
  "badPort",
  "noIcmpType",
  "icmpError",
  "linkScope",
];

/**
 * The aggregation of Zeek's conn.log into partials: one row per flow, time slot and reason, with the fields of
 * `FlowPartial`. It says in SQL what `readZeekRecord`, `conversationOf` and `partialOf` say of one record. What can be
 * said of groups as well is said of them, for there are far fewer.
 */
export function zeekPartials(from: string, fields: ZeekExpressions): string {
  const known = (port: string): string => knownPort("z_protocol", port);
  const toGroup = `(z_broadcast OR ${isGroup("z_destination")})`;
  const isIcmp = (protocol: string, address: string): string =>
    `CASE ${protocol} WHEN ${protocolNumbers.icmp} THEN NOT ${sql.contains(address, ":")} ` +
    `WHEN ${protocolNumbers.icmpv6} THEN ${sql.contains(address, ":")} ELSE false END`;
  const hasPorts = isAmong("z_protocol", portProtocols);
  /** A port that only says which of many connections it is: NULL where the log has none, which is a fault. */
  const kept = (port: string, condition: string): string =>
    `CASE WHEN ${condition} OR ${port} IS NULL THEN ${port} ELSE 0 END`;
  const slot = (time: string): string => sql.floor(`${time} / ${slotLength}`);
  return `WITH zeek_log AS (SELECT ${columns({
    z_source: fields["id.orig_h"],
    z_destination: fields["id.resp_h"],
    z_sport: fields["id.orig_p"],
    z_dport: fields["id.resp_p"],
    z_protocol: protocolOf(fields),
    z_time: fields.ts,
    z_duration: `coalesce(${fields.duration}, 0)`,
    z_history: fields.history,
    z_state: fields.conn_state,
    z_packets: fields.orig_pkts,
    z_bytes: fields.orig_ip_bytes,
    z_packets_back: fields.resp_pkts,
    z_bytes_back: fields.resp_ip_bytes,
    // Most connections have a handshake: what follows from it is asked first, and nothing else of them.
    z_shaken: `coalesce(${sql.contains(fields.history, "h")}, false)`,
    z_broadcast: `coalesce(lower(${fields.resp_l2_addr}) = 'ff:ff:ff:ff:ff:ff', false)`,
  })}
FROM ${from}),
zeek_record AS (SELECT *, ${columns({
    r_last: "z_time + z_duration",
    r_far: `z_time + z_duration - z_time > ${longestSpan}`,
    r_opened: `CASE WHEN ${isAmong("z_protocol", hasConnections)} THEN CASE WHEN z_shaken THEN true
  WHEN z_history IS NULL THEN ${isAmong("z_state", texts(openedStates))} ELSE ${sql.contains("z_history", "S")} END ELSE false END`,
    r_answered: `CASE WHEN z_shaken THEN 1
  WHEN z_history IS NOT NULL THEN CASE WHEN ${sql.matches("z_history", answerPattern.source)} THEN 1 ELSE 0 END
  WHEN z_packets_back IS NOT NULL THEN CASE WHEN z_packets_back > 0 AND NOT ${isAmong("z_state", texts(refusedStates))} THEN 1 ELSE 0 END
  WHEN ${isAmong("z_state", texts(answeredStates))} THEN 1 ELSE 0 END`,
  })} FROM zeek_log),
zeek_judged AS (SELECT *, CASE
  WHEN ${isIcmp("z_protocol", "z_source")} THEN ${evidenceRank("icmp")}
  WHEN ${sql.startsWith("z_history", "^")} THEN ${evidenceRank("log")}
  WHEN r_opened THEN ${evidenceRank("syn")}
  WHEN ${toGroup} OR ${isGroup("z_source")} THEN ${evidenceRank("group")}
  WHEN ${hasPorts} AND ${known("z_sport")} <> ${known("z_dport")} THEN ${evidenceRank("known-port")}
  ELSE 0 END AS r_evidence FROM zeek_record),
zeek_turned AS (SELECT *, CASE r_evidence
  WHEN ${evidenceRank("group")} THEN NOT ${toGroup}
  WHEN ${evidenceRank("known-port")} THEN ${known("z_sport")}
  ELSE false END AS r_turned FROM zeek_judged),
zeek_keyed AS (SELECT ${columns({
    k_source: "z_source",
    k_destination: "z_destination",
    k_protocol: "z_protocol",
    // An ICMP type stands in the originator's port.
    k_sport: kept("z_sport", `r_evidence = 0 OR r_evidence = ${evidenceRank("icmp")} OR r_turned`),
    k_dport: kept("z_dport", `NOT r_turned AND r_evidence <> ${evidenceRank("icmp")}`),
    k_turned: "r_turned",
    k_slot: slot("z_time"),
    v_evidence: "r_evidence",
    v_answered: "r_answered",
    v_broadcast: "CASE WHEN z_broadcast THEN 1 ELSE 0 END",
    v_packets: "z_packets",
    v_packets_back: "z_packets_back",
    v_bytes: "z_bytes",
    v_bytes_back: "z_bytes_back",
    v_time: "z_time",
    v_last: "r_last",
    v_until: "CASE WHEN r_far THEN z_time ELSE r_last END",
    v_far: `CASE WHEN r_far THEN ${slot("r_last")} END`,
    v_request: sql.integer("z_time * 1e6"),
  })} FROM zeek_turned),
zeek_sums AS (SELECT k_source, k_destination, k_protocol, k_sport, k_dport, k_turned, k_slot, ${columns({
    s_connections: "count()",
    s_packets: total("v_packets"),
    s_packets_back: total("v_packets_back"),
    s_bytes: total("v_bytes"),
    s_bytes_back: total("v_bytes_back"),
    s_first: sql.integer("min(v_time) * 1e6"),
    s_last: sql.integer("max(v_last) * 1e6"),
    s_until: slot("max(v_until)"),
    s_far: sql.listOf("v_far"),
    s_evidence: "max(v_evidence)",
    s_answered: "max(v_answered)",
    s_broadcast: "max(v_broadcast)",
    s_requests: sql.listOf("v_request"),
  })}
FROM zeek_keyed GROUP BY k_source, k_destination, k_protocol, k_sport, k_dport, k_turned, k_slot),
zeek_directed AS (SELECT *, ${columns({
    d_six: sql.contains("k_source", ":"),
    d_icmp: isIcmp("k_protocol", "k_source"),
    d_ports: isAmong("k_protocol", portProtocols),
  })} FROM zeek_sums),
zeek_flows AS (SELECT *, ${columns({
    d_request: `CASE WHEN d_icmp THEN ${icmpReplies("d_six", "k_sport")} END`,
    d_turned: `k_turned OR CASE WHEN d_icmp THEN ${icmpReplies("d_six", "k_sport")} IS NOT NULL ELSE false END`,
  })} FROM zeek_directed)
SELECT ${columns({
    a: turn("k_source", "k_destination"),
    b: turn("k_destination", "k_source"),
    protocol: "k_protocol",
    a_port: `CASE WHEN d_ports THEN ${turn("k_sport", "k_dport")} ELSE 0 END`,
    b_port: `CASE WHEN d_ports THEN ${turn("k_dport", "k_sport")} ELSE 0 END`,
    icmp_type: "CASE WHEN d_icmp THEN coalesce(d_request, k_sport) END",
    slot: "k_slot",
    reason: dropped(),
    connections: "s_connections",
    packets: turn("s_packets", "s_packets_back"),
    packets_back: turn("s_packets_back", "s_packets"),
    bytes: turn("s_bytes", "s_bytes_back"),
    bytes_back: turn("s_bytes_back", "s_bytes"),
    first: "s_first",
    last: "s_last",
    until: "s_until",
    presence: sql.twice("s_far"),
    evidence: "s_evidence",
    // The originator sent something; whether the responder did, the history tells.
    flags: `${turn(`${partialFlags.spoke} + s_answered * ${partialFlags.spokeBack}`, `${partialFlags.spokeBack} + s_answered * ${partialFlags.spoke}`)} + s_broadcast * ${partialFlags.broadcast}`,
    requests: sql.sorted("s_requests"),
  })}
FROM zeek_flows`;
}

const columns = (expressions: Readonly<Record<string, string>>): string =>
  Object.entries(expressions)
    .map(([name, expression]) => `${expression} AS ${identifier(name)}`)
    .join(",\n  ");

/** Who asked is the destination, where a conversation is turned around. */
const turn = (one: string, other: string): string => `CASE WHEN d_turned THEN ${other} ELSE ${one} END`;

/** As `conversationOf`, in the same order. */
function dropped(): string {
  const reason = (name: keyof typeof recordDrops): number => dropReasons.indexOf(name);
  return `CASE
  WHEN k_source IS NULL OR k_destination IS NULL OR d_six <> ${sql.contains("k_destination", ":")} THEN ${reason("badAddress")}
  WHEN k_protocol IS NULL THEN ${reason("unknownProtocol")}
  WHEN d_ports AND (k_sport IS NULL OR k_dport IS NULL) THEN ${reason("badPort")}
  WHEN d_icmp AND (k_sport IS NULL OR k_sport > 255) THEN ${reason("noIcmpType")}
  WHEN d_icmp AND CASE WHEN d_six THEN k_sport < 128 ELSE ${isAmong("k_sport", icmp4Errors)} END THEN ${reason("icmpError")}
  WHEN d_icmp AND d_six AND ${isAmong("k_sport", icmp6OfLink)} THEN ${reason("linkScope")}
  ELSE 0 END`;
}

/** As `isGroup`. */
const isGroup = (address: string): string =>
  `(${address} = '255.255.255.255' OR ${sql.matches(address, multicastPattern.source)})`;

const texts = (values: Iterable<string>): readonly string[] => [...values].map(literal);

/** False for NULL. */
const isAmong = (value: string, all: Iterable<string | number | undefined>): string =>
  `coalesce(${[...all].map((one) => `${value} = ${one}`).join(" OR ")}, false)`;

const total = (counter: string): string => `coalesce(sum(${counter}), 0)`;

function protocolOf(fields: ZeekExpressions): string {
  const { tcp, udp, sctp, icmp, icmpv6 } = protocolNumbers;
  const named = Object.entries({ tcp, udp, sctp }).map(
    ([name, number]) => `WHEN ${fields.proto} = ${literal(name)} THEN ${number}`,
  );
  const six = sql.contains(fields["id.orig_h"], ":");
  return (
    `CASE WHEN ${fields.ip_proto} IS NOT NULL THEN ${fields.ip_proto} ${named.join(" ")} ` +
    `WHEN ${fields.proto} = ${literal("icmp")} THEN CASE WHEN ${six} THEN ${icmpv6} ELSE ${icmp} END END`
  );
}

/** Whether a port is one of a known service; false for NULL. */
function knownPort(protocol: string, port: string): string {
  const ports = new Map<number, Set<number>>();
  for (const range of knownServices.flatMap((service) => service.ports)) {
    const numbers = ports.get(range.protocol) ?? new Set<number>();
    for (let number = range.from; number <= range.to; number += 1) numbers.add(number);
    ports.set(range.protocol, numbers);
  }
  const cases = [...ports].map(
    ([number, numbers]) =>
      `WHEN ${number} THEN ${isOneOf(
        port,
        [...numbers].sort((x, y) => x - y),
      )}`,
  );
  return `coalesce(CASE ${protocol} ${cases.join(" ")} ELSE false END, false)`;
}

/**
 * A search by halves. A long IN would be a join with all rows in DuckDB, also where a CASE asks for few of them.
 * @param numbers in order.
 */
function isOneOf(number: string, numbers: readonly number[]): string {
  const [first, last] = [numbers[0]!, numbers.at(-1)!];
  if (last - first === numbers.length - 1) return `${number} BETWEEN ${first} AND ${last}`;
  const middle = numbers.length >> 1;
  const [low, high] = [numbers.slice(0, middle), numbers.slice(middle)];
  return `CASE WHEN ${number} < ${high[0]} THEN ${isOneOf(number, low)} ELSE ${isOneOf(number, high)} END`;
}

/** The request type that an ICMP reply type answers, else NULL. */
function icmpReplies(six: string, type: string): string {
  const cases = (family: 4 | 6): string => {
    const pairs = Array.from(
      { length: 256 },
      (_, request) => [icmpReplyType(family, request), request] as const,
    );
    return pairs
      .flatMap(([reply, request]) => (reply === undefined ? [] : [`WHEN ${reply} THEN ${request}`]))
      .join(" ");
  };
  return `CASE WHEN ${six} THEN CASE ${type} ${cases(6)} END ELSE CASE ${type} ${cases(4)} END END`;
}
