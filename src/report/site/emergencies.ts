import type { JournalEntry } from "../../rollout/journal.ts";
import { type Cell, paragraph, type Section } from "../document.ts";
import { duration, minute } from "../words.ts";
import type { ReportedSite } from "./reported-site.ts";

/** What was done without a plan, and must be looked at afterwards. */
export function emergencies({ journal }: ReportedSite): Section {
  const measures = journal.filter(({ action }) => action === "bypass" || action === "isolate");
  return {
    id: "emergencies",
    title: "Emergencies",
    clauses: ["IEC 62443-2-1 SPE 7", "IEC 62443-3-3 SR 2.8"],
    blocks: [
      measures.length === 0
        ? paragraph("The journal names no bypass of a conduit and no isolation of a zone.")
        : {
            kind: "table",
            caption: "Measures that were taken without a plan, from the journal",
            columns: [
              { heading: "When", kind: "date" },
              { heading: "Who", kind: "choice" },
              { heading: "What", kind: "text" },
              { heading: "Firewall", kind: "choice" },
              { heading: "Reason", kind: "text" },
              { heading: "For", kind: "text" },
              { heading: "Result", kind: "choice" },
            ],
            rows: measures.map(row),
          },
    ],
  };
}

function row({ time, actor, action, conduit, firewall, details = {} }: JournalEntry): readonly Cell[] {
  const word = (name: string): string => (typeof details[name] === "string" ? details[name] : "not recorded");
  const { lease, kind } = details;
  return [
    minute(time),
    actor,
    action === "bypass" ? `bypass of ${conduit ?? "not recorded"}` : `isolation of ${word("zone")}`,
    firewall ?? "not recorded",
    word("reason"),
    typeof lease === "number" ? duration(lease) : "not recorded",
    kind === "taken" ? { text: "taken", tone: "good" } : { text: word("kind"), tone: "bad" },
  ];
}
