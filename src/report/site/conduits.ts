import { daysBetween } from "../../policy/checks/dates.ts";
import type { Conduit, Zone } from "../../policy/model.ts";
import type { Cell, Diagram, Section, Table } from "../document.ts";
import { count, list } from "../words.ts";
import type { Stage } from "./history.ts";
import type { ReportedSite } from "./reported-site.ts";

/** Zones and conduits with the stage of each, as a drawing, a matrix and a list. */
export function conduits(reported: ReportedSite): Section {
  return {
    id: "conduits",
    title: "Zones and conduits",
    clauses: ["IEC 62443-3-2 ZCR 3", "IEC 62443-3-3 SR 5.1"],
    blocks: [diagram(reported), stages(reported), matrix(reported)],
  };
}

const stageCells: Readonly<Record<Stage, Cell>> = {
  unmanaged: "not managed",
  monitor: { text: "monitored", tone: "warn" },
  enforce: { text: "enforced", tone: "good" },
};

/** The weakest stage of a conduit on its firewalls: a path is as tight as its loosest place. */
export function stageOf({ histories }: ReportedSite, conduit: Conduit): Stage {
  const stages = conduit.firewalls.map(
    (firewall) => histories.get(firewall)?.conduits.get(conduit.id)?.stage,
  );
  if (stages.length === 0 || stages.includes(undefined)) return "unmanaged";
  return stages.includes("monitor") ? "monitor" : "enforce";
}

const diagram = (reported: ReportedSite): Diagram => ({
  kind: "diagram",
  caption: "Zones by Purdue level. The stage of a conduit is the weakest on its firewalls, from the journal.",
  zones: reported.site.zones.map((zone) => ({
    id: zone.id,
    level: zone.level,
    detail: `SL-T ${zone.slTarget} · ${count(zone.assets.length, "asset")}`,
    lit: false,
  })),
  conduits: reported.site.conduits.map((conduit) => ({
    id: conduit.id,
    zones: [conduit.zones[0], conduit.zones[1]],
    stage: stageOf(reported, conduit),
    lit: false,
  })),
});

function stages({ site, histories, today }: ReportedSite): Table {
  return {
    kind: "table",
    caption: "Conduits, the stage on each firewall, and since when",
    columns: [
      { heading: "Conduit", kind: "text" },
      { heading: "Zones", kind: "text" },
      { heading: "Firewall", kind: "choice" },
      { heading: "Stage", kind: "choice" },
      { heading: "Since", kind: "date" },
      { heading: "Days", kind: "number" },
      { heading: "Permits", kind: "number" },
      { heading: "With evidence", kind: "number" },
    ],
    rows: site.conduits.flatMap((conduit) =>
      (conduit.firewalls.length === 0 ? [undefined] : conduit.firewalls).map((firewall): Cell[] => {
        const standing = firewall && histories.get(firewall)?.conduits.get(conduit.id);
        const since = standing?.since.time.slice(0, 10);
        return [
          conduit.id,
          conduit.zones.join(" and "),
          firewall ?? "none",
          stageCells[standing?.stage ?? "unmanaged"],
          since ?? "",
          since === undefined ? "" : String(daysBetween(since, today)),
          String(conduit.permits.length),
          String(conduit.permits.filter(({ evidence }) => evidence !== undefined).length),
        ];
      }),
    ),
  };
}

/** Zone against zone. An empty cell is a pair that no conduit joins: nothing of Sluice decides about it. */
function matrix(reported: ReportedSite): Table {
  const { zones, conduits } = reported.site;
  const between = (one: Zone, other: Zone): Cell => {
    if (one === other) return "—";
    const joined = conduits.filter(
      (conduit) => conduit.zones.includes(one.id) && conduit.zones.includes(other.id),
    );
    const [only] = joined;
    if (only === undefined) return "";
    return joined.length === 1 ? stageCells[stageOf(reported, only)] : list(joined.map(({ id }) => id));
  };
  return {
    kind: "table",
    caption: "Matrix of the zones; an empty cell is a pair that no conduit joins",
    columns: [
      { heading: "Zone", kind: "text" },
      ...zones.map((zone) => ({ heading: zone.id, kind: "text" as const })),
    ],
    rows: zones.map((zone) => [zone.id, ...zones.map((other) => between(zone, other))]),
  };
}
