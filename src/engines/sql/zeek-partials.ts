import { evidenceRank, partialFlags } from "../../baseline/partial.ts";
import { longestSpan, slotLength } from "../../baseline/presence.ts";
import { multicastPattern } from "../../baseline/routable.ts";
import type { recordDrops } from "../../baseline/sources/record.ts";
import { icmp4Errors, icmp6OfLink } from "../../baseline/sources/transport.ts";
import {
  answerPattern,
  hasConnections,
  openedStates,
  refusedStates,
  type ZeekField,
} from "../../baseline/sources/zeek-record.ts";
import { latestTime } from "../../baseline/time.ts";
import { knownServices } from "../../net/known-services.ts";
import { icmpReplyType, portProtocols, protocolNumbers } from "../../net/protocol.ts";
import type { Dialect } from "./dialect.ts";

/** For each field of Zeek's conn.log an SQL expression: text, ports and times as numbers, NULL where it has none. */
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
 * The aggregation of Zeek's conn.log into partials: one row per flow, time slot and reason, with the columns of
 * `partialColumns`. It says in SQL what `readZeekRecord`, `conversationOf` and `partialOf` say of one record.
 */
export function zeekPartials(from: string, fields: ZeekExpressions, sql: Dialect): string {
  const log = Object.entries({
    z_source: fields["id.orig_h"],
    z_destination: fields["id.resp_h"],
    z_sport: fields["id.orig_p"],
    z_dport: fields["id.resp_p"],
    z_time: fields.ts,
    z_history: fields.history,
    z_state: fields.conn_state,
    z_packets: countOf(fields.orig_pkts),
    z_bytes: countOf(fields.orig_ip_bytes),
    z_packets_back: countOf(fields.resp_pkts),
    z_bytes_back: countOf(fields.resp_ip_bytes),
    z_duration: countOf(fields.duration),
    z_six: sql.contains(fields["id.orig_h"], ":"),
    z_protocol: protocolOf(fields, sql),
    z_broadcast: `coalesce(lower(${fields.resp_l2_addr}) = 'ff:ff:ff:ff:ff:ff', false)`,
  });
  const record = Object.entries({
    r_first: `CASE WHEN abs(z_time) <= ${latestTime} THEN z_time END`,
    r_last: `CASE WHEN abs(z_time) <= ${latestTime} THEN CASE WHEN z_time + z_duration <= ${latestTime} THEN z_time + z_duration ELSE z_time END END`,
    r_icmp: `coalesce(z_protocol = CASE WHEN z_six THEN ${protocolNumbers.icmpv6} ELSE ${protocolNumbers.icmp} END, false)`,
    r_ports: `coalesce(z_protocol IN (${[...portProtocols].join(", ")}), false)`,
    r_opened: `coalesce(z_protocol IN (${[...hasConnections].join(", ")}) AND CASE WHEN z_history IS NULL THEN z_state IN (${texts(openedStates, sql)}) ELSE ${sql.contains("z_history", "S")} OR ${sql.contains("z_history", "h")} END, false)`,
    r_answered: `coalesce(CASE WHEN z_history IS NULL THEN z_packets_back > 0 AND coalesce(z_state, '') NOT IN (${texts(refusedStates, sql)}) ELSE ${sql.matches("z_history", answerPattern.source)} END, false)`,
  });
  const known = (port: string): string => knownPort("z_protocol", port);
  const toGroup = `(z_broadcast OR ${isGroup("z_destination", sql)})`;
  const evidence = [
    "CASE",
    `WHEN r_icmp THEN ${evidenceRank("icmp")}`,
    `WHEN ${sql.startsWith("z_history", "^")} THEN ${evidenceRank("log")}`,
    `WHEN r_opened THEN ${evidenceRank("syn")}`,
    `WHEN ${toGroup} OR ${isGroup("z_source", sql)} THEN ${evidenceRank("group")}`,
    `WHEN r_ports AND ${known("z_sport")} <> ${known("z_dport")} THEN ${evidenceRank("known-port")}`,
    "ELSE 0 END",
  ].join(" ");
  const turned =
    `CASE WHEN r_icmp THEN ${icmpReplies("z_six", "z_sport")} IS NOT NULL ` +
    `WHEN r_evidence = ${evidenceRank("group")} THEN NOT ${toGroup} ` +
    `WHEN r_evidence = ${evidenceRank("known-port")} THEN ${known("z_sport")} ELSE false END`;
  const reason = (name: keyof typeof recordDrops): number => dropReasons.indexOf(name);
  const dropped = [
    "CASE",
    `WHEN z_source IS NULL OR z_destination IS NULL OR z_six <> ${sql.contains("z_destination", ":")} THEN ${reason("badAddress")}`,
    `WHEN z_protocol IS NULL THEN ${reason("unknownProtocol")}`,
    `WHEN r_ports AND (z_sport IS NULL OR z_dport IS NULL) THEN ${reason("badPort")}`,
    `WHEN r_icmp AND (z_sport IS NULL OR z_sport > 255) THEN ${reason("noIcmpType")}`,
    `WHEN r_icmp AND CASE WHEN z_six THEN z_sport < 128 ELSE z_sport IN (${[...icmp4Errors].join(", ")}) END THEN ${reason("icmpError")}`,
    `WHEN r_icmp AND z_six AND z_sport IN (${[...icmp6OfLink].join(", ")}) THEN ${reason("linkScope")}`,
    "ELSE 0 END",
  ].join(" ");
  const bit = (condition: string, value: number): string => `CASE WHEN ${condition} THEN ${value} ELSE 0 END`;
  const turn = (one: string, other: string): string => `CASE WHEN r_turned THEN ${other} ELSE ${one} END`;
  const port = (expression: string): string => `CASE WHEN r_ports THEN ${expression} ELSE 0 END`;
  const oriented = Object.entries({
    k_a: turn("z_source", "z_destination"),
    k_b: turn("z_destination", "z_source"),
    k_protocol: "z_protocol",
    k_a_port: `CASE WHEN r_evidence > 0 THEN 0 ELSE ${port("z_sport")} END`,
    k_b_port: port(turn("z_dport", "z_sport")),
    k_icmp_type: `CASE WHEN r_icmp THEN coalesce(${icmpReplies("z_six", "z_sport")}, z_sport) END`,
    k_slot: sql.floor(`r_first / ${slotLength}`),
    k_reason: "r_reason",
    v_evidence: "r_evidence",
    v_packets: turn("z_packets", "z_packets_back"),
    v_packets_back: turn("z_packets_back", "z_packets"),
    v_bytes: turn("z_bytes", "z_bytes_back"),
    v_bytes_back: turn("z_bytes_back", "z_bytes"),
    v_first: sql.integer("r_first * 1e6"),
    v_last: sql.integer("r_last * 1e6"),
    v_until: `CASE WHEN r_last - r_first > ${longestSpan} THEN ${sql.floor(`r_first / ${slotLength}`)} ELSE ${sql.floor(`r_last / ${slotLength}`)} END`,
    v_far: `CASE WHEN r_last - r_first > ${longestSpan} THEN ${sql.floor(`r_last / ${slotLength}`)} END`,
    // The originator sent something; the responder's answer is told by the history.
    v_flags: `CASE WHEN r_turned THEN ${partialFlags.spokeBack} + ${bit("r_answered", partialFlags.spoke)} ELSE ${partialFlags.spoke} + ${bit("r_answered", partialFlags.spokeBack)} END + ${bit("z_broadcast", partialFlags.broadcast)}`,
  });
  const sums = Object.entries({
    a: "k_a",
    b: "k_b",
    protocol: "k_protocol",
    a_port: "k_a_port",
    b_port: "k_b_port",
    icmp_type: "k_icmp_type",
    slot: "k_slot",
    reason: "k_reason",
    connections: sql.count,
    packets: "sum(v_packets)",
    packets_back: "sum(v_packets_back)",
    bytes: "sum(v_bytes)",
    bytes_back: "sum(v_bytes_back)",
    first: "min(v_first)",
    last: "max(v_last)",
    until: "max(v_until)",
    presence: sql.pairs("v_far", "v_far IS NOT NULL"),
    evidence: "max(v_evidence)",
    flags: sql.anyBits("v_flags"),
    requests: sql.sorted("v_first"),
  });
  const columns = (list: readonly (readonly [string, string])[]): string =>
    list.map(([name, expression]) => `${expression} AS ${sql.name(name)}`).join(",\n  ");
  const keys = oriented.map(([name]) => name).filter((name) => name.startsWith("k_"));
  return `WITH zeek_log AS (SELECT ${columns(log)}
 FROM ${from}),
zeek_record AS (SELECT *, ${columns(record)} FROM zeek_log),
zeek_judged AS (SELECT *, ${columns([
    ["r_evidence", evidence],
    ["r_reason", dropped],
  ])} FROM zeek_record),
zeek_turned AS (SELECT *, ${turned} AS r_turned FROM zeek_judged),
zeek_oriented AS (SELECT ${columns(oriented)} FROM zeek_turned)
SELECT ${columns(sums)}
FROM zeek_oriented GROUP BY ${keys.join(", ")}`;
}

