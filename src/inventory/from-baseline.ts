import type { AddressLink, BaselineFlow } from "../baseline/flow.ts";
import { type AddressRange, covers, formatRange, parseAddress, parseRange } from "../net/address.ts";
import { knownService } from "../net/known-services.ts";
import { usualNetwork } from "./address.ts";
import type { InventoryHost } from "./host.ts";

/** Two addresses that were seen to talk. */
export type ObservedPair = readonly [initiator: AddressRange, responder: AddressRange];

export interface ObservedPlant {
  readonly hosts: readonly InventoryHost[];
  readonly pairs: readonly ObservedPair[];
  /** Single public addresses: whether they belong to the plant is for a human to say. */
  readonly foreign: readonly string[];
}

/** Addresses that are given out privately (RFC 1918, RFC 6598, RFC 4193). */
const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"].map(
  parseRange,
);
/** Many older plants number their machines publicly: so many in one network are taken for its own. */
const ownNeighbours = 3;

export const isPrivate = (address: AddressRange): boolean =>
  privateRanges.some((range) => covers(range, address));

/** Whether an address is the plant's own, among all that were seen. */
export function ownAddresses(all: readonly AddressRange[]): (address: AddressRange) => boolean {
  const neighbours = new Map<string, number>();
  for (const address of all) {
    const network = formatRange(usualNetwork(address));
    neighbours.set(network, (neighbours.get(network) ?? 0) + 1);
  }
  return (address) =>
    isPrivate(address) || (neighbours.get(formatRange(usualNetwork(address))) ?? 0) >= ownNeighbours;
}

/**
 * The hosts of a baseline, and who talks to whom; attempts that nobody answered and what no router carries left out.
 * @param links the VLANs in which hosts were seen, for a human to see beside them.
 */
export function observedPlant(
  flows: readonly BaselineFlow[],
  links: readonly AddressLink[] = [],
): ObservedPlant {
  const vlans = new Map<string, Set<string>>();
  for (const { address, vlan } of links)
    if (vlan !== undefined) vlans.set(address, (vlans.get(address) ?? new Set()).add(vlan.join(".")));
  const answers = new Map<string, Set<string>>();
  const pairs: ObservedPair[] = [];
  for (const { initiator, responder, protocol, port, answered, notRoutable } of flows) {
    if (!answered || notRoutable !== undefined) continue;
    pairs.push([parseAddress(initiator), parseAddress(responder)]);
    if (!answers.has(initiator)) answers.set(initiator, new Set());
    const known = port === undefined ? undefined : knownService(protocol, port)?.name;
    const services = answers.get(responder) ?? new Set();
    answers.set(responder, known === undefined ? services : services.add(known));
  }
  const addresses = [...answers.keys()].map(parseAddress);
  const isOwn = ownAddresses(addresses);
  const own = addresses.filter(isOwn);
  return {
    hosts: own.map((address) => {
      const name = formatRange(address);
      const services = [...(answers.get(name) ?? [])].toSorted();
      const role = services.length === 0 ? {} : { role: `answers ${services.join(", ")}` };
      const seenIn = [...(vlans.get(name) ?? [])].toSorted().join(" and ");
      const note = seenIn === "" ? {} : { note: `seen in VLAN ${seenIn}` };
      return { name: `host-${name}`, addresses: [address], networks: [], ...role, ...note };
    }),
    pairs: pairs.filter((pair) => pair.every(isOwn)),
    foreign: addresses.filter((address) => !isOwn(address)).map(formatRange),
  };
}
