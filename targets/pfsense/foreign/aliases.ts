import type { Range } from "../../../src/compile/program.ts";
import type { AddressRange } from "../../../src/net/address.ts";
import { child, childText, type XmlElement } from "../config/xml.ts";
import { addressOf } from "./addresses.ts";

/** What an alias holds; `unknown` says why it holds more than that, or something else. */
export interface Content<T> {
  readonly items: readonly T[];
  readonly unknown?: string;
}

export interface Aliases {
  has(name: string): boolean;
  addresses(name: string): Content<AddressRange>;
  ports(name: string): Content<Range>;
}

/** The aliases of a config.xml, those inside others resolved. */
export function readAliases(root: XmlElement): Aliases {
  const all = new Map(
    (child(root, "aliases")?.children ?? [])
      .filter(({ name }) => name === "alias")
      .map((element) => [childText(element, "name") ?? "", element] as const),
  );
  const contentOf = <T>(
    name: string,
    types: ReadonlySet<string>,
    item: (text: string) => T | undefined,
    above: readonly string[] = [],
  ): Content<T> => {
    const alias = all.get(name);
    if (!alias) return { items: [], unknown: `alias "${name}" is not there` };
    if (above.includes(name)) return { items: [], unknown: `alias "${name}" holds itself` };
    const type = childText(alias, "type") ?? "";
    if (!types.has(type))
      return { items: [], unknown: `alias "${name}" of type ${type || "nothing"} is filled elsewhere` };
    const parts = (childText(alias, "address") ?? "")
      .split(/\s+/)
      .filter((text) => text !== "")
      .map((text): Content<T> => {
        if (all.has(text)) return contentOf(text, types, item, [...above, name]);
        const found = item(text);
        return found === undefined
          ? { items: [], unknown: `"${text}" in alias "${name}" has to be looked up` }
          : { items: [found] };
      });
    const unknown = parts.find((part) => part.unknown)?.unknown;
    return { items: parts.flatMap(({ items }) => items), ...(unknown !== undefined && { unknown }) };
  };
  return {
    has: (name) => all.has(name),
    addresses: (name) => contentOf(name, hostTypes, addressOf),
    ports: (name) => contentOf(name, portTypes, portsOf),
  };
}

const hostTypes: ReadonlySet<string> = new Set(["host", "network"]);
const portTypes: ReadonlySet<string> = new Set(["port"]);

/** One port, or a range with `:` or `-` in it. */
export function portsOf(text: string): Range | undefined {
  const [, first = "", last = first] = /^(\d{1,5})(?:[:-](\d{1,5}))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  return first !== "" && from <= to && to <= 65_535 ? { from, to } : undefined;
}
