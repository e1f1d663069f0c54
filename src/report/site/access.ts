import { daysBetween } from "../../policy/checks/dates.ts";
import type { Person, Right, Site } from "../../policy/model.ts";
import type { Cell, Section } from "../document.ts";
import { minute } from "../words.ts";
import type { ReportedSite } from "./reported-site.ts";

const reviewDays = 365;

/** Who may do what, and when they last did anything. */
export function access({ site, today, journal }: ReportedSite): Section {
  return {
    id: "access",
    title: "Access review",
    clauses: ["IEC 62443-3-3 SR 1.3", "IEC 62443-3-3 SR 2.1", "IEC 62443-2-1 SPE 6"],
    blocks: [
      {
        kind: "table",
        caption: "People of the site file, and what the journal says of them",
        columns: [
          { heading: "Person", kind: "text" },
          { heading: "Roles", kind: "text" },
          { heading: "May", kind: "text" },
          { heading: "Keys", kind: "number" },
          { heading: "First in the journal", kind: "text" },
          { heading: "Last in the journal", kind: "text" },
          { heading: "Reviewed", kind: "text" },
        ],
        rows: site.people.map((person): Cell[] => {
          const own = journal.filter(
            ({ actor, details }) => actor === person.id || approvers(details).includes(person.id),
          );
          const [first, last] = [own[0], own.at(-1)];
          return [
            `${person.name} (${person.id})`,
            person.roles.join(", "),
            mayDo(site, person),
            String(person.keys.length),
            first ? minute(first.time) : "never",
            last ? `${minute(last.time)}: ${last.actor === person.id ? last.action : "approval"}` : "never",
            reviewed(person, today),
          ];
        }),
      },
    ],
  };
}

/** Those whose approvals an entry counts. */
const approvers = (details: Readonly<Record<string, unknown>> | undefined): readonly unknown[] =>
  Array.isArray(details?.by) ? details.by : [];

function mayDo({ approvals, rights }: Site, { roles }: Person): string {
  const holds = (holders: readonly string[]): boolean => roles.some((role) => holders.includes(role));
  const right = (name: Right): readonly string[] => rights?.[name] ?? ["operator", "engineer"];
  return [
    ...(holds(approvals.monitor.roles) ? ["approve monitoring"] : []),
    ...(holds(approvals.enforce.roles) ? ["approve enforcement"] : []),
    ...(["apply", "bypass", "isolate"] as const).filter((name) => holds(right(name))),
  ].join(", ");
}

function reviewed({ reviewed }: Person, today: string): Cell {
  if (reviewed === undefined) return { text: "never", tone: "bad" };
  return daysBetween(reviewed, today) > reviewDays
    ? { text: `${reviewed}, overdue`, tone: "warn" }
    : reviewed;
}
