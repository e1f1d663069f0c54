import type { AddressLink } from "../flow.ts";

/** What a human should look at in the links of addresses, in words: a card that changed, an address in two VLANs. */
export function linkFindings(links: readonly AddressLink[]): readonly string[] {
  const byAddress = new Map<string, AddressLink[]>();
  for (const link of links) byAddress.set(link.address, [...(byAddress.get(link.address) ?? []), link]);
  return [...byAddress].flatMap(([address, all]) => [
    ...cardFinding(address, all),
    ...vlanFinding(address, all),
  ]);
}

function cardFinding(address: string, links: readonly AddressLink[]): readonly string[] {
  const cards = spans(links, ({ mac }) => mac);
  if (cards.length < 2) return [];
  const isChange = cards.every(({ first }, index) => index === 0 || isAfter(first, cards[index - 1]!.last));
  return isChange
    ? [
        `${address} changed its network card: ${listed(cards)}; an exchanged device, or another one that has taken its place?`,
      ]
    : [
        `${address} was sent from ${cards.length} network cards at the same time: ${listed(cards)}; an address given twice, ` +
          "a redundant pair, or somebody in the middle?",
      ];
}

function vlanFinding(address: string, links: readonly AddressLink[]): readonly string[] {
  const vlans = spans(links, ({ vlan }) => vlan?.at(-1)?.toString());
  return vlans.length < 2
    ? []
    : [
        `${address} was seen in ${vlans.length} VLANs: ${listed(vlans)}; an address given twice, or one that moved?`,
      ];
}

interface Span {
  readonly name: string;
  readonly seen: number;
  readonly first: string | undefined;
  readonly last: string | undefined;
}

/** From when to when each value was seen, the earliest first. */
function spans(
  links: readonly AddressLink[],
  of: (link: AddressLink) => string | undefined,
): readonly Span[] {
  const found = new Map<string, Span>();
  for (const link of links) {
    const name = of(link);
    if (name === undefined) continue;
    const before = found.get(name);
    const times = [before?.first, link.firstSeen, before?.last, link.lastSeen].filter(
      (time) => time !== undefined,
    );
    const [first, last] = [times.toSorted()[0], times.toSorted().at(-1)];
    found.set(name, { name, seen: (before?.seen ?? 0) + link.seen, first, last });
  }
  return [...found.values()].toSorted((x, y) =>
    `${x.first ?? ""} ${x.name}` < `${y.first ?? ""} ${y.name}` ? -1 : 1,
  );
}

const isAfter = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && other !== undefined && one > other;

const listed = (all: readonly Span[]): string =>
  all
    .map(
      ({ name, seen, first, last }) =>
        `${name} (seen ${seen} times${first === undefined || last === undefined ? "" : `, ${second(first)} to ${second(last)}`})`,
    )
    .join(", ");

const second = (time: string): string => `${time.slice(0, 19)}Z`;
