import type { AddressRange } from "../net/address.ts";
import type { Packet } from "../net/packet.ts";
import type { Asset, Conduit, Denial, Permit, Site, Zone } from "../policy/model.ts";
import { replyCube, requestCube } from "./conduit-program.ts";
import { type Decision, evaluate, matches } from "./evaluate.ts";
import { policyProgram, requestsOf } from "./policy-program.ts";

/** One end of a packet, as the site file knows it. */
export interface KnownEnd {
  readonly zone?: Zone;
  readonly asset?: Asset;
}

/** What the site file says about one packet. Without a conduit nothing of Sluice judges it. */
export interface Explanation {
  readonly source: KnownEnd;
  readonly destination: KnownEnd;
  readonly conduit?: Conduit;
  readonly permit?: Permit;
  /** It was seen and decided against. */
  readonly denial?: Denial;
  readonly monitor: Decision;
  readonly enforce: Decision;
}

export function explain(site: Site, packet: Packet): Explanation {
  const [source, destination] = [
    knownEnd(site, packet, packet.source),
    knownEnd(site, packet, packet.destination),
  ];
  const ends = [source.zone?.id, destination.zone?.id];
  const conduit = site.conduits.find(({ zones: [left, right] }) =>
    [`${left} ${right}`, `${right} ${left}`].includes(ends.join(" ")),
  );
  const passes: Decision = { verdict: "accept", recorded: false };
  if (!conduit) return { source, destination, monitor: passes, enforce: passes };
  const admits = (set: Permit | Denial): boolean =>
    requestsOf(set).some((request) =>
      [requestCube(request), ...replyCube(request)].some((cube) => matches(cube, packet)),
    );
  const permit = conduit.permits.find(admits);
  const denial = conduit.denials.find(admits);
  return {
    ...{ source, destination, conduit, ...(permit && { permit }), ...(denial && { denial }) },
    monitor: evaluate(policyProgram(site, conduit, "monitor"), packet),
    enforce: evaluate(policyProgram(site, conduit, "enforce"), packet),
  };
}

function knownEnd(site: Site, packet: Packet, address: bigint): KnownEnd {
  const holds = (range: AddressRange): boolean =>
    range.family === packet.family && range.from <= address && address <= range.to;
  const zone = site.zones.find(({ networks }) => networks.some(holds));
  const asset = zone?.assets.find(({ addresses }) => addresses.some(holds));
  return { ...(zone && { zone }), ...(asset && { asset }) };
}
