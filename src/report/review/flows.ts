import { serviceText } from "../../baseline/service-text.ts";
import type { ReviewedFlow } from "../../plan/review-facts.ts";
import { absent, type Cell, type Column, paragraph, type Section, type Table } from "../document.ts";
import { type PlantNames, plantNames } from "../plant-names.ts";
import { grouped, minute } from "../words.ts";
import { recorded } from "./recorded.ts";
import { flowsByFate, notRecorded, type Reviewed } from "./reviewed.ts";

/** What becomes of every flow that was observed between the two zones. */
export function flows(reviewed: Reviewed): Section {
  const { plan } = reviewed;
  const { all, cut, opened } = flowsByFate(plan);
  const section = { id: "flows", title: "Flows that will be cut", clauses: ["IEC 62443-3-3 SR 7.6"] };
  if (plan.review === undefined || plan.baseline === undefined) {
    const why = plan.review ? "No baseline was given, so nobody knows what will be cut." : notRecorded;
    return { ...section, blocks: [absent(why)] };
  }
  const names = plantNames(plan.review);
  const reasons = new Map(plan.review.denials.map(({ id, reason }) => [id, reason]));
  const table = (caption: string, flows: readonly ReviewedFlow[]): Table => ({
    kind: "table",
    caption: `${caption} (${grouped(flows.length)})`,
    columns,
    rows: flows.map((flow) => row(flow, names, reasons)),
  });
  const others = all.filter((flow) => !cut.includes(flow) && !opened.includes(flow));
  const onlyRecorded = plan.to === "monitor" ? others.filter(({ permit }) => permit === undefined) : [];
  const rest = plan.to === "monitor" ? others.filter(({ permit }) => permit !== undefined) : others;
  const passing = rest.filter(({ after }) => after === "passes");
  const dropped = rest.filter(({ after }) => after === "dropped");
  return {
    ...section,
    blocks: [
      cut.length === 0
        ? paragraph("No observed flow is cut by this change.")
        : table("Cut: they pass now and will be dropped", cut),
      ...(onlyRecorded.length === 0
        ? []
        : [table("Not permitted: they go on passing and are recorded", onlyRecorded)]),
      ...(opened.length === 0 ? [] : [table("Opened: they are dropped now and will pass", opened)]),
      ...recorded(reviewed),
      ...(rest.length === 0
        ? []
        : [
            {
              kind: "fold" as const,
              title: `Flows that stay as they are (${grouped(rest.length)})`,
              blocks: [
                ...(passing.length === 0 ? [] : [table("They pass now and will pass", passing)]),
                ...(dropped.length === 0 ? [] : [table("They are dropped now and will be dropped", dropped)]),
              ],
            },
          ]),
    ],
  };
}

const columns: readonly Column[] = [
  { heading: "Initiator", kind: "text" },
  { heading: "Responder", kind: "text" },
  { heading: "Service", kind: "choice" },
  { heading: "Last seen", kind: "date" },
  { heading: "Connections", kind: "number" },
  { heading: "Decided by", kind: "choice" },
];

const row = (flow: ReviewedFlow, names: PlantNames, reasons: ReadonlyMap<string, string>): Cell[] => [
  names.end(flow.initiator),
  names.end(flow.responder),
  serviceText(flow),
  flow.lastSeen === undefined ? "no readable time" : minute(flow.lastSeen),
  grouped(flow.connections),
  decision(flow, reasons),
];

function decision({ permit, denial, answered }: ReviewedFlow, reasons: ReadonlyMap<string, string>): string {
  if (permit !== undefined) return `permit ${permit}`;
  if (denial !== undefined) return `decided against: ${reasons.get(denial) ?? denial}`;
  return answered ? "nobody: no decision" : "nobody: it was never answered";
}
