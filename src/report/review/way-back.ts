import type { JournalEntry } from "../../rollout/journal.ts";
import { absent, type Block, type Section } from "../document.ts";
import { minute } from "../words.ts";
import type { Reviewed } from "./reviewed.ts";

/** How the change is undone: by itself, by hand, and without this program. */
export function wayBack({ plan, journal }: Reviewed): Section {
  const { undo, firewall } = plan;
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
            value: "the dead man is rehearsed on the firewall; if it does not fire, the change is refused",
          },
        ],
      },
      drills(firewall.id, journal),
      absent(
        "A second executor, independent of the first, is not recorded by this plan: the trial rests on the one above.",
      ),
      {
        kind: "code",
        caption: `At the console of ${firewall.id}, to go back without this program:`,
        text: byHand.join("\n"),
      },
    ],
  };
}

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
    rows: held.map(({ time, actor, details, number }) => [
      minute(time),
      actor,
      firedAfter(details),
      String(number),
    ]),
  };
}
