import type { Span } from "../src/diagnostics/diagnostic.ts";
import type { AddressRange, Family } from "../src/net/address.ts";
import type { Conduit, Permit, Site } from "../src/policy/model.ts";

const span: Span = { file: "site.yaml", line: 1, column: 1, length: 1 };
const responderPorts = [102, 502, 4840, 20_000, 44_818];

/**
 * A plant with one conduit and many host-to-host permits: a few hundred clients, some thousand controllers, five
 * protocols, and now and then a permit for a range of hosts or ports. The same for the same arguments.
 */
export function syntheticSite(
  permits: number,
  family: Family,
): { readonly site: Site; readonly conduit: Conduit } {
  const base =
    family === 4
      ? { left: 0x0a140000n, right: 0x0a0a0000n }
      : { left: 0xfd20n << 112n, right: 0xfd10n << 112n };
  const network = (from: bigint): AddressRange => ({ family, from, to: from + 0xffffn });
  const host = (from: bigint, index: number, count = 1): AddressRange => ({
    family,
    from: from + BigInt(index + 1),
    to: from + BigInt(index + count),
  });
  const list = Array.from({ length: permits }, (_, index): Permit => {
    const port = responderPorts[index % 5]!;
    const isWide = index % 100 === 99;
    return {
      id: `permit-${index}` as Permit["id"],
      initiators: [host(base.left, (index * 7) % 300)],
      responders: [host(base.right, Math.floor(index / 5) % 60_000, isWide ? 4 : 1)],
      services: [{ kind: "ports", protocol: 6, from: port, to: isWide ? port + 10 : port }],
      reason: "A client polls a controller.",
      critical: false,
      span: { ...span, line: index + 1 },
    };
  });
  const conduit: Conduit = {
    id: "clients-controllers" as Conduit["id"],
    zones: ["clients", "controllers"] as unknown as Conduit["zones"],
    firewalls: [],
    permits: list,
    denials: [],
    span,
  };
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
    zones: [zone("clients", base.left), zone("controllers", base.right)],
    conduits: [conduit],
    firewalls: [],
    people: [],
    windows: [],
    criteria: [],
  } as unknown as Site;
  return { site, conduit };
}
