import { siteDate } from "../policy/windows.ts";
import type { Figure, Report, Section } from "./document.ts";
import { access } from "./site/access.ts";
import { assets } from "./site/assets.ts";
import { conduits, stageOf } from "./site/conduits.ts";
import { coverage } from "./site/coverage.ts";
import { emergencies } from "./site/emergencies.ts";
import { exceptions } from "./site/exceptions.ts";
import { firewalls } from "./site/firewalls.ts";
import { firewallHistories } from "./site/history.ts";
import { metrics } from "./site/metrics.ts";
import type { ReportedSite } from "./site/reported-site.ts";
import { count, minute } from "./words.ts";

const sections: readonly ((reported: ReportedSite) => Section)[] = [
  overview,
  conduits,
  coverage,
  exceptions,
  assets,
  access,
  firewalls,
  emergencies,
  metrics,
];

/** The site as it stands, from its file, its journal and the baselines that it names. */
export function siteReport(
  facts: Pick<ReportedSite, "site" | "journal" | "evidence" | "unproven">,
  now: Date,
): Report {
  const { site, journal } = facts;
  const today = siteDate(site.timezone, now);
  const reported = { ...facts, today, histories: firewallHistories(journal) };
  const stages = site.conduits.map((conduit) => stageOf(reported, conduit));
  const enforced = stages.filter((stage) => stage === "enforce").length;
  const monitored = stages.filter((stage) => stage === "monitor").length;
  const all = site.conduits.length;
  return {
    schema: "sluice/site-report",
    version: 1,
    subject: site.name,
    title: `The site on ${today}`,
    summary:
      `${site.name} has ${count(site.zones.length, "zone")} joined by ${count(all, "conduit")} over ${count(site.firewalls.length, "firewall")}. ` +
      `Of the conduits ${enforced} ${enforced === 1 ? "is" : "are"} enforced, ${monitored} monitored and ${all - enforced - monitored} not managed yet. ` +
      `Made from the site file, its baselines and a journal with ${count(journal.length, "entry", "entries")}, at ${minute(now.toISOString())}; no firewall was contacted.`,
    status:
      all > 0 && enforced === all
        ? { text: "Every conduit is enforced", tone: "good" }
        : { text: `${enforced} of ${all} conduits enforced`, tone: "warn" },
    sections: sections.map((section) => section(reported)),
  };
}

function overview(reported: ReportedSite): Section {
  const { site } = reported;
  const stages = site.conduits.map((conduit) => stageOf(reported, conduit));
  const permits = site.conduits.flatMap((conduit) => conduit.permits);
  const unproven = permits.filter(({ evidence }) => evidence === undefined).length;
  const figure = (id: string, label: string, value: number, tone?: Figure["tone"]): Figure => ({
    ...{ id, label, value: String(value) },
    ...(tone && { tone }),
  });
  const inStage = (stage: string): number => stages.filter((one) => one === stage).length;
  return {
    id: "overview",
    title: "At a glance",
    clauses: [],
    blocks: [
      {
        kind: "figures",
        items: [
          figure("enforced", "conduits enforced", inStage("enforce"), "good"),
          figure("monitored", "conduits monitored", inStage("monitor")),
          figure(
            "unmanaged",
            "conduits not managed",
            inStage("unmanaged"),
            inStage("unmanaged") > 0 ? "warn" : "good",
          ),
          figure("permits", "permits", permits.length),
          figure("unproven", "permits without evidence", unproven, unproven > 0 ? "warn" : "good"),
          figure("exceptions", "exceptions", site.exceptions?.length ?? 0),
          figure("people", "people with access", site.people.length),
        ],
      },
    ],
  };
}
