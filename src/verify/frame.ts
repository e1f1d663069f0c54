import type { Backend } from "../compile/backend.ts";
import { passAll } from "../compile/conduit-program.ts";
import type { Program } from "../compile/program.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { formatPacket, type Packet } from "../net/packet.ts";
import { createAnalysis } from "./analysis.ts";
import type { Budget } from "./diagram/diagram.ts";
import { withinBudget } from "./readings.ts";

/** What all rulesets of a firewall are built in, and what is left of them when the last conduit goes. */
export const frameText = (target: Backend, firewall: string): string =>
  target.emit({ firewall, conduits: [] });

/** Why a text is not a frame: it cannot be read, or not every packet passes unrecorded. Empty when it is one. */
export function frameFaults(
  target: Backend,
  text: string,
  file: string,
  budget: Budget,
): readonly Diagnostic[] {
  const { value: program, diagnostics } = target.parse(text, file);
  if (!program) return diagnostics;
  const packet = withinBudget(() => notPassed(program, budget) ?? "none");
  if (packet === "none") return diagnostics;
  const fault = packet
    ? `${formatPacket(packet)}: the frame of the rulesets does not let it pass unrecorded`
    : "not proved: The frame lets every packet pass. The proof took more than its budget.";
  const span = { file, line: 1, column: 1, length: 1 };
  const fix = 'write it again with "sluice compile"';
  return [...diagnostics, { code: "proof/frame", severity: "error", message: fault, span, fix }];
}

function notPassed(program: Program, budget: Budget): Packet | undefined {
  const analysis = createAnalysis([program], [], [], budget);
  return analysis.witness(analysis.difference(analysis.meaning(program), analysis.meaning(passAll)));
}
