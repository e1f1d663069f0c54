import type { Program } from "../../../src/compile/program.ts";
import { formatPacket, type Packet } from "../../../src/net/packet.ts";
import { createAnalysis } from "../../../src/verify/analysis.ts";

/** A packet that two programs treat differently, in one line, or undefined when they are equal on every packet. */
export function difference(one: Program, other: Program): string | undefined {
  const packet = witness(one, other);
  return packet && formatPacket(packet);
}

function witness(one: Program, other: Program): Packet | undefined {
  const budget = { nodes: 5_000_000, outOfTime: () => false };
  const analysis = createAnalysis([one, other], [], [], budget);
  return analysis.witness(analysis.difference(analysis.meaning(one), analysis.meaning(other)));
}
