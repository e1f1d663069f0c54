import type { AddressRange } from "../../../src/net/address.ts";
import { child, childText, type XmlElement } from "../config/xml.ts";
import { anyEnd } from "../pf/hosts.ts";
import type { End, PfRule } from "../pf/syntax.ts";
import { prefixOf } from "./addresses.ts";
import type { World } from "./rules.ts";

/**
 * The rules that pfSense puts before those of people (filter.inc: filter_rules_generate, 2.7), as far as they concern
 * packets that are forwarded: everything that comes in is blocked in the end, everything that leaves is passed. Rules
 * for the firewall's own traffic, among them the one against locking oneself out, are left out.
 */
export function defaultRules(root: XmlElement, world: World): readonly PfRule[] {
  const system = child(root, "system");
  const rule = (fields: Partial<PfRule>): PfRule => ({
    ...{ action: "block", direction: "both", order: "quick", log: "silent", family: "any", protocols: "any" },
    ...{ source: anyEnd, destination: anyEnd, icmp: "any", labels: [], flags: "any", state: "none" },
    ...{ span: (child(root, "filter") ?? root).span, ...fields },
  });
  const portZero: End = { addresses: "any", ports: [{ from: 0, to: 0 }] };
  const withPorts = [6, 17].map((protocol) => ({ from: protocol, to: protocol }));
  return [
    rule({ direction: "in", order: "last", labels: ["Default deny rule"] }),
    rule({
      action: "pass",
      direction: "out",
      order: "last",
      state: "keep",
      flags: "syn",
      labels: ["let out anything"],
    }),
    child(system, "ipv6allow")
      ? rule({
          ...{ action: "pass", family: 6, protocols: [{ from: 58, to: 58 }], state: "keep" },
          icmp: [1, 2, 135, 136].map((type) => ({ family: 6, type })),
        })
      : rule({ family: 6, labels: ["Block all IPv6"] }),
    rule({ protocols: withPorts, source: portZero }),
    rule({ protocols: withPorts, destination: portZero }),
    ...interfaceRules(world, rule),
    ...serviceRules(root, world, rule),
  ];
}

type Make = (fields: Partial<PfRule>) => PfRule;

const privateNetworks: readonly AddressRange[] = [
  "10.0.0.0/8",
  "127.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "fc00::/7",
].map(prefixOf);

/** "Block bogon networks" and "Block private networks" of each interface; which networks are bogons changes. */
function interfaceRules({ interfaces, doubt }: World, rule: Make): readonly PfRule[] {
  return [...interfaces.one.values()]
    .filter(({ enabled }) => enabled)
    .flatMap(({ names, element }) => {
      const at = { direction: "in", on: { names }, span: element.span } as const;
      const bogons = child(element, "blockbogons");
      if (bogons) doubt("which networks are bogons", bogons.span);
      return [
        ...(bogons ? [rule({ ...at, uncertain: true })] : []),
        ...(child(element, "blockpriv")
          ? [rule({ ...at, source: { addresses: privateNetworks, ports: "any" } })]
          : []),
      ];
    });
}

/** Services that pass or block packets beside the rules, each with what it may do. */
function serviceRules(root: XmlElement, { doubt }: World, rule: Make): readonly PfRule[] {
  const packages = child(root, "installedpackages");
  const found = (
    element: XmlElement | undefined,
    what: string,
    action: "pass" | "block",
  ): readonly PfRule[] => {
    if (!element) return [];
    doubt(what, element.span);
    return [rule({ action, span: element.span, uncertain: true })];
  };
  const passing = (child(root, "nat")?.children ?? []).filter(
    (one) =>
      one.name === "rule" && childText(one, "associated-rule-id") === "pass" && !child(one, "disabled"),
  );
  const zones = (child(root, "captiveportal")?.children ?? []).filter((zone) => child(zone, "enable"));
  return [
    ...found(passing[0], "a port forward that passes by the rules", "pass"),
    ...found(child(child(packages, "miniupnpd"), "config"), "what UPnP opens", "pass"),
    ...found(
      child(child(root, "filter"), "bypassstaticroutes"),
      "traffic between static routes that passes by the rules",
      "pass",
    ),
    ...found(zones[0], "whom a captive portal lets in", "block"),
    ...found(
      child(packages, "snortglobal") ?? child(packages, "suricata"),
      "whom intrusion detection blocks",
      "block",
    ),
  ];
}
