import type { Range } from "../../../src/compile/program.ts";
import type { Family } from "../../../src/net/address.ts";
import { child, childText, type XmlElement } from "../config/xml.ts";
import { icmpTypeNumber, protocolNumber } from "../pf/names.ts";
import type { End, PfRule } from "../pf/syntax.ts";
import type { Doubt } from "../pf/tokens.ts";
import { addressOf, allBut } from "./addresses.ts";
import { type Aliases, type Content, portsOf } from "./aliases.ts";
import type { ConfigInterfaces } from "./interfaces.ts";

export interface World {
  readonly aliases: Aliases;
  readonly interfaces: ConfigInterfaces;
  readonly doubt: Doubt;
}

/**
 * The rules that pfSense makes of one `<rule>` (filter.inc: filter_generate_user_rule, 2.7), one for each IP version.
 * What pfSense itself loses is lost here too; where the outcome is not in the file, the rules are uncertain and it is
 * named.
 */
export function readRule(rule: XmlElement, world: World): readonly PfRule[] {
  const text = (name: string): string => childText(rule, name) ?? "";
  const has = (name: string): boolean => child(rule, name) !== undefined;
  if (has("disabled")) return [];
  let uncertain = false;
  const doubt = (what: string, at: XmlElement = rule): void => {
    uncertain = true;
    world.doubt(what, at.span);
  };
  for (const field of rule.children) {
    if (known.has(field.name) || (field.text === "" && field.children.length === 0)) continue;
    doubt(`<${field.name}> of a rule`, field);
  }
  const isFloating = has("floating");
  const type = ["pass", "block", "reject", "match"].includes(text("type")) ? text("type") : "pass";
  if (type !== text("type")) doubt(`type "${text("type")}" of a rule, which pfSense takes for a pass`);
  const on = interfacesOf(text("interface"), world, doubt);
  const protocol = text("protocol").toLowerCase();
  const [source, destination] = ["source", "destination"].map((name) => child(rule, name));
  const hasPorts = [source, destination].some((end) => childText(end, "port"));
  if (protocol === "" && hasPorts) doubt("ports without a protocol, which pfSense makes all of TCP");
  const ends = [source, destination].map((end) =>
    endOf(end, protocol, world, (what) => doubt(what, end ?? rule)),
  );
  const state = text("statetype") === "none" ? "none" : type === "pass" ? "keep" : "none";
  const direction = text("direction");
  const common = {
    action: type === "reject" ? "block" : (type as PfRule["action"]),
    direction: !isFloating ? "in" : direction === "in" || direction === "out" ? direction : "both",
    order: !isFloating || has("quick") ? "quick" : "last",
    log: has("log") ? "log" : "silent",
    source: ends[0]!,
    destination: ends[1]!,
    labels: text("descr") === "" ? [] : [text("descr")],
    flags: flagsOf(rule, type, state, doubt),
    state,
    span: rule.span,
    ...on,
    ...(text("tag") !== "" && { tag: text("tag") }),
    ...(text("tagged") !== "" && {
      tagged: { tag: text("tagged"), holds: has("nottagged") ? "not-tagged" : "tagged" } as const,
    }),
  } as const;
  const families: readonly Family[] =
    text("ipprotocol") === "inet46" ? [4, 6] : text("ipprotocol") === "inet6" ? [6] : [4];
  return families.map((family): PfRule => {
    const protocols = protocolsOf(protocol, family, hasPorts, doubt);
    const icmp = protocol === "icmp" ? icmpOf(text("icmptype"), family, doubt) : "any";
    return { ...common, family, protocols, icmp, ...(uncertain && { uncertain: true }) };
  });
}

/** Fields with a meaning here, and those without a say in the verdict. */
const known: ReadonlySet<string> = new Set(
  (
    "id tracker type interface ipprotocol protocol icmptype source destination direction quick floating log descr " +
    "disabled tag tagged nottagged statetype statetimeout tcpflags_any tcpflags1 tcpflags2 allowopts disablereplyto " +
    "nopfsync nosync created updated associated-rule-id ackqueue defaultqueue dnpipe pdnpipe"
  ).split(" "),
);

/** Those of a rule: by any of its names, with the members of groups. No interface at all is every interface. */
function interfacesOf(
  text: string,
  { interfaces: { one, groups } }: World,
  doubt: (what: string) => void,
): Pick<PfRule, "on"> {
  const asked = text.split(",").filter((name) => name !== "");
  if (asked.length === 0 || asked.includes("any")) return {};
  const names = asked
    .flatMap((name) => groups.get(name) ?? [name])
    .flatMap((name): readonly string[] | "unknown" => {
      const found = one.get(name.toLowerCase());
      if (found && !found.enabled) doubt(`interface "${name}" is off, so that pfSense leaves the rule out`);
      return found?.names ?? others.get(name.toLowerCase()) ?? "unknown";
    });
  if (!names.includes("unknown")) return { on: { names } };
  doubt(`an interface of "${text}" is not in the file`);
  return {};
}

