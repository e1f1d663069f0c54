import type { Baseline } from "../../baseline/flow.ts";
import type { Plan, PlanContent } from "../../plan/plan.ts";
import type { Conduit, Site, Window } from "../../policy/model.ts";
import type { Target } from "../../target.ts";
import type { Ruleset } from "../../verify/compile.ts";
import type { Budget } from "../../verify/diagram/diagram.ts";
import type { AcceptanceOrder } from "../acceptances.ts";
import type { KeptSample } from "../criteria/replay.ts";
import type { JournalEntry } from "../journal.ts";

/** What a plan is made from; everything but the firewall itself. */
export interface PlanOrder {
  readonly site: Site;
  readonly siteFile: string;
  readonly siteText: string;
  readonly conduit: Conduit;
  readonly firewall: PlanContent["firewall"];
  readonly target: Target;
  readonly ruleset: Ruleset;
  readonly baseline: { readonly name: string; readonly content: Baseline } | undefined;
  readonly window: Window | undefined;
  /** What was kept of the conduit while it was monitored. */
  readonly samples?: readonly KeptSample[];
  readonly author: string;
  readonly created: Date;
  readonly budget: Budget;
  /** Name of the plan's file, for the commands in it. */
  readonly file: string;
  readonly journal: readonly JournalEntry[];
  /** Whether the author accepts dead men that a kill can take away, where the firewall has no other. */
  readonly acceptWeakDeadMen: boolean;
  /** What the author accepts by name. */
  readonly accept: readonly AcceptanceOrder[];
  /** The plans that are applied together with it, itself among them, as the command names them. */
  readonly together: string;
  /** The pair that the firewall is a member of, where each member is changed. */
  readonly pair: PlanContent["pair"];
  /** Plans for the same firewall and other conduits that are to be applied before this one. */
  readonly before: readonly Plan[];
}
