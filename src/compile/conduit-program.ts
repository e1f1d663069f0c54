import type { Span } from "../diagnostics/diagnostic.ts";
import type { AddressRange } from "../net/address.ts";
import type { ConnectionState } from "../net/packet.ts";
import { icmpProtocol, icmpReplyType, protocolNumbers } from "../net/protocol.ts";
import type { Service } from "../net/service.ts";
import type { ConduitRules, Stage, ZonePair } from "./ir.ts";
import type { Cube, Program, Range, Rule } from "./program.ts";

/** One permitted product of ranges and a service, in the direction of the request. */
export interface Request {
  readonly source: AddressRange;
  readonly destination: AddressRange;
  readonly service: Service;
  readonly span: Span;
  /** Id of the permit or denial that it is part of. */
  readonly label?: string;
}

/** What a conduit means, as the shortest program that says it. Every ruleset is measured against one of these. */
export interface ConduitMeaning {
  readonly pairs: readonly ZonePair[];
  readonly requests: readonly Request[];
  readonly stage: Stage;
  readonly span: Span;
}

/** Connection tracking relates ICMP packets of a family's own ICMP only, so neither cube names a family. */
const icmpErrors: readonly Cube[] = [protocolNumbers.icmp, protocolNumbers.icmpv6].map((protocol) => ({
  states: ["related"],
  protocol: { from: protocol, to: protocol },
}));

/**
 * Traffic between the two zones is judged, all other passes. ICMP errors of a known connection pass (they belong to a
 * flow that was judged itself); a reply passes when the request that it answers is permitted; every other packet,
 * also one without a connection, is looked up as a request. The rest is recorded, then passes or not by the stage.
 */
export function conduitProgram({ pairs, requests, stage, span }: ConduitMeaning): Program {
  const rule = (cubes: readonly Cube[], action: Rule["action"]): Rule => ({ cubes, action, span });
  const judged = [
    rule(icmpErrors, { kind: "accept" }),
    rule(requests.flatMap(replyCube), { kind: "accept" }),
    rule(
      requests.map((request) => requestCube(request)),
      { kind: "accept" },
    ),
    rule([{}], { kind: "record" }),
    rule([{}], { kind: stage === "enforce" ? "drop" : "accept" }),
  ];
  return {
    entry: "all",
    policy: "accept",
    chains: new Map([
      ["all", [rule(carriedBy(pairs), { kind: "goto", chain: "conduit" })]],
      ["conduit", judged],
    ]),
  };
}

/** Every packet between the two zones, in both directions. */
export const carriedBy = (pairs: readonly ZonePair[]): readonly Cube[] =>
  pairs.flatMap(({ left, right }) => [
    { family: left.family, source: left, destination: right },
    { family: left.family, source: right, destination: left },
  ]);

/** A firewall without a ruleset of ours: every packet passes. */
export const passAll: Program = { entry: "all", policy: "accept", chains: new Map([["all", []]]) };

/** What rules mean, box by box. */
export const rulesProgram = (rules: ConduitRules, span: Span): Program =>
  conduitProgram({
    pairs: rules.pairs,
    requests: rules.permits.flatMap(({ boxes, origin: span, permit: label }) =>
      boxes.map(({ source, destination, service }) => ({ source, destination, service, span, label })),
    ),
    stage: rules.stage,
    span,
  });

/** The packets that ask, by their states; none is in the reply direction of a connection. */
export const requestCube = (
  { source, destination, service, span, label }: Request,
  states: readonly ConnectionState[] = asking,
): Cube => ({
  family: source.family,
  states,
  source,
  destination,
  protocol: protocolRange(service),
  // Requests and replies have all of these fields: objects of one shape are several times as fast to make and to read.
  sourcePort: undefined,
  destinationPort: portRange(service),
  icmpType: service.kind === "icmp" ? exactly(service.type) : undefined,
  span,
  label,
});

const asking: readonly ConnectionState[] = ["original", "none", "related"];
const answering: readonly ConnectionState[] = ["reply"];

/** The packets that answer: from the responder, and from the port that was asked. None for an ICMP type without an answer. */
export function replyCube({ source, destination, service, span, label }: Request): readonly Cube[] {
  const icmpType = service.kind === "icmp" ? icmpReplyType(service.family, service.type) : undefined;
  if (service.kind === "icmp" && icmpType === undefined) return [];
  return [
    {
      family: source.family,
      states: answering,
      source: destination,
      destination: source,
      protocol: protocolRange(service),
      sourcePort: portRange(service),
      destinationPort: undefined,
      icmpType: icmpType === undefined ? undefined : exactly(icmpType),
      span,
      label,
    },
  ];
}

const portRange = (service: Service): Range | undefined =>
  service.kind === "ports" ? { from: service.from, to: service.to } : undefined;

function protocolRange(service: Service): Range | undefined {
  switch (service.kind) {
    case "any":
      return undefined;
    case "ports":
    case "protocol":
      return protocols[service.protocol] ?? exactly(service.protocol);
    case "icmp":
      return protocols[icmpProtocol(service.family)];
  }
}

const exactly = (value: number): Range => ({ from: value, to: value });

/** One object for each: a large conduit asks for them tens of thousands of times. */
const protocols: readonly Range[] = Array.from({ length: 256 }, (_, number) => exactly(number));
