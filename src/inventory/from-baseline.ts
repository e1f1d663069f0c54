import type { BaselineFlow } from "../baseline/flow.ts";
import { type AddressRange, covers, formatRange, parseAddress, parseRange } from "../net/address.ts";
import { knownService } from "../net/known-services.ts";
import type { InventoryHost } from "./host.ts";

/** Two addresses that were seen to talk. */
export type ObservedPair = readonly [initiator: AddressRange, responder: AddressRange];

export interface ObservedPlant {
  readonly hosts: readonly InventoryHost[];
  readonly pairs: readonly ObservedPair[];
  /** Addresses that no plant numbers its machines with: whether they belong to it is for a human to say. */
  readonly foreign: readonly string[];
}

/** Addresses that are given out privately (RFC 1918, RFC 6598, RFC 4193). */
const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"].map(
  parseRange,
);
const isPrivate = (address: AddressRange): boolean => privateRanges.some((range) => covers(range, address));

/** The hosts of a baseline, and who talks to whom; attempts that nobody answered and what no router carries left out. */
export function observedPlant(flows: readonly BaselineFlow[]): ObservedPlant {
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
  const own = addresses.filter(isPrivate);
  return {
    hosts: own.map((address) => {
      const name = formatRange(address);
      const services = [...(answers.get(name) ?? [])].toSorted();
      const role = services.length === 0 ? {} : { role: `answers ${services.join(", ")}` };
      return { name: `host-${name}`, addresses: [address], networks: [], ...role };
    }),
    pairs: pairs.filter((pair) => pair.every(isPrivate)),
    foreign: addresses.filter((address) => !isPrivate(address)).map(formatRange),
  };
}
