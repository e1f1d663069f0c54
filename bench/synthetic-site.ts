import type { Baseline } from "../src/baseline/flow.ts";
import type { Span } from "../src/diagnostics/diagnostic.ts";
import { type AddressRange, type Family, formatAddress } from "../src/net/address.ts";
import type { Conduit, Permit, Site } from "../src/policy/model.ts";

const span: Span = { file: "site.yaml", line: 1, column: 1, length: 1 };
const responderPorts = [102, 502, 4840, 20_000, 44_818];

/** A plant as a bench compiles it: each conduit with the flows that were observed of it. */
export interface SyntheticSite {
  readonly site: Site;
  /** The first one. */
  readonly conduit: Conduit;
  readonly baselines: readonly Baseline[];
}

/**
 * A plant with many host-to-host permits in each of its conduits: a few hundred clients, some thousand controllers, five
 * protocols, and now and then a permit for a range of hosts or ports. The same for the same arguments.
 */
export function syntheticSite(permits: number, family: Family, conduits = 1): SyntheticSite {
  const cells = Array.from({ length: conduits }, (_, cell) => cell);
  const clients = family === 4 ? 0x0a640000n : 0xfd64n << 112n;
  const controllers = (cell: number): bigint =>
    (family === 4 ? 0x0a0a0000n : 0xfd10n << 112n) + (BigInt(cell) << 16n);
  const network = (from: bigint): AddressRange => ({ family, from, to: from + 0xffffn });
  const zone = (id: string, from: bigint) => ({
    id,
    level: 1,
    slTarget: 1,
    networks: [network(from)],
    assets: [],
    span,
  });
  const site = {
    name: "Synthetic plant",
    timezone: "UTC",
    zones: [zone("clients", clients), ...cells.map((cell) => zone(`cell-${cell}`, controllers(cell)))],
    conduits: cells.map((cell) => ({
      id: `clients-cell-${cell}`,
      zones: ["clients", `cell-${cell}`],
      firewalls: [],
      permits: permitsOf(permits, family, clients, controllers(cell)),
      denials: [],
      span,
    })),
    firewalls: [],
    people: [],
    windows: [],
    criteria: [],
  } as unknown as Site;
  const baselines = site.conduits.map((conduit) => baselineOf(conduit.permits));
  return { site, conduit: site.conduits[0]!, baselines };
}

function permitsOf(count: number, family: Family, left: bigint, right: bigint): readonly Permit[] {
  const host = (from: bigint, index: number, hosts = 1): AddressRange => ({
    family,
    from: from + BigInt(index + 1),
    to: from + BigInt(index + hosts),
  });
  return Array.from({ length: count }, (_, index): Permit => {
    const port = responderPorts[index % 5]!;
    const isWide = index % 100 === 99;
    return {
      id: `permit-${index}` as Permit["id"],
      initiators: [host(left, (index * 7) % 300)],
      responders: [host(right, Math.floor(index / 5) % 60_000, isWide ? 4 : 1)],
      services: [{ kind: "ports", protocol: 6, from: port, to: isWide ? port + 10 : port }],
      reason: "A client polls a controller.",
      critical: false,
      span: { ...span, line: index + 1 },
    };
  });
}

/** One flow of each permit. */
const baselineOf = (permits: readonly Permit[]): Baseline => ({
  schema: "sluice/baseline",
  version: 1,
  sources: [],
  flows: permits.map(({ initiators: [from], responders: [to], services: [service] }) => ({
    family: from!.family,
    initiator: formatAddress(from!.family, from!.from),
    responder: formatAddress(to!.family, to!.from),
    protocol: 6,
    port: service!.kind === "ports" ? service!.from : 0,
    ...{ connections: 1, packets: 10, bytes: 900, evidence: "syn", confidence: 1, answered: true },
    ...{ firstSeen: "2026-01-01T00:00:00.000Z", lastSeen: "2026-01-01T01:00:00.000Z" },
  })),
});
