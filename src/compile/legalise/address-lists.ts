import { type AddressRange, formatRange } from "../../net/address.ts";
import { formatService } from "../../net/service.ts";
import type { LegalRule } from "./legal-rule.ts";
import { toPrefixes } from "./prefixes.ts";

/**
 * Rules of one source and one destination each, as fewer rules with lists of addresses: those of the same services and
 * family whose destinations have the same sources become one.
 */
export function addressLists(rules: readonly LegalRule[]): readonly LegalRule[] {
  if (rules.length <= 1) return rules;
  const alike = new Map<string, LegalRule[]>();
  for (const rule of rules) {
    const key = `${rule.sources[0]!.family} ${rule.services.map(formatService).join()}`;
    const group = alike.get(key) ?? [];
    alike.set(key, group);
    group.push(rule);
  }
  return [...alike.values()].flatMap((group) => {
    const { services } = group[0]!;
    const ends = group.map(({ sources: [source], destinations: [destination] }) => ({
      ...{ source: source!, destination: destination! },
    }));
    return products(ends).map((product) => ({ ...product, services }));
  });
}

interface Ends {
  readonly source: AddressRange;
  readonly destination: AddressRange;
}

/** Pairs of ranges of one family as few products. */
export function products(pairs: readonly Ends[]): readonly Omit<LegalRule, "services">[] {
  const sourcesOf = new Map<
    string,
    { readonly destination: AddressRange; readonly sources: AddressRange[] }
  >();
  for (const { source, destination } of pairs) {
    const key = formatRange(destination);
    const entry = sourcesOf.get(key) ?? { destination, sources: [] };
    sourcesOf.set(key, entry);
    entry.sources.push(source);
  }
  const found = new Map<
    string,
    { readonly sources: readonly AddressRange[]; readonly destinations: AddressRange[] }
  >();
  for (const { destination, sources } of sourcesOf.values()) {
    const key = toPrefixes(sources).map(formatRange).join(" ");
    const product = found.get(key) ?? { sources, destinations: [] };
    found.set(key, product);
    product.destinations.push(destination);
  }
  return [...found.values()];
}
