import type { ConduitRules, FirewallRules } from "../../src/compile/ir.ts";
import { printable } from "../../src/diagnostics/printable.ts";
import { icmpProtocol } from "../../src/net/protocol.ts";
import type { Service } from "../../src/net/service.ts";
import { type OwnRule, type OwnRuleset, ownRules, type Side } from "./own-rules.ts";

/** The whole of Sluice's part of a firewall as one pf.conf; each conduit's share is what its anchor holds in a trial. */
export const emit = (rules: FirewallRules): string =>
  `# Sluice: firewall ${rules.firewall}. Written by "sluice compile"; a change by hand is found and refused.\n` +
  `# ${unproven}\n` +
  rules.conduits.map((conduit) => `\n${emitConduit(conduit)}`).join("");

const unproven =
  "UNPROVEN: what this means rests on pf.conf(5) and the source of pf and pfSense; no real pfSense has judged it here.";

/** One conduit, as `pfctl -a userrules/sluice_… -f -` loads it. */
export function emitConduit(rules: ConduitRules): string {
  const own = ownRules(rules);
  const lines = [
    `# conduit ${rules.conduit}: ${rules.zones.join(" and ")}, ${rules.stage}`,
    ...own.tables.map(({ name, prefixes }) => `table <${name}> const { ${prefixes.join(" ")} }`),
    ...own.groups.flatMap((group) => [
      `# ${printable(group.heading)}`,
      ...group.rules.map((rule) => ruleLine(own, rule)),
    ]),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function ruleLine(own: OwnRuleset, rule: OwnRule): string {
  const action = rule.effect === "tag" ? "match in" : denyWords[own.stage];
  return [
    action,
    rule.family === 4 ? "inet" : "inet6",
    ...protocolWords(rule.service, rule.family),
    `from ${sideWords(rule.source)}`,
    `to ${sideWords(rule.destination)}`,
    ...portWords(rule.service),
    rule.effect === "tag" ? `tag "${own.tag}"` : `! tagged "${own.tag}"`,
    `ridentifier ${rule.tracker}`,
    `label "sluice:${own.conduit}" label "${rule.part}"`,
  ].join(" ");
}

/** The one place in which the stages differ. */
const denyWords = { monitor: "match in log", enforce: "block in log quick" } as const;

function sideWords(side: Side): string {
  switch (side.kind) {
    case "any":
      return "any";
    case "self":
      return "(self)";
    case "prefix":
      return side.prefix;
    case "table":
      return `<${side.table}>`;
  }
}

const protocolNames: ReadonlyMap<number, string> = new Map([
  [1, "icmp"],
  [6, "tcp"],
  [17, "udp"],
  [58, "ipv6-icmp"],
]);
const protocolName = (protocol: number): string => protocolNames.get(protocol) ?? `${protocol}`;

function protocolWords(service: Service, family: 4 | 6): readonly string[] {
  switch (service.kind) {
    case "any":
      return [];
    case "icmp":
      return [`proto ${protocolName(icmpProtocol(family))}`];
    case "ports":
    case "protocol":
      return [`proto ${protocolName(service.protocol)}`];
  }
}

/** `flags any`: also packets of connections that pf does not know are admitted, and left to the host's own rules. */
function portWords(service: Service): readonly string[] {
  switch (service.kind) {
    case "any":
      return [];
    case "ports": {
      const port = service.from === service.to ? `${service.from}` : `${service.from}:${service.to}`;
      return [`port ${port}`, ...(service.protocol === 6 ? ["flags any"] : [])];
    }
    case "icmp":
      return [`${service.family === 4 ? "icmp-type" : "icmp6-type"} ${service.type}`];
    case "protocol":
      return service.protocol === 6 ? ["flags any"] : [];
  }
}
