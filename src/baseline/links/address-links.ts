import type { AddressLink } from "../flow.ts";
import { instant } from "../time.ts";
import { ownLinks } from "./own.ts";
import { cardText, type LinkSighting, vlanIds } from "./sightings.ts";

/** What the link layer showed of the senders themselves, as a baseline has it. */
export const addressLinks = (sightings: readonly LinkSighting[]): readonly AddressLink[] =>
  ownLinks(sightings).map(({ address, card, vlan, seen, first, last }) => {
    const [firstSeen, lastSeen] = [instant(first), instant(last)];
    return {
      address,
      ...(card < 0 ? {} : { mac: cardText(card) }),
      ...(vlan === 0 ? {} : { vlan: vlanIds(vlan) }),
      seen,
      ...(firstSeen === undefined ? {} : { firstSeen }),
      ...(lastSeen === undefined ? {} : { lastSeen }),
    };
  });
