import { assumedCycle } from "../../baseline/coverage/limits.ts";
import { percent } from "../../baseline/coverage/verdict.ts";
import { absent, type Block, paragraph, type Section } from "../document.ts";
import { count, grouped, minute } from "../words.ts";
import { notRecorded, type Reviewed } from "./reviewed.ts";

/** What the decisions rest on, and how far that can be trusted. */
export function observed({ plan }: Reviewed): Section {
  return {
    id: "observed",
    title: "What it rests on",
    clauses: ["IEC 62443-3-3 SR 6.2"],
    blocks: [...sources(plan), ...readiness(plan), ...completeness(plan)],
  };
}

/** Whether enough was seen to promote the conduit, in the words of the verdict. */
const readiness = ({ readiness: verdict }: Reviewed["plan"]): readonly Block[] =>
  verdict === undefined
    ? []
    : [
        {
          kind: "facts",
          items: [
            {
              term: verdict.ready ? "Ready to be enforced" : "NOT ready to be enforced",
              value: verdict.text,
            },
          ],
        },
      ];

/** Coverage in production cycles, with the bound that it gives and no more (Chao 1987, Chao and Jost 2012). */
function completeness({ review }: Reviewed["plan"]): readonly Block[] {
  const counted = review?.coverage ?? [];
  if (counted.length === 0) {
    return [
      absent(
        "How complete the observation is (its discovery curve, and how likely flows are that were not seen) is not recorded by this plan: no baseline was given, or an earlier version made it and the site file named no production cycles. What happened only outside the times above is not in it.",
      ),
    ];
  }
  return counted.flatMap(({ cycle, assumed, cycles, coverage, unseen, quiet, novelty, discovery, open }) => [
    ...(assumed === true ? [absent(assumedCycle)] : []),
    {
      kind: "facts",
      items: [
        { term: `Cycles "${cycle}" observed`, value: grouped(cycles) },
        { term: "Sample coverage", value: percent(coverage) },
        { term: "Flows that were not seen, estimated", value: unseen.toFixed(1) },
        {
          term: "A new flow in the next cycle",
          value: `at most ${percent(novelty)} likely, after ${count(quiet, "cycle")} without a new one (confidence 95 %, if cycles are alike)`,
        },
      ],
    },
    {
      kind: "curve",
      caption: `Flows known after each observed cycle "${cycle}". Where the line is still rising, there is more to see.`,
      unit: "flows",
      step: cycle,
      points: discovery,
    },
    ...(open.length === 0
      ? [paragraph("The observation meets every condition for enforcement.")]
      : [
          paragraph("What the observation lacks:"),
          {
            kind: "list" as const,
            items: open.map(({ text, remedy }) => ({ text: `${text}: ${remedy}`, tone: "warn" as const })),
          },
        ]),
  ]);
}

function sources({ review, baseline }: Reviewed["plan"]): readonly Block[] {
  if (baseline === undefined) return [absent("This plan rests on no observation: no baseline was given.")];
  if (review === undefined) return [absent(notRecorded)];
  return [
    paragraph("Captures and logs from which the flows were read:"),
    {
      kind: "table",
      caption: "Sources of the baseline",
      columns: [
        { heading: "Source", kind: "text" },
        { heading: "From", kind: "date" },
        { heading: "Until", kind: "date" },
        { heading: "Records", kind: "text" },
        { heading: "SHA-256", kind: "code" },
      ],
      rows: review.sources.map(({ name, firstSeen, lastSeen, unit, read, used, sha256 }) => [
        name,
        firstSeen === undefined ? "not known" : minute(firstSeen),
        lastSeen === undefined ? "not known" : minute(lastSeen),
        `${grouped(read)} ${unit}, ${grouped(used)} used`,
        `${sha256.slice(0, 16)}…`,
      ]),
    },
  ];
}