/** Interfaces that services make. */
const others: ReadonlyMap<string, readonly string[]> = new Map([
  ["openvpn", ["openvpn", "ovpn*"]],
  ["enc0", ["enc0", "ipsec*"]],
  ["ipsec", ["enc0", "ipsec*"]],
  ["wireguard", ["WireGuard", "tun_wg*"]],
]);

function endOf(
  end: XmlElement | undefined,
  protocol: string,
  world: World,
  doubt: (what: string) => void,
): End {
  const text = (name: string): string => childText(end, name) ?? "";
  const { items, unknown } = (():
    | Content<never>
    | Content<NonNullable<ReturnType<typeof addressOf>>>
    | { readonly items: "any"; readonly unknown?: string } => {
    if (child(end, "any")) return { items: "any" };
    const [network, address] = [text("network"), text("address")];
    if (network !== "") return networkOf(network, world);
    const found = addressOf(address);
    return found ? { items: [found] } : world.aliases.addresses(address);
  })();
  if (unknown !== undefined) doubt(unknown);
  const addresses =
    unknown !== undefined ? "any" : child(end, "not") && items !== "any" ? allBut(items) : items;
  return { addresses, ports: portsAt(text("port"), protocol, world, doubt) };
}

/** The network of an interface; no forwarded packet is from or to the firewall's own addresses. */
function networkOf(name: string, { interfaces }: World): Content<NonNullable<ReturnType<typeof addressOf>>> {
  if (name === "(self)") return { items: [] };
  const own = interfaces.one.get(name.toLowerCase());
  if (own) {
    return own.unknown.length === 0
      ? { items: own.networks }
      : { items: own.networks, unknown: `the network of interface "${name}" is not in the file` };
  }
  if (name.endsWith("ip") && interfaces.one.has(name.slice(0, -2).toLowerCase())) return { items: [] };
  const found = addressOf(name);
  return found ? { items: [found] } : { items: [], unknown: `the network "${name}" is not in the file` };
}

/** pfSense writes ports only for TCP and UDP. */
function portsAt(
  text: string,
  protocol: string,
  { aliases }: World,
  doubt: (what: string) => void,
): End["ports"] {
  if (text === "" || !["tcp", "udp", "tcp/udp"].includes(protocol)) return "any";
  if (text === "0") {
    doubt("port 0, which PHP may take for no port at all");
    return "any";
  }
  const found = portsOf(text);
  if (found) return [found];
  const { items, unknown } = aliases.ports(text);
  if (unknown === undefined && items.length > 0) return items;
  doubt(unknown ?? `alias "${text}" has no port, so that pfSense leaves the rule out`);
  return "any";
}

function protocolsOf(
  text: string,
  family: Family,
  hasPorts: boolean,
  doubt: (what: string) => void,
): PfRule["protocols"] {
  const exactly = (value: number): Range => ({ from: value, to: value });
  if (text === "") return hasPorts ? [exactly(6)] : "any";
  if (text === "any") return "any";
  if (text === "tcp/udp") return [exactly(6), exactly(17)];
  if (text === "icmp") return [exactly(family === 4 ? 1 : 58)];
  const number = protocolNumber(text);
  if (number === 0) return "any";
  if (number !== undefined) return [exactly(number)];
  doubt(`protocol "${text}"`);
  return "any";
}

function icmpOf(text: string, family: Family, doubt: (what: string) => void): PfRule["icmp"] {
  const names = text.split(",").filter((name) => name !== "");
  if (names.length === 0 || names.includes("any")) return "any";
  const types = names.map((name) => icmpTypeNumber(family, name));
  if (!types.includes(undefined) && !types.includes(255))
    return types.map((type) => ({ family, type: type! }));
  doubt(`ICMP type "${text}"`);
  return "any";
}

function flagsOf(
  rule: XmlElement,
  type: string,
  state: PfRule["state"],
  doubt: (what: string) => void,
): PfRule["flags"] {
  if (child(rule, "tcpflags_any")) return "any";
  const [set, mask] = [childText(rule, "tcpflags1") ?? "", childText(rule, "tcpflags2") ?? ""];
  if (mask !== "" && !(set === "syn" && ["syn,ack", "ack,syn"].includes(mask)))
    doubt(`TCP flags ${set} of ${mask}`);
  return mask !== "" || (type === "pass" && state === "keep") ? "syn" : "any";
}
