import type { Baseline } from "../../baseline/flow.ts";
import { carriedBy, rulesProgram } from "../../compile/conduit-program.ts";
import { evaluate } from "../../compile/evaluate.ts";
import type { ConduitRules } from "../../compile/ir.ts";
import { policyProgram } from "../../compile/policy-program.ts";
import type { Cube, Program } from "../../compile/program.ts";
import { formatPacket, type Packet } from "../../net/packet.ts";
import { formatProtocol } from "../../net/protocol.ts";
import type { Conduit, Site } from "../../policy/model.ts";
import { type Analysis, createAnalysis } from "../analysis.ts";
import { type Budget, BudgetExceeded, type Diagram } from "../diagram/diagram.ts";
import { type AssertedRequests, assertionsOf, brokenAssertion } from "./asserted.ts";
import { misattributed } from "./attribution.ts";
import { type ClaimId, type ClaimResult, commonClaims } from "./claim.ts";
import { flowsToKeep, namedAddresses, type ObservedFlow } from "./observed.ts";

export interface Proposition {
  readonly site: Site;
  readonly conduit: Conduit;
  /** What the text was made from. */
  readonly rules: ConduitRules;
  /** What the text says, read back. */
  readonly text: Program;
  readonly baseline: Baseline | undefined;
  readonly budget: Budget;
}

/** Proves or refutes each claim about one ruleset. Past the budget a claim is open, never held to be true. */
export function prove(proposition: Proposition): readonly ClaimResult[] {
  const { site, conduit, rules, text, baseline } = proposition;
  const compiled = rulesProgram(rules, conduit.span);
  const policy = policyProgram(site, conduit, rules.stage);
  const flows = baseline ? flowsToKeep(baseline, conduit, rules.pairs) : [];
  const carried = carriedBy(rules.pairs);
  const assertions = assertionsOf(site, rules.stage, carried);
  const zones = site.zones.filter((zone) => conduit.zones.includes(zone.id));
  try {
    const analysis = createAnalysis(
      [text, compiled, policy],
      [...carried, ...[...flows, ...assertions].flatMap(({ cubes }) => cubes)],
      namedAddresses(zones),
      proposition.budget,
    );
    const said = analysis.meaning(text);
    return [
      faithful(analysis, said, text, compiled),
      baseline
        ? baselineKept(analysis, said, text, flows)
        : { claim: "baseline-kept", result: "not-proved", cause: "no-baseline" },
      nothingMore(analysis, said, text, policy),
      ...(assertions.length > 0 ? [asserted(analysis, said, text, carried, assertions)] : []),
    ];
  } catch (error) {
    if (!(error instanceof BudgetExceeded)) throw error;
    const claims: readonly ClaimId[] = assertions.length > 0 ? [...commonClaims, "asserted"] : commonClaims;
    return claims.map((claim) => ({ claim, result: "not-proved", cause: "budget" }));
  }
}

function faithful(analysis: Analysis, said: Diagram, text: Program, compiled: Program): ClaimResult {
  const packet = analysis.witness(analysis.difference(said, analysis.meaning(compiled)));
  if (packet) {
    return refuted(
      "faithful",
      packet,
      text,
      compare(text, compiled, packet, "the rule it was compiled from"),
    );
  }
  const miscount = misattributed(analysis, text, compiled);
  if (!miscount) return { claim: "faithful", result: "proved" };
  const message = `the text does not count it for the permit that the rules count it for ("${miscount.permit}" is concerned)`;
  return refuted("faithful", miscount.packet, text, message);
}

function baselineKept(
  analysis: Analysis,
  said: Diagram,
  text: Program,
  flows: readonly ObservedFlow[],
): ClaimResult {
  const wanted = analysis.packets(flows.flatMap(({ cubes }) => cubes));
  const lost = analysis.passedOnlyBy(wanted, said);
  const packet = analysis.witness(lost);
  if (!packet) return { claim: "baseline-kept", result: "proved" };
  const cut = flows.filter(({ cubes }) => analysis.witness(analysis.within(lost, analysis.packets(cubes))));
  const names = cut.slice(0, 5).map(({ flow }) => {
    const service = flow.port ?? (flow.icmpType === undefined ? "" : `type ${flow.icmpType}`);
    return `${formatProtocol(flow.protocol)} ${flow.initiator} -> ${flow.responder} ${service}`.trimEnd();
  });
  const more = cut.length > names.length ? `, and ${cut.length - names.length} more` : "";
  const message = `observed, and neither permitted nor denied: ${names.join("; ")}${more}`;
  return refuted("baseline-kept", packet, text, message);
}

function nothingMore(analysis: Analysis, said: Diagram, text: Program, policy: Program): ClaimResult {
  const packet = analysis.witness(analysis.difference(said, analysis.meaning(policy)));
  return packet
    ? refuted("nothing-more", packet, text, compare(text, policy, packet, "the site file"))
    : { claim: "nothing-more", result: "proved" };
}

function asserted(
  analysis: Analysis,
  said: Diagram,
  text: Program,
  carried: readonly Cube[],
  assertions: readonly AssertedRequests[],
): ClaimResult {
  const broken = brokenAssertion(analysis, said, carried, assertions);
  if (!broken) return { claim: "asserted", result: "proved" };
  const { id, verdict } = broken.assertion;
  return refuted(
    "asserted",
    broken.packet,
    text,
    `assertion "${id}" says ${verdict}, the text ${treatment(text, broken.packet)}`,
  );
}

function refuted(claim: ClaimId, packet: Packet, text: Program, message: string): ClaimResult {
  const decision = evaluate(text, packet);
  const rule = decision.cube?.span ?? decision.rule?.span;
  return {
    claim,
    result: "failed",
    message: `${formatPacket(packet)}: ${message}`,
    packet,
    ...(rule && { rule }),
  };
}

/** What the text does with a packet and what another program would do. */
const compare = (text: Program, other: Program, packet: Packet, name: string): string =>
  `the text ${treatment(text, packet)}, ${name} ${treatment(other, packet)}`;

function treatment(program: Program, packet: Packet): string {
  const { verdict, recorded } = evaluate(program, packet);
  return `${recorded ? "records it and " : ""}${verdict === "accept" ? "lets it pass" : "drops it"}`;
}
