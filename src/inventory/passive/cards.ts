import { cardText } from "../../baseline/links/sightings.ts";

/** A card that sends from more addresses than this is a router's, and which ones they are says nothing of the card. */
const mostOfOneHost = 32;

/** Which card sent from which addresses. */
export interface Cards {
  note(mac: number, address: string): void;
  /** By card (`00:0e:8c:01:02:03`); "many" for a card that forwards. */
  readonly senders: ReadonlyMap<string, ReadonlySet<string> | "many">;
}

export function cards(): Cards {
  const senders = new Map<string, Set<string> | "many">();
  /** Spares the text of a card for each packet. */
  const byNumber = new Map<number, Set<string>>();
  return {
    senders,
    note(mac, address) {
      const addresses = byNumber.get(mac);
      if (addresses === undefined) {
        const first = new Set([address]);
        byNumber.set(mac, first);
        senders.set(cardText(mac), first);
      } else if (!addresses.has(address)) {
        if (addresses.size < mostOfOneHost) addresses.add(address);
        else senders.set(cardText(mac), "many");
      }
    },
  };
}
