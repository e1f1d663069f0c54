import { formatProtocol } from "../../../src/net/protocol.ts";
import { description } from "../names.ts";
import type { OwnRule, OwnRuleset, OwnTable, Side } from "../own-rules.ts";

/** A child of an element: text, or children of its own. pfSense writes an empty one as `<log></log>`. */
type Field = readonly [name: string, content: string | readonly Field[]];

/** The confirmed rules of a conduit as floating rules of config.xml, in their order. */
export const ruleElements = (own: OwnRuleset): readonly string[] =>
  own.groups.flatMap(({ rules }) => rules.map((rule) => element("rule", ruleFields(own, rule))));

/** The tables of a conduit as aliases. */
export const aliasElements = (own: OwnRuleset): readonly string[] =>
  own.tables.map((table) => element("alias", aliasFields(own.conduit, table)));

/**
 * Fields in pfSense's own order. `<disablereplyto>`: a rule on an interface with a gateway would send its packets to
 * that gateway. `<tcpflags_any>`: pfSense writes `flags S/SA` otherwise. No `<interface>`: every interface.
 */
function ruleFields(own: OwnRuleset, rule: OwnRule): readonly Field[] {
  const isDeny = rule.effect === "deny";
  const isBlock = isDeny && own.stage === "enforce";
  const { service } = rule;
  const protocol =
    service.kind === "icmp" ? "icmp" : service.kind === "any" ? undefined : protocolText(service.protocol);
  const ports: readonly Field[] =
    service.kind === "ports"
      ? [["port", service.from === service.to ? `${service.from}` : `${service.from}-${service.to}`]]
      : [];
  return [
    ["id", ""],
    ["tracker", `${rule.tracker}`],
    ["type", isBlock ? "block" : "match"],
    ["interface", ""],
    ["ipprotocol", rule.family === 4 ? "inet" : "inet6"],
    ...(isDeny ? fields(["tagged", own.tag], ["nottagged", ""]) : fields(["tag", own.tag])),
    ["direction", "in"],
    ...(isBlock ? fields(["quick", "yes"]) : []),
    ["floating", "yes"],
    ["disablereplyto", ""],
    ...(protocol === undefined ? [] : fields(["protocol", protocol])),
    ...(protocol === "tcp" ? fields(["tcpflags_any", ""]) : []),
    ...(service.kind === "icmp" ? fields(["icmptype", `${service.type}`]) : []),
    ["source", [sideField(rule.source)]],
    ["destination", [sideField(rule.destination), ...ports]],
    ...(isDeny ? fields(["log", ""]) : []),
    ["descr", description(own.conduit, rule.part)],
  ];
}

const fields = (...all: readonly Field[]): readonly Field[] => all;

/** pfSense knows TCP and UDP by name, and adds options by it; any other protocol pf takes as a number. */
const protocolText = (protocol: number): string =>
  protocol === 6 || protocol === 17 ? formatProtocol(protocol) : `${protocol}`;

function sideField(side: Side): Field {
  switch (side.kind) {
    case "any":
      return ["any", ""];
    case "self":
      return ["network", "(self)"];
    case "prefix":
      return ["address", side.prefix];
    case "table":
      return ["address", side.table];
  }
}

/** A network alias wants a prefix length with every address. A range or a host name in it could empty it. */
const aliasFields = (conduit: string, { name, prefixes }: OwnTable): readonly Field[] => [
  ["name", name],
  ["type", "network"],
  ["address", prefixes.map(withLength).join(" ")],
  ["descr", description(conduit, "addresses")],
  ["detail", ""],
];

const withLength = (prefix: string): string => {
  if (prefix.includes("/")) return prefix;
  return prefix.includes(":") ? `${prefix}/128` : `${prefix}/32`;
};

/** As pfSense writes it: tabs, and descriptions as CDATA. Every text here is of [A-Za-z0-9_:()/., -]. */
function element(name: string, children: readonly Field[], depth = 2): string {
  const indent = "\t".repeat(depth + 1);
  const lines = children.map(([key, content]) => {
    if (typeof content !== "string") return `${indent}${element(key, content, depth + 1)}`;
    return `${indent}<${key}>${key === "descr" ? `<![CDATA[${content}]]>` : content}</${key}>`;
  });
  return [`<${name}>`, ...lines, `${"\t".repeat(depth)}</${name}>`].join("\n");
}
