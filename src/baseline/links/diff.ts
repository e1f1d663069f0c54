import type { AddressLink } from "../flow.ts";

/** An address that is sent from another card, or in another VLAN, than it was before. */
export interface LinkChange {
  readonly address: string;
  readonly of: "card" | "vlan";
  /** Cards as `00:0e:8c:01:02:03`, VLANs by the ids of their tags, the outermost first, as `100.7`. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

const values: readonly (readonly [LinkChange["of"], (link: AddressLink) => string | undefined])[] = [
  ["card", ({ mac }) => mac],
  ["vlan", ({ vlan }) => vlan?.join(".")],
];

/** What a later observation shows that an earlier one did not. Where one of them tells nothing, nothing has changed. */
export const linkChanges = (
  before: readonly AddressLink[],
  after: readonly AddressLink[],
): readonly LinkChange[] =>
  values
    .flatMap(([of, value]) => {
      const earlier = byAddress(before, value);
      return [...byAddress(after, value)].flatMap(([address, now]): readonly LinkChange[] => {
        const then = earlier.get(address);
        return then === undefined || [...now].every((one) => then.has(one))
          ? []
          : [{ address, of, before: [...then].sort(), after: [...now].sort() }];
      });
    })
    .toSorted((x, y) => (x.address === y.address ? 0 : x.address < y.address ? -1 : 1));

function byAddress(
  links: readonly AddressLink[],
  value: (link: AddressLink) => string | undefined,
): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const link of links) {
    const one = value(link);
    if (one !== undefined) found.set(link.address, (found.get(link.address) ?? new Set()).add(one));
  }
  return found;
}
