import type { FlowExplanation } from "../../baseline/explain.ts";
import { printable } from "../../diagnostics/printable.ts";
import { count } from "../../report/words.ts";
import { rhythmText } from "./baseline.ts";

/** One paragraph a flow. */
export const renderExplanations = (flows: readonly FlowExplanation[]): string =>
  flows.map((one) => `${lines(one).map(printable).join("\n")}\n`).join("\n");

const lines = ({ flow, text, direction, sources, leadsTo }: FlowExplanation): readonly string[] => [
  text,
  `  who asks   ${flow.initiator}: ${direction}`,
  `  seen       ${count(flow.connections, "connection")}, ${count(flow.packets, "packet")}` +
    `${flow.firstSeen === undefined ? ", at no known time" : `, ${flow.firstSeen} to ${flow.lastSeen}`}` +
    `${flow.answered ? ", answered" : ", NOT answered"}`,
  ...(flow.cadence
    ? [`  rhythm     ${rhythmText(flow.cadence)}, from ${flow.cadence.samples} requests`]
    : []),
  `  evidence   ${sources.map(({ name, format }) => `${name} (${format})`).join(", ") || "no source recorded then"}`,
  `  leads to   ${leadsTo}`,
];
