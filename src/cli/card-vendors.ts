import { createRequire } from "node:module";

/** IEEE's blocks of 24, 28 and 36 bits, the longest first. */
const lengths = [9, 7, 6] as const;

/**
 * The makers of network cards, from IEEE's registry as `oui-data` packs it (silverwind; 5.6 MB of JSON, made anew each
 * week, no code). It is read when it is asked for: no other command should wait for it.
 */
export function cardVendors(): (mac: string) => string | undefined {
  const registry: Readonly<Record<string, string>> = createRequire(import.meta.url)("oui-data");
  return (mac) => {
    const digits = mac.replaceAll(":", "").toUpperCase();
    // A card whose address somebody chose is in no registry: bit 1 of the first byte.
    if (Number.parseInt(digits.slice(0, 2), 16) & 2) return undefined;
    const block = lengths
      .map((length) => digits.slice(0, length))
      .find((prefix) => Object.hasOwn(registry, prefix));
    return block === undefined ? undefined : registry[block]!.split("\n", 1)[0];
  };
}
