import { type AddressRange, formatRange } from "../net/address.ts";
import type { InventoryHost } from "./host.ts";
import { uniqueIds } from "./names.ts";

/** Hosts as the assets of a zone in a site file, a line each, with those addresses that lie in the zone. */
export function assetLines(
  hosts: readonly InventoryHost[],
  isInside: (address: AddressRange) => boolean,
  taken: readonly string[] = [],
): readonly string[] {
  const ids = uniqueIds([...taken, ...hosts.map(({ name }) => name)]).slice(taken.length);
  return hosts.map((host, index) => {
    const addresses = host.addresses.filter(isInside).map(quoted);
    const facts = (["role", "vendor", "model", "firmware"] as const).flatMap((key) => {
      const fact = plainText(host[key] ?? "");
      return fact === "" ? [] : `, ${key}: ${JSON.stringify(fact)}`;
    });
    const note = plainText(host.note ?? "");
    const asset = `${ids[index]}: {addresses: [${addresses.join(", ")}]${facts.join("")}}`;
    return `      ${asset}${note === "" ? "" : ` # ${note}`}`;
  });
}

/** Text of an inventory as a site file takes it: one line of what can be printed. */
export const plainText = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim()
    .slice(0, 500);

/** IPv6 addresses hold colons, which YAML would read as keys. */
export const quoted = (range: AddressRange): string =>
  range.family === 6 ? JSON.stringify(formatRange(range)) : formatRange(range);
