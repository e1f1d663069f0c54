import { AddressError, type AddressRange, type Family } from "../../../src/net/address.ts";
import { child, childText, type XmlElement } from "../config/xml.ts";
import { prefixOf } from "./addresses.ts";

/** An interface of a config.xml: `<lan>`, its device, and what people call it. A rule that names it means all three. */
export interface ConfigInterface {
  readonly names: readonly string[];
  readonly enabled: boolean;
  readonly networks: readonly AddressRange[];
  /** Families of which it has a network that the file does not say. */
  readonly unknown: readonly Family[];
  readonly element: XmlElement;
}

export interface ConfigInterfaces {
  readonly one: ReadonlyMap<string, ConfigInterface>;
  /** Members of each interface group. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

export function readInterfaces(root: XmlElement): ConfigInterfaces {
  const virtual = child(root, "virtualip")?.children ?? [];
  const one = new Map<string, ConfigInterface>();
  for (const element of child(root, "interfaces")?.children ?? []) {
    // Versions do not agree on whether the networks of its other addresses are among its own.
    const others = virtual.some((address) => childText(address, "interface") === element.name);
    const parts = [familyOf(element, "ipaddr", "subnet", 4), familyOf(element, "ipaddrv6", "subnetv6", 6)];
    one.set(element.name, {
      names: [element.name, childText(element, "if"), childText(element, "descr")].flatMap(
        (name) => name || [],
      ),
      enabled: child(element, "enable") !== undefined,
      networks: parts.flatMap((part) => (typeof part === "object" ? part : [])),
      unknown: others ? [4, 6] : parts.flatMap((part) => (typeof part === "number" ? part : [])),
      element,
    });
  }
  const groups = (child(root, "ifgroups")?.children ?? []).map(
    (group) => [childText(group, "ifname") ?? "", (childText(group, "members") ?? "").split(/\s+/)] as const,
  );
  return { one, groups: new Map(groups) };
}

/** The network, nothing, or the family alone where an address is given out by somebody else. */
function familyOf(
  element: XmlElement,
  address: string,
  length: string,
  family: Family,
): readonly AddressRange[] | Family {
  const text = childText(element, address) ?? "";
  if (text === "") return [];
  try {
    const range = prefixOf(`${text}/${childText(element, length) || (family === 4 ? 32 : 128)}`);
    return range.family === family ? [range] : family;
  } catch (error) {
    if (error instanceof AddressError) return family;
    throw error;
  }
}
