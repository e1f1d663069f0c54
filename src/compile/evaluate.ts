import type { AddressRange } from "../net/address.ts";
import { type Interfaces, isInterface } from "../net/interfaces.ts";
import type { Packet } from "../net/packet.ts";
import type { Cube, Program, Range, Rule } from "./program.ts";

/** What a program does with one packet, and what decided it: undefined when the policy at the end did. */
export interface Decision {
  readonly verdict: "accept" | "drop";
  readonly recorded: boolean;
  readonly rule?: Rule;
  readonly cube?: Cube;
}

/**
 * Walks a program with one packet, rule by rule, as its platform would. Slow, obvious, and apart from the decision
 * diagrams: it is what they are tested against, and how an answer gets its reason.
 */
export function evaluate(program: Program, packet: Packet): Decision {
  let recorded = false;
  /** Undefined means that the chain came to its end or returned. */
  const walk = (chain: string): Omit<Decision, "recorded"> | undefined => {
    const rules = program.chains.get(chain);
    if (!rules) throw new Error(`no chain "${chain}"`);
    for (const rule of rules) {
      const cube = rule.cubes.find((candidate) => matches(candidate, packet));
      if (!cube) continue;
      switch (rule.action.kind) {
        case "accept":
        case "drop":
          return { verdict: rule.action.kind, rule, cube };
        case "record":
          recorded = true;
          break;
        case "return":
          return undefined;
        case "jump": {
          const decision = walk(rule.action.chain);
          if (decision) return decision;
          break;
        }
        case "goto":
          return walk(rule.action.chain);
      }
    }
    return undefined;
  };
  const decision = walk(program.entry) ?? { verdict: program.policy };
  return { ...decision, recorded };
}

export const matches = (cube: Cube, packet: Packet): boolean =>
  (cube.family === undefined || cube.family === packet.family) &&
  (cube.states === undefined || cube.states.includes(packet.state)) &&
  holdsAddress(cube.source, packet, packet.source) &&
  holdsAddress(cube.destination, packet, packet.destination) &&
  holds(cube.protocol, packet.protocol) &&
  holds(cube.sourcePort, packet.sourcePort) &&
  holds(cube.destinationPort, packet.destinationPort) &&
  holds(cube.icmpType, packet.icmpType) &&
  holds(cube.icmpCode, packet.icmpCode) &&
  holdsInterface(cube.ingress, packet.ingress) &&
  holdsInterface(cube.egress, packet.egress);

const holdsAddress = (range: AddressRange | undefined, packet: Packet, address: bigint): boolean =>
  range === undefined || (range.family === packet.family && range.from <= address && address <= range.to);

/** A packet whose interface is not known may meet whatever is asked of it. */
const holdsInterface = (asked: readonly Interfaces[] | undefined, name: string | undefined): boolean =>
  asked === undefined || name === undefined || asked.every((one) => isInterface(one, name));

const holds = (range: Range | undefined, value: number | undefined): boolean =>
  range === undefined || (value !== undefined && range.from <= value && value <= range.to);
