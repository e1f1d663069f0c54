import { isGroup, isOnLink } from "../routable.ts";
import { cardText, type LinkSighting } from "./sightings.ts";

/** A card that has more addresses than this forwards for others, or answers for them (proxy ARP, RFC 1027). */
export const mostOwn = 8;
/** Cards that several machines share: VRRP and CARP (RFC 9568), HSRP, GLBP, network load balancing. */
const shared = /^(00:00:5e:00:0[12]|00:00:0c:07:ac|00:00:0c:9f:f|00:05:73:a0:0|00:07:b4:0|0[23]:bf:)/;

/** They say nothing of a device. @param mac as `00:0e:8c:01:02:03`. */
export const isSharedCard = (mac: string): boolean => shared.test(mac);

/** What senders start with; a packet with another value has crossed a router. Up to 4 it was never meant to. */
const startsWith: ReadonlySet<number> = new Set([20, 30, 32, 60, 64, 100, 128, 150, 200, 255]);
const isRouted = (hopLimit: number): boolean => hopLimit > 4 && !startsWith.has(hopLimit);

/**
 * The sightings that speak of the sender itself: not those of a router that forwards for it, of a card that several
 * share, or of an address that is no host's. Sorted by address, card and VLAN.
 */
export function ownLinks(sightings: readonly LinkSighting[]): readonly LinkSighting[] {
  const cards = new Map<number, LinkSighting[]>();
  for (const one of sightings) {
    if (one.card < 0) continue;
    const seen = cards.get(one.card);
    if (seen) seen.push(one);
    else cards.set(one.card, [one]);
  }
  /** Cards that forward, each with how many addresses it claims for itself. */
  const forwards = new Map(
    [...cards].filter(([, seen]) => isForwarder(seen)).map(([card, seen]) => [card, claimsIn(seen)] as const),
  );
  return sightings
    .filter(
      ({ address, card, hopLimit, claimed }) =>
        isHost(address) &&
        !isRouted(hopLimit) &&
        (card < 0 ||
          (isUnicast(card) &&
            !isSharedCard(cardText(card)) &&
            (!forwards.has(card) || (claimed && forwards.get(card)! <= mostOwn)))),
    )
    .toSorted(
      (x, y) =>
        (x.address < y.address ? -1 : x.address > y.address ? 1 : 0) || x.card - y.card || x.vlan - y.vlan,
    );
}

const claimsIn = (seen: readonly LinkSighting[]): number =>
  new Set(seen.filter(({ claimed }) => claimed).map(({ address }) => address)).size;

/** By the hop limits of what it sends where these are known, else by the number of its addresses. */
function isForwarder(seen: readonly LinkSighting[]): boolean {
  const own = new Set(seen.map(({ address }) => address).filter((one) => !one.includes(":") && isHost(one)));
  const known = seen.every(({ hopLimit, claimed }) => hopLimit > 0 || claimed);
  return seen.some(({ hopLimit }) => isRouted(hopLimit)) || own.size > (known ? mostOwn : 1);
}

/** The group bit of IEEE 802 is not set: no frame comes from a group. */
export const isUnicast = (card: number): boolean => Math.floor(card / 2 ** 40) % 2 === 0;
const isHost = (address: string): boolean => !isGroup(address) && !isOnLink(address);
