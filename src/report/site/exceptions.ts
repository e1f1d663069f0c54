import { daysBetween } from "../../policy/checks/dates.ts";
import type { Exception } from "../../policy/model.ts";
import { type Cell, paragraph, type Section } from "../document.ts";
import { count } from "../words.ts";
import type { ReportedSite } from "./reported-site.ts";

/** From here on a date is shown as near. */
const nearDays = 30;

/** What was accepted for a time, with what is left of it. */
export function exceptions({ site, today }: ReportedSite): Section {
  const accepted = site.exceptions ?? [];
  const limited = site.conduits.flatMap(({ id, permits }) =>
    permits.flatMap((permit) =>
      permit.expires === undefined ? [] : [{ conduit: id, permit, expires: permit.expires }],
    ),
  );
  return {
    id: "exceptions",
    title: "Exceptions",
    clauses: ["IEC 62443-3-2 ZCR 6"],
    blocks: [
      accepted.length === 0
        ? paragraph("No exception is accepted.")
        : {
            kind: "table",
            caption: "Exceptions, and how long they stand",
            columns: [
              { heading: "Exception", kind: "text" },
              { heading: "About", kind: "text" },
              { heading: "Reason", kind: "text" },
              { heading: "Compensating controls", kind: "text" },
              { heading: "Owner", kind: "choice" },
              { heading: "Days left", kind: "number" },
            ],
            rows: accepted.map((exception): Cell[] => [
              exception.id,
              about(exception),
              exception.reason,
              exception.controls.join("; "),
              exception.owner,
              daysLeft(exception.expires, today),
            ]),
          },
      ...(limited.length === 0
        ? []
        : [
            {
              kind: "table" as const,
              caption: "Permits for a time",
              columns: [
                { heading: "Permit", kind: "text" as const },
                { heading: "Reason", kind: "text" as const },
                { heading: "Owner", kind: "choice" as const },
                { heading: "Days left", kind: "number" as const },
              ],
              rows: limited.map(({ conduit, permit, expires }): Cell[] => [
                `${conduit}.${permit.id}`,
                permit.reason,
                permit.owner ?? "nobody",
                daysLeft(expires, today),
              ]),
            },
          ]),
    ],
  };
}

function about({ subject }: Exception): string {
  switch (subject.kind) {
    case "pair":
      return `${subject.zones.join(" and ")}, not segmented`;
    case "asset":
      return `${subject.zone}.${subject.asset}`;
    case "permit":
      return `${subject.conduit}.${subject.permit}`;
  }
}

/** Of a date that is past, it says so: a date never changes a running firewall. */
export function daysLeft(expires: string, today: string): Cell {
  const days = daysBetween(today, expires);
  if (days < 0) return { text: `expired ${count(-days, "day")} ago`, tone: "bad" };
  return days > nearDays ? String(days) : { text: String(days), tone: "warn" };
}
