import { carriedBy, passAll } from "../../compile/conduit-program.ts";
import type { Cube, Program } from "../../compile/program.ts";
import { formatPacket } from "../../net/packet.ts";
import type { PlanContent } from "../../plan/plan.ts";
import { namedAddresses } from "../../verify/claims/observed.ts";
import {
  type Transition,
  type TransitionResult,
  transitionStatements,
} from "../../verify/claims/transition.ts";
import { diffPrograms } from "../../verify/diff.ts";
import type { PlanOrder } from "./order.ts";
import type { Standing } from "./standing.ts";

/** What runs, what the plan makes of it and what a rollback restores, as programs. */
export function readStep(order: PlanOrder, standing: Standing, bootText: string): Step {
  const { site, conduit, ruleset, target, budget } = order;
  const unread: string[] = [];
  const read = (text: string, what: string): Program | undefined => {
    const { value, diagnostics } = target.parse(text, order.firewall.id);
    if (value) return value;
    const [first] = diagnostics;
    unread.push(`line ${first?.span?.line ?? 1} of ${what}: ${first?.message ?? "not understood"}`);
    return undefined;
  };
  const before = standing.text === undefined ? passAll : read(standing.text, "the rules that run");
  const kept = standing.kept === undefined || standing.rules.conduits.length > 0 ? standing.kept : null;
  const held = standing.rules.conduits.find((one) => one.conduit === conduit.id);
  const carried = carriedBy(ruleset.rules.pairs);
  return {
    stage: ruleset.rules.stage,
    before,
    after: read(bootText, "the rules to come"),
    // At first contact, what is there is what is kept.
    restored: kept === undefined ? before : kept === null ? passAll : read(kept, "the known-good"),
    carried,
    inside: [...carried, ...carriedBy(held?.pairs ?? [])],
    named: namedAddresses(site.zones.filter((zone) => conduit.zones.includes(zone.id))),
    budget,
    unread,
  };
}

/** A step, with the packets that are the conduit's by its zones now. */
export interface Step extends Transition {
  readonly carried: readonly Cube[];
  /** Where and why a text could not be read. */
  readonly unread: readonly string[];
}

/** How the packets of the conduit fare, before and after; what cannot be read or compared is unknown, never equal. */
export function difference({ before, after, carried, named, budget }: Step): PlanContent["difference"] {
  if (!before || !after) return { verdict: "unknown" };
  const change = diffPrograms(before, after, carried, named, budget);
  return {
    verdict: change.kind,
    ...("lost" in change ? { lost: formatPacket(change.lost) } : {}),
    ...("gained" in change ? { gained: formatPacket(change.gained) } : {}),
  };
}

export function brokenClaim({
  claim,
  packet,
  rule,
}: TransitionResult & { readonly result: "failed" }): string {
  const text = claim === "way-back" ? "the known-good" : "the rules to come";
  const place = rule ? `line ${rule.line} of ${text}` : `no rule of ${text} meets it`;
  return `this does not hold: ${transitionStatements[claim]} Against it: ${formatPacket(packet)} (${place})`;
}

/**
 * What keeps enforcement from being planned: a claim that is open is no proof. Monitor drops nothing, so it may be
 * planned all the same, and is the way to a state that can be read.
 */
export function openClaims(
  { conduit, firewall }: PlanOrder,
  { unread }: Step,
  claims: readonly TransitionResult[],
): readonly string[] {
  const open = claims.filter(({ result }) => result === "not-proved");
  if (open.length === 0) return [];
  const statements = open.map(({ claim }) => transitionStatements[claim]).join(" ");
  const [reason, mend] =
    unread.length > 0
      ? [
          `cannot be read: ${unread.join("; ")}`,
          `"sluice plan ${conduit.id} --to monitor" writes the rules anew, "sluice rollback ${firewall.id}" loads the ` +
            "known-good again",
        ]
      : [
          "the proof took more than its budget",
          `widen or merge the permits of ${conduit.id} and of its neighbours on ${firewall.id} that cross each other`,
        ];
  return [`not proved: ${statements} Reason: ${reason}. Before it can be enforced: ${mend}`];
}
