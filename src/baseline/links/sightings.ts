/** What stands in front of an IP packet, or what a log says of it: a sender's card and the tags of its VLAN. */
export interface LinkTag {
  /** As 48 bits; -1 where nobody tells. */
  readonly card: number;
  /** As `packVlan` writes it. */
  readonly vlan: number;
}

/** An address as one link showed it. Times are in seconds since 1970, or NaN. */
export interface LinkSighting extends LinkTag {
  readonly address: string;
  /** Packets, or records of a log. */
  seen: number;
  first: number;
  last: number;
  /** The highest that its packets had: a router takes one off. 0 where no packet told. */
  hopLimit: number;
  /** The card itself said that it has the address (ARP). */
  claimed: boolean;
}

/** Collects which addresses sent from which card in which VLAN. */
export interface LinkSightings {
  /** Where to count what an address sends over a link. */
  of(address: string, card: number, vlan: number): LinkSighting;
  /** Counts a record of a log. */
  record(address: string, tag: LinkTag, first: number, last: number): void;
  /** Puts in what was seen before. */
  add(before: LinkSighting): void;
  all(): readonly LinkSighting[];
}

/** A card that sends for more addresses forwards, and which ones they are says nothing more. */
const mostOfOneCard = 32;
/** So many are kept: somebody who makes addresses up must not fill the memory. */
const mostSightings = 1 << 16;

export function linkSightings(): LinkSightings {
  const known = new Map<string, LinkSighting>();
  const addressesOf = new Map<number, Set<string>>();
  const isWanted = (address: string, card: number): boolean => {
    if (known.size >= mostSightings) return false;
    if (card < 0) return true;
    const addresses = addressesOf.get(card) ?? new Set();
    addressesOf.set(card, addresses);
    if (addresses.size <= mostOfOneCard) addresses.add(address);
    return addresses.has(address);
  };
  const of = (address: string, card: number, vlan: number): LinkSighting => {
    const key = `${address} ${card} ${vlan}`;
    let sighting = known.get(key);
    if (sighting === undefined) {
      sighting = { ...{ address, card, vlan, seen: 0 }, ...noTimes, hopLimit: 0, claimed: false };
      if (isWanted(address, card)) known.set(key, sighting);
    }
    return sighting;
  };
  return {
    of,
    record: (address, { card, vlan }, first, last) => countRecord(of(address, card, vlan), first, last),
    add(before) {
      const sighting = of(before.address, before.card, before.vlan);
      const { seen } = sighting;
      count(sighting, before.first, before.hopLimit);
      if (!(before.last <= sighting.last) && !Number.isNaN(before.last)) sighting.last = before.last;
      sighting.seen = seen + before.seen;
      sighting.claimed ||= before.claimed;
    },
    all: () => [...known.values()],
  };
}

/** What several observations saw of links, as one. */
export function joinedSightings(parts: readonly (readonly LinkSighting[])[]): readonly LinkSighting[] {
  const links = linkSightings();
  for (const sighting of parts.flat()) links.add(sighting);
  return links.all();
}

const noTimes = { first: Number.NaN, last: Number.NaN };

/** Counts one record of a log. */
export function countRecord(sighting: LinkSighting, first: number, last: number): void {
  count(sighting, first, 0);
  if (!(last <= sighting.last) && !Number.isNaN(last)) sighting.last = last;
}

/** Counts one packet of a sighting. */
export function count(sighting: LinkSighting, time: number, hopLimit: number): void {
  sighting.seen += 1;
  // NaN stands where there is no time yet.
  if (time > sighting.last) sighting.last = time;
  else if (!(time >= sighting.first)) noteFirst(sighting, time);
  if (hopLimit > sighting.hopLimit) sighting.hopLimit = hopLimit;
}

function noteFirst(sighting: LinkSighting, time: number): void {
  if (Number.isNaN(time)) return;
  sighting.first = time;
  if (Number.isNaN(sighting.last)) sighting.last = time;
}

/** Puts the tag of one more VLAN behind those that stand further out. A tag of VLAN 0 has a priority and no VLAN. */
export const packVlan = (outer: number, id: number): number =>
  (id & 0xfff) === 0 || outer > 0xfff ? outer : outer * 4096 + (id & 0xfff);

/** The ids of a packed VLAN, the outermost first. */
export const vlanIds = (vlan: number): readonly number[] =>
  vlan === 0 ? [] : vlan > 0xfff ? [Math.floor(vlan / 4096), vlan % 4096] : [vlan];

const macPattern = /^(?:[0-9a-f]{1,2}[:-]){5}[0-9a-f]{1,2}$/i;

/** A card in a log, as 48 bits; -1 where it is unset, all zeros or none. */
export function cardOf(text: string | undefined): number {
  if (text === undefined || !macPattern.test(text)) return -1;
  const card = text.split(/[:-]/).reduce((sum, byte) => sum * 256 + Number.parseInt(byte, 16), 0);
  return card === 0 ? -1 : card;
}

/** `00:0e:8c:01:02:03`. */
export const cardText = (card: number): string =>
  card
    .toString(16)
    .padStart(12, "0")
    .replaceAll(/(..)(?=.)/g, "$1:");

const none: readonly LinkTag[] = [];

/** A tag where a log says anything of the link, as a list of none or one. @param ids of VLANs, the outermost first. */
export function linkTag(mac: string | undefined, ids: readonly unknown[]): readonly LinkTag[] {
  if (mac === undefined && ids.every((id) => id === undefined)) return none;
  const card = cardOf(mac);
  const vlan = ids
    .map((id) => (typeof id === "string" && id !== "" ? Number(id) : id))
    .filter((id): id is number => Number.isInteger(id) && (id as number) > 0 && (id as number) < 4095)
    .reduce(packVlan, 0);
  return card < 0 && vlan === 0 ? [] : [{ card, vlan }];
}
