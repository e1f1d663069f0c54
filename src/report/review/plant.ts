import type { Plan } from "../../plan/plan.ts";
import { absent, type Diagram, type Section } from "../document.ts";
import { count } from "../words.ts";
import { notRecorded, type Reviewed } from "./reviewed.ts";

/** Where in the plant the change is. */
export function plant({ plan }: Reviewed): Section {
  return {
    id: "plant",
    title: "Where in the plant",
    clauses: ["IEC 62443-3-2 ZCR 3", "IEC 62443-3-3 SR 5.1"],
    blocks: [plan.review ? diagramOf(plan, plan.review) : absent(notRecorded)],
  };
}

function diagramOf(plan: Plan, { zones, conduits }: NonNullable<Plan["review"]>): Diagram {
  const changed: readonly string[] = conduits.find(({ id }) => id === plan.conduit)?.zones ?? [];
  const stages = new Map<string, Diagram["conduits"][number]["stage"]>(
    plan.boot.rules.conduits.map(({ conduit, stage }) => [conduit, stage]),
  );
  return {
    kind: "diagram",
    caption: `Zones by Purdue level, as they will be after this change. ${plan.conduit} is changed. Stages are those on ${plan.firewall.id}; conduits on other firewalls are not known here.`,
    zones: zones.map((zone) => ({
      id: zone.id,
      level: zone.level,
      detail: `SL-T ${zone.slTarget} · ${count(zone.assets.length, "asset")}`,
      lit: changed.includes(zone.id),
    })),
    conduits: conduits.map((conduit) => ({
      id: conduit.id,
      zones: conduit.zones,
      stage:
        stages.get(conduit.id) ?? (conduit.firewalls.includes(plan.firewall.id) ? "unmanaged" : "unknown"),
      lit: conduit.id === plan.conduit,
    })),
  };
}
