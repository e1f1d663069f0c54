import type { Report, Section } from "./document.ts";
import { approval } from "./review/approval.ts";
import { decisions } from "./review/decisions.ts";
import { flows } from "./review/flows.ts";
import { lockOut } from "./review/lock-out.ts";
import { observed } from "./review/observed.ts";
import { overview } from "./review/overview.ts";
import { plant } from "./review/plant.ts";
import { proofs } from "./review/proofs.ts";
import { claimsOf, type Reviewed } from "./review/reviewed.ts";
import { ruleText } from "./review/rule-text.ts";
import { sessions } from "./review/sessions.ts";
import { summary } from "./review/summary.ts";
import { watch } from "./review/watch.ts";
import { wayBack } from "./review/way-back.ts";
import { count, list } from "./words.ts";

/** The sections in the order in which a reviewer asks. */
const sections: readonly ((reviewed: Reviewed) => Section)[] = [
  overview,
  plant,
  decisions,
  flows,
  sessions,
  observed,
  watch,
  lockOut,
  wayBack,
  proofs,
  ruleText,
  approval,
];

/** A plan as the one who must decide about it reads it. What the plan does not hold is said to be absent. */
export function review(reviewed: Reviewed): Report {
  const { plan } = reviewed;
  return {
    schema: "sluice/review",
    version: 1,
    subject: plan.site.name,
    title:
      plan.from === plan.to
        ? `${plan.conduit}: other rules in ${plan.to} on ${plan.firewall.id}`
        : `${plan.conduit}: ${plan.from} → ${plan.to} on ${plan.firewall.id}`,
    summary: summary(reviewed),
    status: status(reviewed),
    sections: sections.map((section) => section(reviewed)),
  };
}

function status({ plan, approvals, expired }: Reviewed): Report["status"] {
  const failed = claimsOf(plan).filter(({ result }) => result === "failed").length;
  if (failed > 0) return { text: `${count(failed, "claim")} failed: do not approve`, tone: "bad" };
  if (expired !== undefined) return { text: `Not to be applied: ${expired}`, tone: "bad" };
  if (approvals.missing > 0)
    return { text: `Needs ${count(approvals.missing, "more approval")}`, tone: "warn" };
  return {
    text: approvals.accepted.length > 0 ? `Approved by ${list(approvals.accepted)}` : "Needs no approval",
    tone: "good",
  };
}
