import type { Baseline } from "../../baseline/flow.ts";
import { flowText } from "../../baseline/propose/question.ts";
import type { Conduit, Site } from "../../policy/model.ts";
import type { ConduitCounters } from "../../target.ts";
import {
  type Acceptance,
  type AcceptanceOrder,
  acceptedRequest,
  acceptHint,
  coverageName,
} from "../acceptances.ts";
import { decisionsOf, judgeRecord } from "../record.ts";
import { surprises } from "../surprises.ts";
import { type Readiness, readinessOf } from "./readiness.ts";

/** What is to be promoted, by whom, and what its author accepts by name. */
export interface PromotionOrder {
  readonly site: Site;
  readonly conduit: Conduit;
  readonly baseline: { readonly content: Baseline } | undefined;
  readonly author: string;
  readonly accept: readonly AcceptanceOrder[];
}

/** What speaks for and against taking a conduit from monitor to enforce. */
export interface Promotion {
  readonly readiness: Readiness;
  readonly acceptances: readonly Acceptance[];
  readonly problems: readonly string[];
}

/**
 * Enforcement needs a baseline that has seen enough, and a record in which everything is decided; what is missing may be
 * accepted, each by its name and with a reason. A record that is full cannot: nobody knows what is not in it.
 */
export function promotionOf(
  order: PromotionOrder,
  counters: Pick<ConduitCounters, "recorded" | "recordFull">,
  nameOf: (address: string) => string,
): Promotion {
  const { site, conduit, baseline, accept, author } = order;
  const reasonFor = (name: string): string | undefined => accept.find((one) => one.name === name)?.reason;
  const readiness = readinessOf(site, conduit, baseline?.content);
  const coverageReason = reasonFor(coverageName);
  const decisions = decisionsOf(conduit);
  const acceptances: Acceptance[] = [];
  if (!readiness.ready && coverageReason !== undefined) {
    acceptances.push({ subject: "coverage", text: readiness.text, reason: coverageReason });
  }
  for (const { flow, decision } of judgeRecord(decisions, counters.recorded)) {
    const text = flowText(flow, nameOf);
    const reason = reasonFor(text);
    if (!decision && reason !== undefined) acceptances.push({ subject: "recorded", text, reason, flow });
  }
  const accepted = acceptances.flatMap((one) => acceptedRequest(one, author));
  return {
    readiness,
    acceptances,
    problems: [
      ...(readiness.ready || coverageReason !== undefined
        ? []
        : [`the baseline of ${conduit.id} is not ready: ${readiness.text}; ${acceptHint(coverageName)}`]),
      ...surprises(conduit.id, { ...decisions, accepted }, counters, nameOf),
    ],
  };
}
