import type { Action, Cube, Range } from "../../../src/compile/program.ts";
import type { Span } from "../../../src/diagnostics/diagnostic.ts";
import { everyAddress, type Family, type RangeReader } from "../../../src/net/address.ts";
import { type Conditions, type Directions, readConditions, readSetUse } from "./conditions.ts";
import type { Line } from "./lines.ts";

/** What a rule does. Without a verdict it counts; in a set it notes the packet. */
export type Verdict =
  | Exclude<Action, { readonly kind: "record" | "return" | "jump" }>
  | { readonly kind: "count" | "note" };

export interface RuleSyntax {
  readonly chain: string;
  readonly family: Family | undefined;
  readonly conditions: Conditions;
  readonly verdict: Verdict;
  readonly span: Span;
}

/** Reads `[-4|-6] -A CHAIN …`. @throws {Refusal} at the first word whose meaning is not certain. */
export function readRule(line: Line, rangeOf: RangeReader): RuleSyntax {
  const family = line.takeIf("-4") ? 4 : line.takeIf("-6") ? 6 : undefined;
  line.expect("-A");
  const chain = line.take("a chain");
  const conditions = readConditions(line, family, rangeOf);
  const verdict = readVerdict(line, conditions);
  if (line.next !== undefined) throw line.refuse("nothing may follow the verdict of a rule of ours", "next");
  return { chain, family, conditions, verdict, span: line.span };
}

/**
 * All steps are gotos, so RETURN leaves everything of ours and gives the packet to the host's own rules: it is the
 * accept of a program that lets pass what it does not drop. A jump would bring a packet back, and ACCEPT would open.
 */
function readVerdict(line: Line, conditions: Conditions): Verdict {
  if (line.takeIf("-g")) return { kind: "goto", chain: line.take("a chain") };
  if (line.next === undefined) return { kind: "count" };
  line.expect("-j");
  const target = line.take("a target");
  switch (target) {
    case "RETURN":
      return { kind: "accept" };
    case "DROP":
      return { kind: "drop" };
    case "SET": {
      line.expect("--add-set");
      const { set, directions } = readSetUse(line);
      const asked = conditions.unrecorded;
      if (asked?.set !== set || asked.directions !== directions) {
        throw line.refuse("a packet is noted in the set, and in the directions, that it was looked up in");
      }
      return { kind: "note" };
    }
    default:
      throw line.refuse(
        `"${target}" is not a target that Sluice uses: RETURN, DROP, SET, or -g with a chain`,
      );
  }
}

/** The packets that a rule matches: one cube for each range of ports. Where a rule asks for no address, any will do. */
export function cubesOf({ family, conditions, span }: RuleSyntax): readonly Cube[] {
  const { source, destination, protocol, states, sourcePorts, destinationPorts, icmpType, comment } =
    conditions;
  // Every field each time: objects of one shape are several times as fast to make and to read.
  const cube: Cube = {
    family,
    states,
    source: family && (source ?? everyAddress(family)),
    destination: family && (destination ?? everyAddress(family)),
    protocol: protocol === undefined ? undefined : exactly(protocol),
    sourcePort: undefined,
    destinationPort: undefined,
    icmpType: icmpType === undefined ? undefined : exactly(icmpType),
    span,
    label: comment,
  };
  if (sourcePorts) return sourcePorts.map((sourcePort) => ({ ...cube, sourcePort }));
  if (destinationPorts) return destinationPorts.map((destinationPort) => ({ ...cube, destinationPort }));
  return [cube];
}

const exactly = (value: number): Range => ({ from: value, to: value });

/** The packets that a record really notes under the request that they belong to: those that ask, or reversed the replies. */
export function notedCubes(rule: RuleSyntax, directions: Directions): readonly Cube[] {
  const cubes = cubesOf(rule);
  return directions === "src,dst,dst"
    ? cubes.map((cube) => ({ ...cube, states: ["original", "none", "related"] }))
    : cubes;
}
