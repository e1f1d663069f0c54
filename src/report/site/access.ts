import { daysBetween } from "../../policy/checks/dates.ts";
import type { Person, Right, Site } from "../../policy/model.ts";
import type { JournalEntry } from "../../rollout/journal.ts";
import type { Cell, Section } from "../document.ts";
import { minute } from "../words.ts";
import type { ReportedSite } from "./reported-site.ts";

const reviewDays = 365;

/** Who may do what, since when, and when they last did it. */
export function access(reported: ReportedSite): Section {
  const { site, today, journal } = reported;
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
          { heading: "Keys", kind: "number" },
          { heading: "Since", kind: "text" },
          { heading: "Last in the journal", kind: "text" },
          { heading: "Reviewed", kind: "text" },
        ],
        rows: site.people.map((person): Cell[] => {
          const last = journal.findLast((entry) => isOf(entry, person));
          return [
            `${person.name} (${person.id})`,
            person.roles.join(", "),
            String(person.keys.length),
            since(person, journal),
            last ? `${minute(last.time)}: ${last.actor === person.id ? last.action : "approval"}` : "never",
            reviewed(person, today),
          ];
        }),
      },
      {
        kind: "table",
        caption: "Rights, who has them, and when they were last used",
        columns: [
          { heading: "Right", kind: "choice" },
          { heading: "Person", kind: "choice" },
          { heading: "Last used", kind: "text" },
        ],
        rows: rights.flatMap(({ name, holders, uses }) =>
          site.people
            .filter(({ roles }) => roles.some((role) => holders(site).includes(role)))
            .map((person): Cell[] => {
              const last = journal.findLast((entry) => uses(entry, person));
              return [name, `${person.name} (${person.id})`, last ? minute(last.time) : "never"];
            }),
        ),
      },
    ],
  };
}

/** Those whose approvals an entry counts. */
const approvers = ({ details }: JournalEntry): readonly unknown[] =>
  Array.isArray(details?.by) ? details.by : [];

const isOf = (entry: JournalEntry, { id }: Person): boolean =>
  entry.actor === id || approvers(entry).includes(id);

/** What somebody may do, by whom, and which entries of the journal are a use of it. */
interface ReviewedRight {
  readonly name: string;
  holders(site: Site): readonly string[];
  uses(entry: JournalEntry, person: Person): boolean;
}

const approval = (name: string, stage: "monitor" | "enforce"): ReviewedRight => ({
  name,
  holders: ({ approvals }) => approvals[stage].roles,
  uses: (entry, { id }) =>
    entry.action === "approved" && entry.details?.to === stage && approvers(entry).includes(id),
});

const act = (right: Right, actions: readonly string[]): ReviewedRight => ({
  name: right,
  holders: ({ rights }) => rights[right],
  uses: ({ actor, action }, { id }) => actor === id && actions.includes(action),
});

/** What everybody of the site file may do: the way back waits for no role. */
const anybody = (name: string, isUse: (entry: JournalEntry) => boolean): ReviewedRight => ({
  name,
  holders: ({ people }) => people.flatMap(({ roles }) => roles),
  uses: (entry, { id }) => entry.actor === id && isUse(entry),
});

const rights: readonly ReviewedRight[] = [
  approval("approve monitoring", "monitor"),
  approval("approve enforcement", "enforce"),
  {
    name: "approve what lets more pass",
    holders: ({ approvals }) => approvals.broaden.roles,
    uses: (entry, { id }) =>
      entry.action === "approved" && entry.details?.broader === true && approvers(entry).includes(id),
  },
  // The entry that a plan is used up is the first that only an apply writes.
  act("apply", ["used"]),
  {
    name: "confirm",
    holders: ({ rights, approvals: { monitor, enforce, broaden } }) => [
      ...rights.apply,
      ...[monitor, enforce, broaden].flatMap(({ roles }) => roles),
    ],
    uses: ({ actor, action, details }, { id }) =>
      actor === id && action === "confirmed" && details?.by === "us",
  },
  anybody("abort or roll back", ({ action }) => action === "abort" || action === "rollback"),
  act("bypass", ["bypass"]),
  act("isolate", ["isolate"]),
];

/** As the site file says; else since when the journal knows them, which is the least. */
function since(person: Person, journal: readonly JournalEntry[]): string {
  if (person.since !== undefined) return person.since;
  const first = journal.find((entry) => isOf(entry, person));
  return first ? `not stated; in the journal since ${minute(first.time)}` : "not stated";
}

function reviewed({ reviewed }: Person, today: string): Cell {
  if (reviewed === undefined) return { text: "never", tone: "bad" };
  return daysBetween(reviewed, today) > reviewDays
    ? { text: `${reviewed}, overdue`, tone: "warn" }
    : reviewed;
}
