import type { Plan } from "../../plan/plan.ts";
import { deadManNames, drillIn, firingsText } from "../../rollout/drill.ts";
import type { JournalEntry } from "../../rollout/journal.ts";
import { absent, type Block, type Section } from "../document.ts";
import { minute } from "../words.ts";
import type { Reviewed } from "./reviewed.ts";

/** How the change is undone: by itself, by hand, and without this program. */
export function wayBack({ plan, journal }: Reviewed): Section {
  const { undo, firewall, deadMen } = plan;
  const { console: byHand } = undo;
  return {
    id: "way-back",
    title: "The way back",
    clauses: ["IEC 62443-3-3 SR 7.3", "IEC 62443-3-3 SR 7.4"],
    blocks: [
      {
        kind: "facts",
        items: [
          { term: "By itself", value: undo.deadMan },
          { term: "Somebody wants to stop", value: undo.abort },
          { term: "The firewall reboots", value: undo.reboot },
          {
            term: "Before anything is armed",
            value: "every dead man is rehearsed on the firewall; if one does not fire, the change is refused",
          },
          ...(deadMen?.weak
            ? [
                {
                  term: "Accepted",
                  value: "no dead man is held by a kernel or an init system: a kill ends them",
                },
              ]
            : []),
        ],
      },
      deadMen === undefined
        ? absent(
            "A second executor, independent of the first, is not recorded by this plan: the trial rests on the one above.",
          )
        : firingsTable(deadMen),
      drills(firewall.id, journal),
      {
        kind: "code",
        caption: `At the console of ${firewall.id}, to go back without this program:`,
        text: byHand.join("\n"),
      },
    ],
  };
}

const firingsTable = ({ drilled, firings }: NonNullable<Plan["deadMen"]>): Block => ({
  kind: "table",
  caption: `Who ends the trial when nobody acts, independent of one another, and how they fired in the drill of ${minute(drilled)}`,
  columns: [
    { heading: "Dead man", kind: "text" },
    { heading: "Due after", kind: "text" },
    { heading: "Fired after", kind: "text" },
  ],
  rows: firings.map(({ by, due, seconds }) => [
    deadManNames[by],
    `${due.toFixed(1)} s`,
    `${seconds.toFixed(1)} s`,
  ]),
});

function drills(firewall: string, journal: readonly JournalEntry[] | undefined): Block {
  const held = (journal ?? []).filter((entry) => entry.firewall === firewall && entry.action === "drilled");
  if (held.length === 0) {
    return absent(
      journal === undefined
        ? "Earlier drills of the dead man are not recorded by this plan, and the journal of the site is not at hand."
        : `The journal of the site has no earlier drill of the dead man on ${firewall}.`,
    );
  }
  return {
    kind: "table",
    caption: `Earlier drills of the dead man on ${firewall}, from the journal`,
    columns: [
      { heading: "When", kind: "date" },
      { heading: "By", kind: "text" },
      { heading: "Fired after", kind: "text" },
      { heading: "Journal entry", kind: "number" },
    ],
    rows: held.map((entry) => [minute(entry.time), entry.actor, firedAfter(entry), String(entry.number)]),
  };
}

/** The first versions noted one time, that of the lease. */
function firedAfter(entry: JournalEntry): string {
  const { seconds } = entry.details ?? {};
  const drill = drillIn(entry);
  if (drill) return firingsText(drill.firings);
  return typeof seconds === "number" ? `${seconds.toFixed(1)} s` : "not recorded";
}
