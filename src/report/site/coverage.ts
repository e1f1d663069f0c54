import { type Coverage, coverage as coverageOf, defaultCycle } from "../../baseline/coverage/coverage.ts";
import { assumedCycle, blindTo } from "../../baseline/coverage/limits.ts";
import { percent } from "../../baseline/coverage/verdict.ts";
import { absent, type Block, type Cell, type Section } from "../document.ts";
import { count, grouped } from "../words.ts";
import type { ReportedSite } from "./reported-site.ts";

/** Whether enough was seen for each conduit to be enforced, from the baselines that its permits name. */
export function coverage({ site, evidence }: ReportedSite): Section {
  return {
    id: "coverage",
    title: "Coverage",
    clauses: ["IEC 62443-3-3 SR 6.2"],
    blocks: blocks(coverageOf(evidence.baselines, site, defaultCycle(site)), evidence),
  };
}

const blocks = (
  { cycle, observed, conduits, elsewhere }: Coverage,
  { baselines, missing }: ReportedSite["evidence"],
): readonly Block[] => [
  ...missing.map((file) => absent(`${file}, which permits name as their evidence, cannot be read here.`)),
  ...(cycle.isAssumed === true ? [absent(assumedCycle)] : []),
  baselines.length === 0
    ? absent("No baseline that permits name as their evidence is at hand.")
    : {
        kind: "table",
        caption: `How complete the observation of each conduit is, in cycles "${cycle.id}"`,
        columns: [
          { heading: "Conduit", kind: "text" },
          { heading: "Cycles", kind: "number" },
          { heading: "Flows", kind: "number" },
          { heading: "Sample coverage", kind: "number" },
          { heading: "New flow next cycle, at most", kind: "number" },
          { heading: "Enough to enforce", kind: "text" },
        ],
        rows: conduits.map(({ id, estimate, limiting }): readonly Cell[] => [
          id,
          grouped(estimate.cycles),
          grouped(estimate.flows),
          ...(estimate.flows === 0
            ? ["not known", "not known"]
            : [percent(estimate.coverage), percent(estimate.novelty)]),
          limiting === undefined
            ? { text: "yes", tone: "good" }
            : { text: `no: ${limiting.text}`, tone: "warn" },
        ]),
      },
  ...(baselines.length === 0 ? [] : [absent(blindTo(observed))]),
  ...(elsewhere === 0
    ? []
    : [absent(`In no conduit, and not counted here: ${count(elsewhere, "observed flow")}.`)]),
];
