import type { Figure, Section } from "../document.ts";
import { count, duration, grouped } from "../words.ts";
import { accepted } from "./recorded.ts";
import { claimsOf, flowsByFate, type Reviewed, rulesOf } from "./reviewed.ts";
import { endedSessions } from "./sessions.ts";

/** The numbers to look at first. */
export function overview(reviewed: Reviewed): Section {
  const { plan, approvals } = reviewed;
  const { all, cut, kept, opened, dropped } = flowsByFate(plan);
  const permits = rulesOf(plan).permits.length;
  const claims = claimsOf(plan);
  const proved = claims.filter(({ result }) => result === "proved").length;
  const needed = Math.max(...plan.approval.rules.map((rule) => rule.count));
  const observed: readonly Figure[] =
    plan.review === undefined
      ? []
      : [
          { id: "flows-observed", label: "flows observed between the two zones", value: grouped(all.length) },
          { id: "flows-kept", label: "of them go on as before", value: grouped(kept.length), tone: "good" },
          ...(dropped.length > 0
            ? [{ id: "flows-dropped", label: "of them stay dropped", value: grouped(dropped.length) }]
            : []),
          {
            id: "flows-cut",
            label: "of them will be cut",
            value: grouped(cut.length),
            tone: cut.length > 0 ? "warn" : "good",
          },
          ...(opened.length > 0
            ? [{ id: "flows-opened", label: "of them will newly pass", value: grouped(opened.length) }]
            : []),
        ];
  const { sessions } = plan;
  const open: readonly Figure[] =
    sessions?.listing.kind === "listed" && sessions.listing.known > 0
      ? [
          {
            id: "sessions-ended",
            label: `of ${count(sessions.listing.known, "session")} that were open will end`,
            value: grouped(endedSessions(sessions.listing)),
            tone: endedSessions(sessions.listing) > 0 ? "warn" : "good",
          },
        ]
      : [];
  return {
    id: "overview",
    title: "At a glance",
    clauses: [],
    blocks: [
      ...accepted(reviewed),
      {
        kind: "figures",
        items: [
          ...observed,
          ...open,
          {
            id: "permits",
            label: permits === 1 ? "permit decides what passes" : "permits decide what passes",
            value: grouped(permits),
          },
          {
            id: "claims-proved",
            label: `of ${count(claims.length, "claim")} about the rules proved`,
            value: String(proved),
            tone: proved === claims.length ? "good" : "warn",
          },
          {
            id: "lease",
            label: "without renewal, and the trial ends by itself",
            value: duration(plan.trial.lease),
          },
          {
            id: "soak",
            label: "without trouble before it may be made permanent",
            value: duration(plan.trial.soak),
          },
          {
            id: "approvals-missing",
            label: `of ${count(needed, "approval")} still missing`,
            value: String(approvals.missing),
            tone: approvals.missing > 0 ? "warn" : "good",
          },
        ],
      },
    ],
  };
}
