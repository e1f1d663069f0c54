import { child, childText, type XmlElement } from "./xml.ts";

/**
 * The line that pfSense makes of a floating rule (filter.inc: filter_generate_user_rule, 2.7), its traps included: what
 * pfSense drops is dropped here too, so that a reader sees the rule that runs and not the one that was meant.
 * Interfaces, gateways, queues, schedules and state options are left to the caller to refuse.
 */
export function generateRule(rule: XmlElement, aliases: ReadonlySet<string>): string {
  const text = (name: string): string => childText(rule, name) ?? "";
  const has = (name: string): boolean => child(rule, name) !== undefined;
  const description = text("descr");
  if (has("disabled")) return `# rule ${description} disabled`;
  const family = text("ipprotocol") === "inet6" ? "inet6" : "inet";
  // An older file may have no type, or one that is not known: it becomes a pass.
  const type = ["pass", "block", "reject", "match"].includes(text("type")) ? text("type") : "pass";
  const protocol = text("protocol");
  const [source, destination] = ["source", "destination"].map((name) => {
    const end = child(rule, name);
    return { address: addressOf(end, aliases), port: childText(end, "port") ?? "" };
  });
  if (!source?.address || !destination?.address)
    return `# ${description}: an address that cannot be resolved`;
  const ports = [source, destination].map(({ port }) => portOf(port, protocol));
  if (ports.includes("unresolvable")) return `# ${description}: a port that cannot be resolved`;
  return [
    type === "reject" ? "block return" : type,
    text("floating") === "yes" && text("direction") !== "any" ? text("direction") : "",
    has("log") ? "log" : "",
    !has("floating") || has("quick") ? "quick" : "",
    family,
    protocolOf(protocol, family, source.port !== "" || destination.port !== ""),
    `from ${source.address}${ports[0]}`,
    `to ${destination.address}${ports[1]}`,
    icmpOf(protocol, family, text("icmptype")),
    text("tag") === "" ? "" : `tag "${text("tag")}"`,
    text("tagged") === "" ? "" : `${has("nottagged") ? "! " : ""}tagged "${text("tagged")}"`,
    text("tracker") === "" ? "" : `ridentifier ${text("tracker")}`,
    protocol === "tcp" ? (has("tcpflags_any") ? "flags any" : "flags S/SA") : "",
    `label "USER_RULE: ${description}" label "id:${text("tracker")}"`,
  ]
    .filter((word) => word !== "")
    .join(" ");
}

/** Without a protocol a rule with ports is made one of TCP, and the ports are lost. */
function protocolOf(protocol: string, family: string, hasPorts: boolean): string {
  if (protocol === "") return hasPorts ? "proto tcp" : "";
  if (protocol === "tcp/udp") return "proto { tcp udp }";
  return protocol === "icmp" && family === "inet6" ? "proto ipv6-icmp" : `proto ${protocol}`;
}

/** Of all of 1-65535 it writes none; and none of 0, which PHP takes for no port at all. */
function portOf(port: string, protocol: string): string | "unresolvable" {
  if (port === "" || port === "0" || port === "1-65535" || !["tcp", "udp", "tcp/udp"].includes(protocol))
    return "";
  return /^[1-9]\d*(-[1-9]\d*)?$/.test(port) ? ` port ${port.replace("-", ":")}` : "unresolvable";
}

const icmpOf = (protocol: string, family: string, type: string): string => {
  if (protocol !== "icmp" || type === "" || type === "any") return "";
  return `${family === "inet6" ? "icmp6-type" : "icmp-type"} ${type.includes(",") ? `{ ${type} }` : type}`;
};

/** An address, a table, or undefined for a name that is no alias. */
function addressOf(end: XmlElement | undefined, aliases: ReadonlySet<string>): string | undefined {
  if (child(end, "any")) return "any";
  if (childText(end, "network") === "(self)") return "(self)";
  const not = child(end, "not") ? "! " : "";
  const address = childText(end, "address") ?? "";
  if (aliases.has(address)) return `${not}<${address}>`;
  return /^[0-9a-f.:]+(\/\d+)?$/i.test(address) && /[.:]/.test(address) ? not + address : undefined;
}

/** The table that pfSense makes of a network alias: the entries as they are. An empty one matches nothing. */
export const generateTable = (alias: XmlElement): string =>
  `table <${childText(alias, "name")}> { ${(childText(alias, "address") ?? "").split(/\s+/).join(" ")} }`;
