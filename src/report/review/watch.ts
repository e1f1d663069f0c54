import { serviceText } from "../../baseline/service-text.ts";
import type { Plan } from "../../plan/plan.ts";
import { criterionTypes } from "../../policy/criterion-types.ts";
import type { JournalEntry } from "../../rollout/journal.ts";
import { absent, type LeafBlock, paragraph, type Section } from "../document.ts";
import { plantNames } from "../plant-names.ts";
import { count, duration, minute } from "../words.ts";
import type { Reviewed } from "./reviewed.ts";

/** What ends the trial, and how often each criterion did so before. */
export function watch({ plan, journal }: Reviewed): Section {
  const trials = trialsOf(plan, journal ?? []);
  const names = plantNames(plan.review);
  return {
    id: "criteria",
    title: "What ends the trial",
    clauses: ["IEC 62443-3-3 SR 3.3", "IEC 62443-3-3 SR 6.2", "IEC 62443-3-3 SR 7.1"],
    blocks: [
      paragraph(watched(plan)),
      {
        kind: "table",
        caption: "Criteria",
        columns: [
          { heading: "Criterion", kind: "text" },
          { heading: "Fails when", kind: "text" },
          { heading: "Trips after", kind: "text" },
          { heading: "Without data", kind: "text" },
          { heading: "Then", kind: "text" },
          { heading: "Earlier trials ended by it", kind: "text" },
          { heading: "Would have tripped in monitor", kind: "text" },
        ],
        rows: plan.criteria.map((criterion) => [
          criterion.id,
          criterionTypes[criterion.type].failsWhen,
          `${limits(criterion)}, measured every ${duration(criterion.interval)}`,
          noData[criterion.onNoData],
          criterion.dryRun ? "runs dry: it is only told" : severities[criterion.severity],
          journal === undefined
            ? "not recorded"
            : `${trials.causes.filter((cause) => cause.startsWith(`${criterion.id}: `)).length} of ${trials.count}`,
          wouldHaveTripped(plan, criterion.id),
        ]),
      },
      ...(plan.watch.heartbeats.length === 0
        ? []
        : [
            {
              kind: "table" as const,
              caption: "Critical permits and the longest silence that is normal for them",
              columns: [
                { heading: "Permit", kind: "text" as const },
                { heading: "Flow", kind: "text" as const },
                { heading: "Silent for at most", kind: "text" as const },
              ],
              rows: plan.watch.heartbeats.map(({ permit, flow, deadline, exercise }) => [
                permit,
                flow
                  ? `${names.end(flow.initiator)} -> ${names.end(flow.responder)} ${serviceText(flow)}`
                  : "all of it together",
                deadline !== undefined
                  ? duration(deadline)
                  : exercise === undefined
                    ? { text: "not known: its baseline has no cadence", tone: "warn" as const }
                    : `heard once, after the step ${exercise}`,
              ]),
            },
          ]),
      ...(plan.exercises.length === 0
        ? []
        : [
            {
              kind: "table" as const,
              caption: "What somebody does during the trial, so that permits that are seldom used are heard",
              columns: [
                { heading: "Step", kind: "text" as const },
                { heading: "What is done", kind: "text" as const },
                { heading: "Permits that it uses", kind: "text" as const },
              ],
              rows: plan.exercises.map((exercise) => [
                exercise.id,
                exercise.do,
                exercise.permits.join(", ") || "none named",
              ]),
            },
          ]),
      plan.history === undefined
        ? absent(
            "How often each criterion would have tripped while the conduit was only watched is not recorded: no samples were " +
              `kept. "sluice watch" and "sluice status" keep them.`,
          )
        : judgedFrom(plan.history),
      ...(journal === undefined ? [absent("The journal of the site is not at hand.")] : []),
    ],
  };
}

/** What the trial watches, in words that also say where that is nothing. */
function watched({ to, watch: { expected, heartbeats } }: Plan): string {
  const kept =
    to === "monitor"
      ? "nothing is dropped"
      : expected.length === 0
        ? "no observed flow is known that must pass"
        : `none of ${count(expected.length, "observed flow")} may be dropped`;
  const heard =
    heartbeats.length === 0
      ? "no permit is marked critical, so no silence ends it"
      : `${count(heartbeats.length, "critical flow")} must be heard`;
  return `While the trial runs, ${kept}, and ${heard}.`;
}

function judgedFrom({ samples, from, to, every }: NonNullable<Plan["history"]>): LeafBlock {
  if (samples === 1) {
    return absent(
      `What would have tripped in monitor is judged from one sample, taken at ${minute(from)}: that says next to nothing. ` +
        '"sluice watch" keeps more.',
    );
  }
  return paragraph(
    `What would have tripped in monitor is judged from ${count(samples, "sample")} between ` +
      `${minute(from)} and ${minute(to)}, typically one every ${duration(every)}: what was shorter was not seen.`,
  );
}

/** A criterion whose numbers no sample holds was not judged, which is not the same as never tripped. */
function wouldHaveTripped({ history }: Plan, id: string): string {
  const found = history?.criteria.find((one) => one.id === id);
  if (found?.trips === undefined) return "not recorded";
  return found.last
    ? `${count(found.trips, "time")}, last on ${found.last.time.slice(0, 16).replace("T", " ")}: ${found.last.reason}`
    : "never";
}

const noData = { fail: "counts as a failure", hold: "waits", ignore: "is ignored" } as const;
const severities = {
  abort: "the trial ends",
  hold: "the trial waits",
  warn: "the engineer is warned",
} as const;

function limits({ failureLimit, consecutiveLimit }: Plan["criteria"][number]): string {
  const inARow = `${consecutiveLimit + 1} in a row`;
  if (failureLimit <= consecutiveLimit) return count(failureLimit + 1, "failure");
  // A limit that nobody wrote is larger than any number of failures.
  return failureLimit >= Number.MAX_SAFE_INTEGER
    ? inARow
    : `${count(failureLimit + 1, "failure")}, or ${inARow}`;
}

/** Earlier trials of the same conduit on the same firewall, and what ended those that were ended. */
function trialsOf(
  plan: Plan,
  journal: readonly JournalEntry[],
): { readonly count: number; readonly causes: readonly string[] } {
  const own = journal.filter(
    (entry) =>
      entry.conduit === plan.conduit && entry.firewall === plan.firewall.id && entry.plan !== plan.id,
  );
  const causes = own
    .filter(({ action }) => action === "reverting")
    .map(({ details }) => String(details?.cause ?? ""));
  return {
    count: new Set(own.filter(({ action }) => action === "trial").map(({ plan }) => plan)).size,
    causes,
  };
}
