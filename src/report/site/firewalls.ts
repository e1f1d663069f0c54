import type { Site } from "../../policy/model.ts";
import type { JournalEntry } from "../../rollout/journal.ts";
import { unprovenMeaning } from "../../verify/certificate.ts";
import { absent, type Block, type Cell, type Section } from "../document.ts";
import { minute } from "../words.ts";
import type { ReportedSite } from "./reported-site.ts";

/** What each firewall can be taken back to, from the journal. */
export function firewalls({ site, histories, journal, unproven }: ReportedSite): Section {
  return {
    id: "known-goods",
    title: "Firewalls and known-goods",
    clauses: ["IEC 62443-3-3 SR 7.3", "IEC 62443-3-3 SR 7.4", "IEC 62443-3-3 SR 7.6"],
    blocks: [
      driftTable(site.firewalls, journal),
      ...site.firewalls
        .filter(({ target }) => unproven.has(target))
        .map(({ id, target }) => ({
          kind: "list" as const,
          items: [{ text: `${id} (${target}): ${unprovenMeaning}`, tone: "bad" as const }],
        })),
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
        "This comes from the journal: nothing was read from a firewall. What changed past Sluice since somebody last looked is not in it; `sluice drift` looks.",
      ),
    ],
  };
}

/** When somebody last compared each firewall with its known-good, and what they found. */
const driftTable = (firewalls: Site["firewalls"], journal: readonly JournalEntry[]): Block => ({
  kind: "table",
  caption: "Drift, as last checked",
  columns: [
    { heading: "Firewall", kind: "text" },
    { heading: "Looked for", kind: "date" },
    { heading: "What runs", kind: "text" },
    { heading: "What a reboot loads", kind: "text" },
  ],
  rows: firewalls.map(({ id }): readonly Cell[] => {
    const last = journal.findLast(({ action, firewall }) => action === "drift" && firewall === id);
    if (last === undefined) return [id, "never", "not known", "not known"];
    return [id, minute(last.time), found(last.details?.live), found(last.details?.boot)];
  }),
});

const found = (drifted: unknown): Cell =>
  drifted === true
    ? { text: "is not the known-good", tone: "bad" }
    : drifted === false
      ? { text: "is the known-good", tone: "good" }
      : "not recorded";
