import { meetAll } from "../../../src/compile/meet.ts";
import type { Cube, Range } from "../../../src/compile/program.ts";
import { linuxStates } from "../../../src/compile/reading.ts";
import { AddressError, everyAddress, type Family, parseRange } from "../../../src/net/address.ts";
import { connectionStates } from "../../../src/net/packet.ts";
import { portProtocols, protocolNumbers } from "../../../src/net/protocol.ts";
import { icmp6Types, icmpTypes, protocols } from "../reader/vocabulary.ts";
import type { Operator } from "./syntax.ts";

/** First words of a field: headers, and what nft knows about a packet besides. */
export const headers: ReadonlySet<string> = new Set(
  "ip ip6 tcp udp udplite sctp dccp th icmp icmpv6 igmp ah esp comp ether vlan arp meta ct".split(" "),
);
/** Fields of `meta` that nft lists without that word. */
export const bareFields: ReadonlySet<string> = new Set(["iif", "oif", "iifname", "oifname"]);
/** Fields of `ct` that are one word. */
export const connectionFields: ReadonlySet<string> = new Set(
  "state direction status mark expiration helper label zone l3proto protocol bytes packets avgpkt id".split(
    " ",
  ),
);

/** What a condition on one field comes to. */
export type Condition = readonly Cube[] | "not modelled";

/** Whether connection tracking knows every packet, or none yet, for it is still to come. */
export type Tracking = "all" | "none" | "unknown";

/** What is known of every packet where a rule stands. */
export interface Context {
  readonly tracking: Tracking;
  /** Which of a packet's interfaces are known to every kernel at this hook. */
  readonly ingress: boolean;
  readonly egress: boolean;
}

/**
 * The packets whose field compares so with any of the values; of a packet without the field none does, whatever the
 * operator: `ip saddr != 10.0.0.1` matches no IPv6. "not modelled" where that depends on more than the packet.
 */
export function condition(
  field: string,
  operator: Operator,
  values: readonly string[],
  context: Context,
): Condition {
  const numbers = numberFields.get(field);
  if (numbers) return numberCondition(numbers, operator, values);
  switch (field) {
    case "ip saddr":
    case "ip daddr":
    case "ip6 saddr":
    case "ip6 daddr":
      return addressCondition(field, operator, values);
    case "ct state":
      return stateCondition(operator, values, context.tracking);
    case "ct direction":
      // A match of iptables that nft lists so asks no more of a packet without a connection.
      return context.tracking === "none" ? "not modelled" : directionCondition(operator, values);
    case "ip6 nexthdr":
      return nextHeaderCondition(operator, values, context);
    case "meta nfproto":
    case "meta protocol":
    case "ether type":
      return familyCondition(operator, values);
    case "meta iif":
    case "meta iifname":
      return interfaceCondition("ingress", operator, values, context);
    case "meta oif":
    case "meta oifname":
      return interfaceCondition("egress", operator, values, context);
    default:
      return "not modelled";
  }
}

/** What a packet must be to have the field at all, whatever is asked of it. */
export function presence(field: string): Cube {
  const [header = ""] = field.split(" ");
  if (header === "ip") return { family: 4 };
  if (header === "ip6") return { family: 6 };
  const protocol = headerProtocols.get(header);
  return protocol === undefined ? {} : { protocol: exactly(protocol) };
}

const headerProtocols: ReadonlyMap<string, number> = new Map([
  ...Object.entries(protocolNumbers),
  ["comp", 108],
]);

const exactly = (value: number): Range => ({ from: value, to: value });

interface NumberField {
  readonly max: number;
  readonly names: ReadonlyMap<string, number>;
  readonly cubes: (range: Range) => readonly Cube[];
}

const noNames: ReadonlyMap<string, number> = new Map();
const port =
  (side: "sourcePort" | "destinationPort", protocol: number) =>
  (range: Range): readonly Cube[] => [{ protocol: exactly(protocol), [side]: range }];
