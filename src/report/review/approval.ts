import { mayMeet, ruleText } from "../../plan/approval.ts";
import type { Plan } from "../../plan/plan.ts";
import { type Cell, paragraph, type Section } from "../document.ts";
import { duration, list, minute } from "../words.ts";
import type { Reviewed } from "./reviewed.ts";

/** Who decides, who has decided, and what is done then. */
export function approval({ plan, approvals }: Reviewed): Section {
  const {
    author,
    approval: { rules, expires },
  } = plan;
  const state = new Map<string, Cell>([
    ...approvals.rejected.map(({ person, reason }): [string, Cell] => [
      person,
      { text: `does not count: ${reason}`, tone: "bad" },
    ]),
    ...approvals.accepted.map((person): [string, Cell] => [person, { text: "signed", tone: "good" }]),
  ]);
  const may = plan.people.filter(
    (person) => person.id !== author && rules.some((rule) => mayMeet(rule, person)),
  );
  const shown = plan.people.filter((person) => may.includes(person) || state.has(person.id));
  const strangers = [...state.keys()].filter((id) => !plan.people.some((person) => person.id === id));
  return {
    id: "approval",
    title: "Approval",
    clauses: ["IEC 62443-3-3 SR 2.1", "IEC 62443-3-3 SR 2.12"],
    blocks: [
      paragraph(
        [
          `It takes ${list(rules.map(ruleText))}.`,
          ...(rules.length > 1 ? ["One person may count for both."] : []),
          `The author, ${nameOf(plan, author)}, never counts.`,
          `Approvals of this plan hold until ${minute(expires)}.`,
        ].join(" "),
      ),
      {
        kind: "table",
        caption: "Who may approve, and who has",
        columns: [
          { heading: "Person", kind: "text" },
          { heading: "Roles", kind: "text" },
          { heading: "Signature over this plan", kind: "text" },
        ],
        rows: [
          ...shown.map(({ id, roles }): Cell[] => [
            nameOf(plan, id),
            roles.join(", "),
            state.get(id) ?? "none yet",
          ]),
          ...strangers.map((id): Cell[] => [id, "none", state.get(id)!]),
        ],
      },
      {
        kind: "facts",
        items: [
          { term: "Plan, SHA-256", value: plan.id, code: true },
          { term: "Made", value: `${plan.created} by ${nameOf(plan, author)}` },
          { term: "Window", value: windowText(plan) },
          {
            term: "Trial",
            value: `renewed every ${duration(plan.trial.renewEvery)}, ends after ${duration(plan.trial.maximum)} at the latest`,
          },
          ...(plan.follows === undefined
            ? []
            : [{ term: "Applied after the plan, SHA-256", value: plan.follows, code: true }]),
          ...(plan.pair === undefined || plan.pair.alone
            ? []
            : [{ term: "Applied together with", value: `the plan for ${plan.pair.peer}, of the same pair` }]),
          { term: "Site file, SHA-256", value: plan.site.sha256, code: true },
          ...(plan.baseline ? [{ term: "Baseline, SHA-256", value: plan.baseline.sha256, code: true }] : []),
          {
            term: "Firewall",
            value: `${plan.firewall.id} at ${plan.firewall.address} (${plan.firewall.target} ${plan.base.version}, kernel ${plan.base.kernel})`,
          },
        ],
      },
      {
        kind: "code",
        caption: "The commands, in this order (the last two only if something is wrong):",
        text: plan.commands.join("\n"),
      },
    ],
  };
}

function nameOf({ people }: Plan, id: string): string {
  const person = people.find((one) => one.id === id);
  return person === undefined ? id : `${person.name} (${id})`;
}

function windowText({ window, trial }: Plan): string {
  if (window === undefined) return "none: it may be applied at any time";
  const days = [...window.days, ...(window.dates ?? [])].join(", ");
  const except = window.except?.length ? `, except ${window.except.join(", ")}` : "";
  return `${window.id}: ${days} from ${window.from} to ${window.to}${except} (${window.timezone}); the trial ends ${duration(trial.reserve)} before`;
}
