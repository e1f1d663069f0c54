import { evaluate } from "../../compile/evaluate.ts";
import type { Stage } from "../../compile/ir.ts";
import type { Cube, Program } from "../../compile/program.ts";
import type { Span } from "../../diagnostics/diagnostic.ts";
import type { AddressRange } from "../../net/address.ts";
import type { Packet } from "../../net/packet.ts";
import { type Analysis, createAnalysis } from "../analysis.ts";
import { type Budget, BudgetExceeded, type Diagram } from "../diagram/diagram.ts";

/** What is proved of a step on one firewall, in the words of the plan. */
export const transitionStatements = {
  "loses-nothing": "Entering monitor loses nothing: every packet that passes now goes on passing.",
  "stays-inside": "Every packet outside the conduit is treated as it is now.",
  "way-back": "What a rollback restores treats every packet as it is treated now.",
} as const;

export type TransitionClaim = keyof typeof transitionStatements;

/**
 * `failed` names a packet that breaks the claim, and the rule that treats it so: in what a rollback restores for
 * `way-back`, else in what is to come; absent when no rule there meets it. `unreadable`: one of the texts is not of our form,
 * so nothing is known. It is never taken for a proof.
 */
export type TransitionResult =
  | { readonly claim: TransitionClaim; readonly result: "proved" }
  | {
      readonly claim: TransitionClaim;
      readonly result: "failed";
      readonly packet: Packet;
      readonly rule?: Span;
    }
  | {
      readonly claim: TransitionClaim;
      readonly result: "not-proved";
      readonly cause: "budget" | "unreadable";
    };

/** A step: our part of a firewall as it is, as it will be, and as a rollback makes it. Undefined where not readable. */
export interface Transition {
  readonly stage: Stage;
  readonly before: Program | undefined;
  readonly after: Program | undefined;
  readonly restored: Program | undefined;
  /** The packets of the conduit, by its zones now and by those that run. */
  readonly inside: readonly Cube[];
  /** Addresses that make a witness plausible. */
  readonly named: readonly AddressRange[];
  readonly budget: Budget;
}

/** Proves or refutes what must hold of a step whatever its rules are; monitor has one claim more. */
export function proveTransition(step: Transition): readonly TransitionResult[] {
  const { before, after, restored, inside } = step;
  const claims: readonly TransitionClaim[] = [
    ...(step.stage === "monitor" ? (["loses-nothing"] as const) : []),
    "stays-inside",
    "way-back",
  ];
  const open = (cause: "budget" | "unreadable"): readonly TransitionResult[] =>
    claims.map((claim) => ({ claim, result: "not-proved", cause }));
  if (!before || !after || !restored) return open("unreadable");
  try {
    const analysis = createAnalysis([before, after, restored], inside, step.named, step.budget);
    const now = analysis.meaning(before);
    const then = analysis.meaning(after);
    const broken: { readonly [Claim in TransitionClaim]: () => Diagram } = {
      "loses-nothing": () => analysis.passedOnlyBy(now, then),
      "stays-inside": () => analysis.outside(analysis.packets(inside), analysis.difference(now, then)),
      "way-back": () => analysis.difference(now, analysis.meaning(restored)),
    };
    return claims.map((claim) =>
      result(analysis, claim, broken[claim](), claim === "way-back" ? restored : after),
    );
  } catch (error) {
    if (error instanceof BudgetExceeded) return open("budget");
    throw error;
  }
}

function result(
  analysis: Analysis,
  claim: TransitionClaim,
  broken: Diagram,
  text: Program,
): TransitionResult {
  const packet = analysis.witness(broken);
  if (!packet) return { claim, result: "proved" };
  const { cube, rule } = evaluate(text, packet);
  const span = cube?.span ?? rule?.span;
  return { claim, result: "failed", packet, ...(span && { rule: span }) };
}
