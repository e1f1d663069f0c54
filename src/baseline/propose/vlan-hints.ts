import { covers, parseAddress } from "../../net/address.ts";
import type { Zone } from "../../policy/model.ts";
import type { AddressLink } from "../flow.ts";
import type { Places } from "./places.ts";
import type { Question } from "./question.ts";

/** What VLANs hint at: a VLAN often is a zone, and never proves one. */
export interface VlanHints {
  /** In words, with the evidence; undefined where no VLAN of the address is known. */
  of(address: string): string | undefined;
  /** Addresses that share their VLAN with those of another zone than their own. */
  readonly strays: readonly { readonly address: string; readonly zone: Zone; readonly hint: string }[];
}

/** So many addresses of one zone say that a VLAN is that zone's. */
const fewest = 2;
/** So many of them are named. */
const named = 3;

interface Vlan {
  readonly name: string;
  readonly addresses: Set<string>;
}

export function vlanHints(links: readonly AddressLink[], where: Places): VlanHints {
  const vlans = new Map<string, Vlan>();
  const vlansOf = new Map<string, Set<Vlan>>();
  for (const { address, vlan } of links) {
    if (vlan === undefined) continue;
    const name = vlan.join(".");
    const one = vlans.get(name) ?? { name, addresses: new Set() };
    vlans.set(name, one);
    one.addresses.add(address);
    vlansOf.set(address, (vlansOf.get(address) ?? new Set()).add(one));
  }

  const zonesIn = (vlan: Vlan, except?: string): ReadonlyMap<Zone, readonly string[]> => {
    const found = new Map<Zone, string[]>();
    for (const other of vlan.addresses) {
      const zone = other === except ? undefined : where.zoneOf(other);
      if (zone === undefined) continue;
      const others = found.get(zone);
      if (others) others.push(other);
      else found.set(zone, [other]);
    }
    return found;
  };
  const hintOf = (vlan: Vlan, address: string): string => {
    const zones = [...zonesIn(vlan, address)].map(([zone, others]) => {
      const shown = others.slice(0, named).map((other) => where.nameOf(other));
      const rest = others.length > named ? ` and ${others.length - named} more` : "";
      return `${others.length} of zone ${zone.id} (${shown.join(", ")}${rest})`;
    });
    return `it was seen in VLAN ${vlan.name}${zones.length === 0 ? ", where no address of any zone was" : `, as were ${zones.join(" and ")}`}`;
  };
  /** The zone of most in a VLAN, where these are enough to say so and no other zone has half as many and more. */
  const zoneOf = (vlan: Vlan): Zone | undefined => {
    const [most, next] = [...zonesIn(vlan)].toSorted(([, x], [, y]) => y.length - x.length);
    return most !== undefined && most[1].length >= fewest && most[1].length >= 2 * (next?.[1].length ?? 0)
      ? most[0]
      : undefined;
  };

  const zoneOfVlan = new Map([...vlans.values()].map((vlan) => [vlan, zoneOf(vlan)] as const));

  return {
    of(address) {
      const own = [...(vlansOf.get(address) ?? [])];
      return own.length === 0 ? undefined : own.map((vlan) => hintOf(vlan, address)).join("; ");
    },
    strays: [...vlansOf].flatMap(([address, own]) => {
      const zone = where.zoneOf(address);
      return [...own].flatMap((vlan) => {
        const other = zoneOfVlan.get(vlan);
        return zone === undefined || other === undefined || other === zone
          ? []
          : [{ address, zone, hint: hintOf(vlan, address) }];
      });
    }),
  };
}

/** What VLANs say otherwise than the site file is a question; the file's zones stand. */
export const vlanConflicts = ({ strays }: VlanHints): readonly Question[] =>
  strays.map(({ address, zone, hint }) => ({ kind: "vlan", address, zone: zone.id, hint }));

/** Zones whose addresses were seen in several VLANs. */
export function zonesOfSeveralVlans(
  links: readonly AddressLink[],
  zones: readonly Zone[],
): readonly { readonly zone: string; readonly vlans: readonly string[] }[] {
  return zones.flatMap(({ id, networks }) => {
    const inside = links.filter(({ address }) => networks.some((one) => covers(one, parseAddress(address))));
    const vlans = new Set(inside.flatMap(({ vlan }) => vlan?.join(".") ?? []));
    return vlans.size < 2 ? [] : [{ zone: id, vlans: [...vlans].toSorted() }];
  });
}