/** Whatever stands where the ports of others do is compared, also in a protocol without ports. */
const anyPort =
  (side: "sourcePort" | "destinationPort") =>
  (range: Range): readonly Cube[] => [
    { [side]: range },
    ...gaps([...portProtocols].map(exactly), 255).map((protocol): Cube => ({ protocol, uncertain: true })),
  ];
const icmp =
  (protocol: number, part: "icmpType" | "icmpCode") =>
  (range: Range): readonly Cube[] => [{ protocol: exactly(protocol), [part]: range }];

const numberFields: ReadonlyMap<string, NumberField> = new Map<string, NumberField>([
  ["meta l4proto", { max: 255, names: protocols, cubes: (protocol) => [{ protocol }] }],
  ["ip protocol", { max: 255, names: protocols, cubes: (protocol) => [{ family: 4, protocol }] }],
  ["icmp type", { max: 255, names: icmpTypes, cubes: icmp(1, "icmpType") }],
  ["icmp code", { max: 255, names: noNames, cubes: icmp(1, "icmpCode") }],
  ["icmpv6 type", { max: 255, names: icmp6Types, cubes: icmp(58, "icmpType") }],
  ["icmpv6 code", { max: 255, names: noNames, cubes: icmp(58, "icmpCode") }],
  ...(["tcp", "udp", "udplite", "dccp", "sctp"] as const).flatMap((name) =>
    (["sport", "dport"] as const).map((side): [string, NumberField] => {
      const end = side === "sport" ? "sourcePort" : "destinationPort";
      return [`${name} ${side}`, { max: 65_535, names: noNames, cubes: port(end, protocolNumbers[name]) }];
    }),
  ),
  ["th sport", { max: 65_535, names: noNames, cubes: anyPort("sourcePort") }],
  ["th dport", { max: 65_535, names: noNames, cubes: anyPort("destinationPort") }],
]);

function numberCondition(
  { max, names, cubes }: NumberField,
  operator: Operator,
  values: readonly string[],
): Condition {
  const ranges: Range[] = [];
  for (const value of values) {
    const range = value === "*" ? { from: 0, to: max } : readNumbers(value, names, max);
    if (!range) return "not modelled";
    ranges.push(range);
  }
  return compared(operator, ranges, max).flatMap(cubes);
}

function readNumbers(text: string, names: ReadonlyMap<string, number>, max: number): Range | undefined {
  const number = (part: string): number | undefined => {
    const value = names.get(part) ?? (/^\d{1,5}$/.test(part) ? Number(part) : undefined);
    return value !== undefined && value <= max ? value : undefined;
  };
  const [from, to] = [number(text), number(text)];
  if (from !== undefined && to !== undefined) return { from, to };
  // A name may hold hyphens of its own.
  const dash = text.indexOf("-");
  const [first, last] = [number(text.slice(0, dash)), number(text.slice(dash + 1))];
  return dash > 0 && first !== undefined && last !== undefined ? { from: first, to: last } : undefined;
}

function compared(operator: Operator, ranges: readonly Range[], max: number): readonly Range[] {
  const [{ from, to } = { from: 0, to: max }] = ranges;
  const within = (low: number, high: number): readonly Range[] =>
    low <= high ? [{ from: low, to: high }] : [];
  switch (operator) {
    case "==":
      return ranges;
    case "!=":
      return gaps(ranges, max);
    case "<":
      return within(0, from - 1);
    case "<=":
      return within(0, to);
    case ">":
      return within(to + 1, max);
    case ">=":
      return within(from, max);
  }
}

/** What lies between ranges, from 0 to a maximum. */
function gaps(ranges: readonly Range[], max: number): readonly Range[] {
  const free: Range[] = [];
  let next = 0;
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    if (from > next) free.push({ from: next, to: from - 1 });
    next = Math.max(next, to + 1);
  }
  return next > max ? free : [...free, { from: next, to: max }];
}

type AddressField = "ip saddr" | "ip daddr" | "ip6 saddr" | "ip6 daddr";

