import { cardText } from "../../../baseline/links/sightings.ts";
import type { ArpSender } from "../../../baseline/sources/arp.ts";
import type { Announcement } from "../announcement.ts";

/** Whoever sends ARP says which card has which address. */
export const claim = ({ card, address }: ArpSender): Announcement => ({
  about: { kind: "mac", mac: cardText(card) },
  by: "ARP",
  facts: {},
  addresses: [address],
});
