import { absent, type Block, paragraph, type Section } from "../document.ts";
import { grouped, minute } from "../words.ts";
import { notRecorded, type Reviewed } from "./reviewed.ts";

/** What the decisions rest on, and how far that can be trusted. */
export function observed({ plan }: Reviewed): Section {
  return {
    id: "observed",
    title: "What it rests on",
    clauses: ["IEC 62443-3-3 SR 6.2"],
    blocks: [
      ...sources(plan),
      absent(
        "How complete the observation is (its discovery curve, and how likely flows are that were not seen) is not recorded by this plan. What happened only outside the times above is not in it.",
      ),
      absent(
        "Live sessions at the time of planning are not recorded by this plan. Every packet is judged anew, so a running session that no permit admits is cut as soon as the trial of enforcement starts.",
      ),
    ],
  };
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
        { heading: "Records read", kind: "number" },
        { heading: "Records used", kind: "number" },
        { heading: "SHA-256", kind: "code" },
      ],
      rows: review.sources.map(({ name, firstSeen, lastSeen, unit, read, used, sha256 }) => [
        name,
        firstSeen === undefined ? "not known" : minute(firstSeen),
        lastSeen === undefined ? "not known" : minute(lastSeen),
        `${grouped(read)} ${unit}`,
        `${grouped(used)} ${unit}`,
        `${sha256.slice(0, 16)}…`,
      ]),
    },
  ];
}