function addressCondition(field: AddressField, operator: Operator, values: readonly string[]): Condition {
  const family: Family = field.startsWith("ip6") ? 6 : 4;
  const end = field.endsWith("saddr") ? "source" : "destination";
  const every = everyAddress(family);
  const ranges: (typeof every)[] = [];
  for (const value of values) {
    try {
      const range = value === "*" ? every : parseRange(value);
      if (range.family !== family) return "not modelled";
      ranges.push(range);
    } catch (error) {
      if (error instanceof AddressError) return "not modelled";
      throw error;
    }
  }
  if (operator === "==") return ranges.map((range): Cube => ({ family, [end]: range }));
  if (operator !== "!=") return "not modelled";
  const free: Cube[] = [];
  let next = 0n;
  for (const { from, to } of ranges.sort((a, b) => (a.from < b.from ? -1 : 1))) {
    if (from > next) free.push({ family, [end]: { family, from: next, to: from - 1n } });
    if (to >= next) next = to + 1n;
  }
  return next > every.to ? free : [...free, { family, [end]: { family, from: next, to: every.to } }];
}

function stateCondition(operator: Operator, values: readonly string[], tracking: Tracking): Condition {
  // Where every packet is tracked, or none yet, none is in the state "untracked".
  const known = values.filter((value) => value !== "untracked");
  const named = known.map((value) => linuxStates.get(value));
  const asks = operator === "==" || operator === "!=";
  if (tracking === "unknown" || named.includes(undefined) || !asks) return "not modelled";
  // A packet without a connection is invalid to nft, whatever becomes of it.
  if (tracking === "none") return named.includes("none") === (operator === "==") ? [{}] : [];
  const states = connectionStates.filter((state) => named.includes(state) === (operator === "=="));
  return [{ states }];
}

/** ICMP errors belong to either direction, and a packet without a connection has none. */
function directionCondition(operator: Operator, values: readonly string[]): Condition {
  const [value] = values;
  if (values.length !== 1 || (value !== "original" && value !== "reply") || !/^[!=]=$/.test(operator)) {
    return "not modelled";
  }
  const other = value === "reply" ? "original" : "reply";
  return [{ states: [operator === "==" ? value : other] }, { states: ["related"], uncertain: true }];
}

/** The header behind the first one is the protocol only where no extension header stands between. */
function nextHeaderCondition(operator: Operator, values: readonly string[], context: Context): Condition {
  const cubes = condition("meta l4proto", operator, values, context);
  if (cubes === "not modelled") return cubes;
  const extensions = condition("meta l4proto", operator, ["0", "43", "44", "60", "135"], context);
  const mayBeExtension = extensions !== "not modelled" && meetAll([cubes, extensions]).length > 0;
  return mayBeExtension || operator !== "=="
    ? [{ family: 6, uncertain: true }]
    : cubes.map((cube): Cube => ({ ...cube, family: 6, uncertain: true }));
}

function interfaceCondition(
  end: "ingress" | "egress",
  operator: Operator,
  values: readonly string[],
  context: Context,
): Condition {
  // A star that is escaped is part of the name.
  // A number is an interface that was not there when the rules were listed.
  if (!/^[!=]=$/.test(operator) || values.some((value) => /\\|^\$|^\d+$/.test(value))) return "not modelled";
  // No packet that is forwarded comes from the loopback interface, or leaves by it.
  if (values.every((value) => value === "lo")) return operator === "==" ? [] : [{}];
  if (!context[end]) return "not modelled";
  return [{ [end]: [{ names: values, ...(operator === "!=" && { not: true }) }] }];
}

const familyNames: ReadonlyMap<string, Family> = new Map([
  ["ipv4", 4],
  ["ipv6", 6],
  ["ip", 4],
  ["ip6", 6],
  ["2", 4],
  ["10", 6],
]);

function familyCondition(operator: Operator, values: readonly string[]): Condition {
  const named = values.map((value) => familyNames.get(value));
  if (named.includes(undefined) || (operator !== "==" && operator !== "!=")) return "not modelled";
  return ([4, 6] as const)
    .filter((family) => named.includes(family) === (operator === "=="))
    .map((family): Cube => ({ family }));
}
