import fc from "fast-check";
import type { Span } from "../../src/diagnostics/diagnostic.ts";
import { type AddressRange, parseRange } from "../../src/net/address.ts";
import type { Packet } from "../../src/net/packet.ts";
import { icmpProtocol, portProtocols } from "../../src/net/protocol.ts";
import type { Service } from "../../src/net/service.ts";
import type { Asset, Conduit, Denial, Permit, Site, Zone } from "../../src/policy/model.ts";
import type { Budget } from "../../src/verify/diagram/diagram.ts";

/** Policies for tests: written by hand in few words, or drawn at random from a world so small that things collide. */

const span: Span = { file: "site.yaml", line: 1, column: 1, length: 1 };
export const unlimited: Budget = { nodes: 1_000_000, outOfTime: () => false };

const zone = (
  id: string,
  networks: readonly string[],
  assets: Readonly<Record<string, string>> = {},
): Zone => ({
  id: id as Zone["id"],
  level: 1,
  slTarget: 1,
  networks: networks.map(parseRange),
  assets: Object.entries(assets).map(
    ([asset, address]): Asset => ({
      id: asset as Asset["id"],
      zone: id as Zone["id"],
      addresses: [parseRange(address)],
      span,
    }),
  ),
  span,
});

/** `10.0.1.1 10.0.2.2-10.0.2.4 tcp/502`: initiator, responder and services of one permit, by line. */
export interface Flows {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly services: readonly Service[];
}

export const tcp = (from: number, to = from): Service => ({ kind: "ports", protocol: 6, from, to });
export const udp = (from: number, to = from): Service => ({ kind: "ports", protocol: 17, from, to });
export const ping = (family: 4 | 6): Service => ({ kind: "icmp", family, type: family === 4 ? 8 : 128 });
export const bare = (protocol: number): Service => ({ kind: "protocol", protocol });
export const anything: Service = { kind: "any" };

/** The two zones of every test policy; the assets make witnesses plausible. */
export const left = ["10.0.1.0/29", "fd00:1::/125"];
export const right = ["10.0.2.0/29", "fd00:2::/125"];

/** A site with one conduit between `left` and `right`. Permits are named `permit-0`, `permit-1`… by position. */
export function policy(
  permits: readonly Flows[],
  denials: readonly Flows[] = [],
): { readonly site: Site; readonly conduit: Conduit } {
  const flowSet = (flows: Flows, line: number) => ({
    initiators: flows.from.map(parseRange),
    responders: flows.to.map(parseRange),
    services: flows.services,
    reason: "For a test.",
    span: { ...span, line },
  });
  const conduit: Conduit = {
    id: "left-right" as Conduit["id"],
    zones: ["left" as Zone["id"], "right" as Zone["id"]],
    firewalls: ["fw1" as Conduit["firewalls"][number]],
    permits: permits.map(
      (flows, index): Permit => ({
        id: `permit-${index}` as Permit["id"],
        critical: false,
        ...flowSet(flows, index + 2),
      }),
    ),
    denials: denials.map(
      (flows, index): Denial => ({ id: `denial-${index}`, ...flowSet(flows, index + 100) }),
    ),
    span,
  };
  const site: Site = {
    name: "Test plant",
    timezone: "UTC",
    zones: [zone("left", left, { client: "10.0.1.2" }), zone("right", right, { plc: "10.0.2.3" })],
    conduits: [conduit],
    firewalls: [],
    people: [],
    windows: [],
    criteria: [],
    rights: { apply: [], bypass: [], isolate: [] },
    approvals: {
      monitor: { count: 1, roles: [] },
      enforce: { count: 1, roles: [] },
      broaden: { count: 1, roles: [] },
      validFor: 1,
    },
    trial: { lease: 120, renewEvery: 5, soak: 1, maximum: 1, reserve: 1 },
  };
  return { site, conduit };
}

/** One of few ports, so that ranges touch, cross and repeat. */
const port = fc.constantFrom(0, 1, 502, 503, 504, 65_534, 65_535);
const addressIn = (side: "left" | "right", family: 4 | 6) =>
  fc.tuple(fc.nat(7), fc.nat(7)).map(([a, b]): string => {
    const base = family === 4 ? `10.0.${side === "left" ? 1 : 2}.` : `fd00:${side === "left" ? 1 : 2}::`;
    const [from, to] = a < b ? [a, b] : [b, a];
    return from === to ? `${base}${from}` : `${base}${from}-${base}${to}`;
  });

const service = fc.oneof(
  fc.tuple(fc.constantFrom(6, 17, 132, 136), port, port).map(
    ([protocol, a, b]): Service => ({
      kind: "ports",
      protocol,
      from: Math.min(a, b),
      to: Math.max(a, b),
    }),
  ),
  fc
    .record({ family: fc.constantFrom<4 | 6>(4, 6), type: fc.constantFrom(0, 3, 8, 13, 128, 129, 254) })
    .map((icmp): Service => ({ kind: "icmp", ...icmp })),
  fc.constantFrom(1, 6, 47, 50, 58, 89).map(bare),
  fc.constant(anything),
);

const sides = fc.constantFrom<["left" | "right", "left" | "right"]>(["left", "right"], ["right", "left"]);

/** A permit in either direction, of either family or both; always one that the conduit carries. */
const flows = fc.tuple(sides, fc.constantFrom<4 | 6>(4, 6)).chain(([[from, to], family]) =>
  fc.record({
    from: fc.array(addressIn(from, family), { minLength: 1, maxLength: 2 }),
    to: fc.array(addressIn(to, family), { minLength: 1, maxLength: 2 }),
    services: fc
      .array(service, { minLength: 1, maxLength: 3 })
      .map((list) => [tcp(502), ...list].slice(list.some((one) => fits(one, family)) ? 1 : 0)),
  }),
);
const fits = (one: Service, family: 4 | 6): boolean => one.kind !== "icmp" || one.family === family;

export const anyPolicy = fc.array(flows, { minLength: 0, maxLength: 5 }).map((permits) => policy(permits));

/** A packet of the small world, half of them across the conduit. */
export const anyPacket: fc.Arbitrary<Packet> = fc
  .record({
    family: fc.constantFrom<4 | 6>(4, 6),
    state: fc.constantFrom<Packet["state"]>("original", "reply", "related", "none"),
    source: fc.tuple(fc.constantFrom(1n, 2n, 3n), fc.nat(8)),
    destination: fc.tuple(fc.constantFrom(1n, 2n, 3n), fc.nat(8)),
    protocol: fc.constantFrom(1, 6, 17, 33, 47, 58, 89, 132, 255),
    sourcePort: port,
    destinationPort: port,
    icmpType: fc.constantFrom(0, 3, 8, 13, 14, 128, 129, 255),
    icmpCode: fc.constantFrom(0, 1, 255),
  })
  .map(
    ({ family, source, destination, protocol, sourcePort, destinationPort, icmpType, icmpCode, ...rest }) => {
      const address = ([net, host]: readonly [bigint, number]): bigint =>
        (family === 4 ? 0x0a000000n | (net << 8n) : (0xfd00n << 112n) | (net << 96n)) + BigInt(host);
      return {
        ...rest,
        family,
        protocol,
        source: address(source),
        destination: address(destination),
        ...(portProtocols.has(protocol) && { sourcePort, destinationPort }),
        ...((protocol === icmpProtocol(4) || protocol === icmpProtocol(6)) && { icmpType, icmpCode }),
      };
    },
  );

export const ranges = (...texts: readonly string[]): readonly AddressRange[] => texts.map(parseRange);
