import { absent, type Block, type Cell, type Section } from "../document.ts";
import { minute } from "../words.ts";
import type { ReportedSite } from "./reported-site.ts";

/** What each firewall can be taken back to, from the journal. */
export function firewalls({ site, histories }: ReportedSite): Section {
  return {
    id: "known-goods",
    title: "Firewalls and known-goods",
    clauses: ["IEC 62443-3-3 SR 7.3", "IEC 62443-3-3 SR 7.4", "IEC 62443-3-3 SR 7.6"],
    blocks: [
      ...site.firewalls.map(({ id, target, address }): Block => {
        const history = histories.get(id);
        if (history === undefined)
          return absent(`${id} (${target}, ${address}): the journal names no change of it.`);
        return {
          kind: "table",
          caption: `${id} (${target}, ${address})`,
          columns: [
            { heading: "Known-good", kind: "number" },
            { heading: "Kept", kind: "date" },
            { heading: "Plan", kind: "code" },
            { heading: "Conduits", kind: "text" },
            { heading: "Now", kind: "text" },
          ],
          rows: history.knownGoods.map(({ number, entry, conduits }): Cell[] => [
            String(number),
            entry ? minute(entry.time) : "at first contact",
            entry?.plan?.slice(0, 16) ?? "",
            [...conduits].map(([conduit, { stage }]) => `${conduit}: ${stage}`).join(", ") || "none",
            number === history.current ? { text: "runs", tone: "good" } : "kept",
          ]),
        };
      }),
      absent(
        "This comes from the journal: nothing was read from a firewall. Whether one of them was changed past Sluice (drift) is not known here; `sluice drift` reads it.",
      ),
    ],
  };
}
