import { isUnicast } from "../../baseline/links/own.ts";
import { cardText } from "../../baseline/links/sightings.ts";

/** A card that sends from more addresses than this is a router's, and which ones they are says nothing of the card. */
const mostOfOneHost = 32;
/** So many cards are kept: somebody who makes them up must not fill the memory. */
const mostCards = 1 << 16;

/** Which card sent from which addresses. */
export interface Cards {
  /** A packet from an address. */
  note(mac: number, address: string): void;
  /** A frame that carries no IP. */
  noteFrame(mac: number): void;
  /** By card (`00:0e:8c:01:02:03`): none for a card that sent no IP, "many" for one that forwards. */
  readonly senders: ReadonlyMap<string, ReadonlySet<string> | "many">;
  /** True when there were more cards than are kept. */
  readonly full: boolean;
}

export function cards(): Cards {
  const senders = new Map<string, Set<string> | "many">();
  /** Spares the text of a card for each packet. */
  const byNumber = new Map<number, Set<string>>();
  let full = false;
  const addressesOf = (mac: number): Set<string> | undefined => {
    const known = byNumber.get(mac);
    if (known !== undefined || !isUnicast(mac)) return known;
    if (byNumber.size >= mostCards) {
      full = true;
      return undefined;
    }
    const first = new Set<string>();
    byNumber.set(mac, first);
    senders.set(cardText(mac), first);
    return first;
  };
  return {
    senders,
    get full() {
      return full;
    },
    note(mac, address) {
      const addresses = addressesOf(mac);
      if (addresses === undefined || addresses.has(address)) return;
      if (addresses.size < mostOfOneHost) addresses.add(address);
      else senders.set(cardText(mac), "many");
    },
    noteFrame: (mac) => void addressesOf(mac),
  };
}
