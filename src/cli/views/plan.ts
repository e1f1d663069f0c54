import { printable } from "../../diagnostics/printable.ts";
import { ruleText } from "../../plan/approval.ts";
import type { PlanDocument } from "../../plan/plan.ts";
import { atFailover } from "../../report/review/sessions.ts";
import { count, minute } from "../../report/words.ts";
import { firingsText } from "../../rollout/drill.ts";
import { unprovenMeaning } from "../../verify/certificate.ts";
import { recordLines } from "./record.ts";
import { sessionLines } from "./sessions.ts";

/** What is shown of a plan; ranges, which differ between a plan in a file and one in use, are not. */
type Shown = Pick<
  PlanDocument,
  | "id"
  | "conduit"
  | "firewall"
  | "from"
  | "to"
  | "difference"
  | "certificate"
  | "transition"
  | "record"
  | "readiness"
  | "acceptances"
  | "sessions"
  | "pair"
  | "watch"
  | "trial"
  | "window"
  | "undo"
  | "deadMen"
  | "approval"
  | "author"
  | "commands"
>;

/** A plan in the words of somebody who knows the process and must decide. */
export function renderPlan(plan: Shown): string {
  const certificate = plan.certificate as {
    readonly claims?: readonly { readonly result: string }[];
    readonly outside?: readonly string[];
  };
  const claims = [...(certificate.claims ?? []), ...(plan.transition ?? [])];
  const proved = claims.filter((claim) => claim.result === "proved").length;
  const lines = [
    `plan ${plan.id}`,
    `  ${plan.conduit} on ${plan.firewall.id}: ${plan.from} -> ${plan.to}`,
    `  packets:  ${differenceText(plan.difference)}`,
    `  proof:    ${proved} of ${claims.length} claims proved`,
    ...(certificate.outside?.includes(unprovenMeaning) ? [`            ${unprovenMeaning}`] : []),
    `  watched:  ${count(plan.watch.expected.length, "flow")} of the baseline, ${count(plan.watch.heartbeats.length, "critical flow")}`,
    ...(plan.record
      ? [
          `  recorded: ${count(plan.record.length, "flow")} that no permit admitted`,
          ...recordLines(plan.record).map((line) => `    ${line}`),
        ]
      : []),
    ...(plan.readiness
      ? [`  baseline: ${plan.readiness.ready ? "" : "NOT READY: "}${plan.readiness.text}`]
      : []),
    ...(plan.acceptances ?? []).map(
      ({ subject, text, reason }) =>
        `  ACCEPTED: ${subject === "coverage" ? "a baseline that is not ready" : text} (${plan.author}: ${reason})`,
    ),
    ...(plan.sessions ? sessionLines(plan.sessions) : []),
    ...(plan.pair && plan.to === "enforce" ? [`  failover: ${atFailover(plan.sessions?.mode)}`] : []),
    `  trial:    lease ${plan.trial.lease} s, soak ${plan.trial.soak} s, at most ${plan.trial.maximum} s` +
      (plan.window ? `, in the window ${plan.window.id}` : "; no window: it may be applied at any time"),
    `  dead man: ${plan.undo.deadMan}`,
    ...(plan.deadMen
      ? [
          `            in the drill of ${minute(plan.deadMen.drilled)}: ${firingsText(plan.deadMen.firings)}`,
          ...(plan.deadMen.weak ? ["            ACCEPTED: a kill on the firewall ends all of them"] : []),
        ]
      : []),
    `  reboot:   ${plan.undo.reboot}`,
    ...plan.approval.rules.map((rule) => `  approval: ${ruleText(rule)}; not by the author, ${plan.author}`),
    `            holds until ${minute(plan.approval.expires)}`,
    "  next:",
    ...plan.commands.map((command) => `    ${command}`),
    "  at the console of the firewall, to go back without this program:",
    ...plan.undo.console.map((command) => `    ${command}`),
  ];
  return lines.map((line) => `${printable(line)}\n`).join("");
}

function differenceText({ verdict, lost, gained }: PlanDocument["difference"]): string {
  switch (verdict) {
    case "equal":
      return "the same packets pass as now";
    case "narrowed":
      return `NARROWED: some packets that pass now will no longer pass, such as ${lost}`;
    case "broadened":
      return `BROADENED: some packets will pass that do not pass now, such as ${gained}`;
    case "both":
      return `NARROWED, such as ${lost}, and BROADENED, such as ${gained}`;
    case "unknown":
      return "UNKNOWN: what runs now could not be compared with what will run";
  }
}