/** As `isGroup`. */
const isGroup = (address: string, sql: Dialect): string =>
  `(${address} = '255.255.255.255' OR ${sql.matches(address, multicastPattern.source)})`;

const texts = (values: Iterable<string>, sql: Dialect): string => [...values].map(sql.text).join(", ");

/** A counter that is not there, or no count, is 0. */
const countOf = (number: string): string =>
  `CASE WHEN ${number} >= 0 AND ${number} < 1e300 THEN ${number} ELSE 0 END`;

function protocolOf(fields: ZeekExpressions, sql: Dialect): string {
  const { tcp, udp, sctp, icmp, icmpv6 } = protocolNumbers;
  const named = Object.entries({ tcp, udp, sctp }).map(
    ([name, number]) => `WHEN ${fields.proto} = ${sql.text(name)} THEN ${number}`,
  );
  const six = sql.contains(fields["id.orig_h"], ":");
  return (
    `CASE WHEN ${fields.ip_proto} IS NOT NULL THEN ${fields.ip_proto} ${named.join(" ")} ` +
    `WHEN ${fields.proto} = ${sql.text("icmp")} THEN CASE WHEN ${six} THEN ${icmpv6} ELSE ${icmp} END END`
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
    ([number, numbers]) => `WHEN ${number} THEN ${port} IN (${[...numbers].join(", ")})`,
  );
  return `coalesce(CASE ${protocol} ${cases.join(" ")} ELSE false END, false)`;
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
