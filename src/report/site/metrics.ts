import { daysBetween } from "../../policy/checks/dates.ts";
import type { JournalEntry } from "../../rollout/journal.ts";
import type { Cell, Section } from "../document.ts";
import { count, duration } from "../words.ts";
import { stageOf } from "./conduits.ts";
import type { ReportedSite } from "./reported-site.ts";

/** One number of the SECURE set: how much, how it was computed, and from which records. */
interface Metric {
  readonly name: string;
  readonly value: Cell;
  readonly computed: string;
  readonly records: string;
}

/** A review of access that is older counts as not done. */
const reviewDays = 365;

/** How the site does, in numbers that a reader can compute again. */
export function metrics(reported: ReportedSite): Section {
  return {
    id: "metrics",
    title: "Metrics",
    clauses: ["IEC 62443-2-1 SPE 2", "IEC 62443-2-1 SPE 7"],
    blocks: [
      {
        kind: "table",
        caption: "SECURE metrics, each with how it was computed",
        columns: [
          { heading: "Metric", kind: "text" },
          { heading: "Value", kind: "text" },
          { heading: "How it was computed", kind: "text" },
          { heading: "From", kind: "text" },
        ],
        rows: all.map((metric) => {
          const { name, value, computed, records } = metric(reported);
          return [name, value, computed, records];
        }),
      },
    ],
  };
}

const segmentation = (reported: ReportedSite): Metric => {
  const { site } = reported;
  const enforced = site.conduits.filter((conduit) => stageOf(reported, conduit) === "enforce");
  const exceptions = site.exceptions ?? [];
  return {
    name: "Segmentation with documented exceptions",
    value: `${enforced.length} of ${count(site.conduits.length, "conduit")} enforced; ${count(exceptions.length, "exception")}`,
    computed:
      "conduits whose last confirmed stage is enforce on every firewall that they name; entries under exceptions, each with reason, owner and expiry",
    records: "journal (confirmed, rollback), site.yaml",
  };
};

const accessReviews = ({ site, today }: ReportedSite): Metric => {
  const done = site.people.filter(
    ({ reviewed }) => reviewed !== undefined && daysBetween(reviewed, today) <= reviewDays,
  );
  return {
    name: "Access reviews done",
    value: `${done.length} of ${count(site.people.length, "person", "people")}`,
    computed: `people whose day of review is at most ${reviewDays} days ago`,
    records: "site.yaml",
  };
};

const patchExceptions = ({ site }: ReportedSite): Metric => {
  const behind = site.zones
    .flatMap(({ assets }) => assets)
    .flatMap(({ patch }) => (patch === undefined || patch.state === "current" ? [] : [patch]));
  const covered = behind.filter(({ controls }) => controls.length > 0);
  return {
    name: "Patch exceptions",
    value: `${count(behind.length, "asset")}; ${covered.length} with compensating controls`,
    computed: "assets whose patch state is behind or unpatchable",
    records: "site.yaml",
  };
};

const containment = ({ journal }: ReportedSite): Metric => {
  const seconds = journal
    .filter(({ action, details }) => action === "isolate" && details?.kind === "taken")
    .flatMap(({ details }) => (typeof details?.seconds === "number" ? [details.seconds] : []));
  return {
    name: "Mean time to containment",
    value:
      seconds.length === 0
        ? "not known: no zone was isolated"
        : duration(seconds.reduce((sum, one) => sum + one, 0) / seconds.length),
    computed: "mean of the seconds from the command to the proof that the zone is isolated",
    records: "journal (isolate)",
  };
};

const downtime = ({ site, journal }: ReportedSite): Metric => {
  const criteria = [...site.criteria, ...site.conduits.flatMap((conduit) => conduit.criteria ?? [])];
  const tripped = causes(journal).filter(({ cause }) =>
    criteria.some(({ id }) => cause.startsWith(`${id}: `)),
  );
  return {
    name: "Changes that caused downtime",
    value:
      tripped.length === 0 ? { text: "none", tone: "good" } : { text: String(tripped.length), tone: "bad" },
    computed:
      "trials that one of the site's criteria ended: an observed flow was dropped, or a critical permit fell silent; what no criterion watches is not counted",
    records: "journal (reverting), site.yaml (criteria)",
  };
};

const rollbacks = ({ journal }: ReportedSite): Metric => {
  const ended = causes(journal).map(({ cause }) => cause);
  const byHand = journal.filter(({ action }) => action === "rollback" || action === "abort");
  const known = [...new Set(ended)].map(
    (cause) => `${ended.filter((one) => one === cause).length} × ${cause}`,
  );
  return {
    name: "Rollbacks and their causes",
    value:
      ended.length + byHand.length === 0
        ? "none"
        : `${count(ended.length, "trial")} went back; ${count(byHand.length, "command")} to go back${known.length > 0 ? `: ${known.join("; ")}` : ""}`,
    computed:
      "trials that ended in the previous stage, by the cause that was written, and commands abort and rollback",
    records: "journal (reverting, abort, rollback)",
  };
};

/** What ended trials; each change once, whichever sessions wrote it. */
const causes = (journal: readonly JournalEntry[]) => [
  ...new Map(
    journal
      .filter(({ action }) => action === "reverting")
      .map((entry) => [entry.plan, { cause: String(entry.details?.cause ?? "not recorded") }]),
  ).values(),
];

const all = [segmentation, accessReviews, patchExceptions, containment, downtime, rollbacks] as const;
