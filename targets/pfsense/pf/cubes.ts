import type { Cube, Range } from "../../../src/compile/program.ts";
import type { AddressRange, Family } from "../../../src/net/address.ts";
import { icmpReplyType } from "../../../src/net/protocol.ts";
import type { End, PfRule } from "./syntax.ts";

/** How a rule looks at a packet: as at the packet itself, or as at the request that the packet answers. */
export type View = "itself" | "answered";

/** A forwarded packet is looked at twice: as it comes, and as it leaves. */
export type Direction = "in" | "out";

const tcp = 6;

/** The packets that a rule matches, tags apart. None where its ends have no IP version in common. */
export function cubesOf(rule: PfRule, view: View, direction: Direction): readonly Cube[] {
  const cubes: Cube[] = [];
  // What answers a request comes by the interface that the request left by.
  const comes = (direction === "in") === (view === "itself");
  const on = rule.on && [rule.on];
  const alternatives = services(rule);
  for (const source of addressesOf(rule.source)) {
    for (const destination of addressesOf(rule.destination)) {
      const family = commonFamily(rule, source, destination);
      if (family === "none") continue;
      for (const service of alternatives) {
        // Every field each time: objects of one shape are several times as fast to make and to read.
        const cube: Cube = {
          family: service.family ?? (family === "any" ? undefined : family),
          states: service.states,
          source,
          destination,
          protocol: service.protocol,
          sourcePort: service.sourcePort,
          destinationPort: service.destinationPort,
          icmpType: service.icmpType,
          icmpCode: service.icmpCode,
          ingress: comes ? on : undefined,
          egress: comes ? undefined : on,
          span: rule.span,
          label: rule.labels.at(-1),
          uncertain: rule.uncertain,
        };
        const seen = view === "itself" ? cube : answered(cube);
        if (seen) cubes.push(seen);
      }
    }
  }
  return cubes;
}

const addressesOf = (end: End): readonly (AddressRange | undefined)[] =>
  end.addresses === "any" ? [undefined] : end.addresses;

function commonFamily(
  rule: PfRule,
  source: AddressRange | undefined,
  destination: AddressRange | undefined,
): Family | "any" | "none" {
  let common = rule.family;
  for (const range of [source, destination]) {
    if (!range || range.family === common) continue;
    if (common !== "any") return "none";
    common = range.family;
  }
  return common;
}

/** Protocol, ports, ICMP types and TCP flags of a rule, each alternative as a cube of its own. */
function services(rule: PfRule): readonly Cube[] {
  if (rule.icmp !== "any") {
    return rule.icmp.map(({ family, type, code }) => ({
      family,
      protocol: exactly(family === 4 ? 1 : 58),
      icmpType: exactly(type),
      ...(code === undefined ? {} : { icmpCode: exactly(code) }),
    }));
  }
  return withFlags(rule).flatMap(({ protocol, states }) =>
    portsOf(rule.source).flatMap((sourcePort) =>
      portsOf(rule.destination).map((destinationPort) => ({ protocol, states, sourcePort, destinationPort })),
    ),
  );
}

const portsOf = (end: End): readonly (Range | undefined)[] => (end.ports === "any" ? [undefined] : end.ports);

/**
 * `flags S/SA` looks at TCP only, and there at the packet that asks for a connection. The connection then has the
 * verdict of that packet, so all of its packets count as matched; a TCP packet without a connection does not.
 */
function withFlags(rule: PfRule): readonly Cube[] {
  const protocols: readonly (Range | undefined)[] = rule.protocols === "any" ? [undefined] : rule.protocols;
  return protocols.flatMap((protocol): readonly Cube[] => {
    if (rule.flags === "any") return [{ protocol }];
    if (protocol && (protocol.to < tcp || tcp < protocol.from)) return [{ protocol }];
    const asks: Cube = { protocol: exactly(tcp), states: ["original", "related", "reply"] };
    return protocol
      ? [asks]
      : [asks, { protocol: { from: 0, to: tcp - 1 } }, { protocol: { from: tcp + 1, to: 255 } }];
  });
}

/**
 * The packets that answer a cube's requests, where there are any: ends and ports change sides, an ICMP type becomes that
 * of its answer.
 */
function answered(cube: Cube): Cube | undefined {
  const { source, destination, sourcePort, destinationPort, icmpType } = cube;
  const reply = icmpType && icmpReplyType(cube.family === 6 ? 6 : 4, icmpType.from);
  if (icmpType && reply === undefined) return undefined;
  return {
    ...cube,
    source: destination,
    destination: source,
    sourcePort: destinationPort,
    destinationPort: sourcePort,
    icmpType: reply === undefined ? undefined : exactly(reply),
    icmpCode: undefined,
  };
}

const exactly = (value: number): Range => ({ from: value, to: value });
