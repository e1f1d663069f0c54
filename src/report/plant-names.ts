import type { ReviewFacts } from "../plan/review-facts.ts";

/** Says what the plant calls an address or a network; text that it does not name stays as it is. */
export interface PlantNames {
  /** `plc1 (10.10.1.10)`, or the address alone. */
  readonly end: (address: string) => string;
  /** A packet as text, with the names of its two ends: `tcp … -> … (hmi to plc1)`. */
  readonly packet: (packet: string) => string;
}

export function plantNames(facts: Pick<ReviewFacts, "zones"> | undefined): PlantNames {
  const names = new Map<string, string>();
  for (const zone of facts?.zones ?? []) {
    for (const network of zone.networks) names.set(network, `zone ${zone.id}`);
    for (const asset of zone.assets) for (const address of asset.addresses) names.set(address, asset.id);
  }
  return {
    end: (address) => {
      const name = names.get(address);
      return name === undefined ? address : `${name} (${address})`;
    },
    packet: (packet) => {
      const ends = /(\S+) -> (\S+)/.exec(packet);
      const named = (ends?.slice(1) ?? []).map((end) => names.get(addressOf(end)) ?? addressOf(end));
      return named.length === 2 ? `${packet} (${named[0]} to ${named[1]})` : packet;
    },
  };
}

/** The address in an end with or without its port: `10.1.0.10:502`, `[fd00::1]:502`, `fd00::1`. */
const addressOf = (end: string): string =>
  /^\[(.*)\]:\d+$/.exec(end)?.[1] ?? (end.split(":").length === 2 ? end.split(":")[0]! : end);
