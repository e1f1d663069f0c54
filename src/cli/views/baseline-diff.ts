import type { BaselineDiff } from "../../baseline/diff.ts";
import type { BaselineFlow } from "../../baseline/flow.ts";
import { serviceText } from "../../baseline/service-text.ts";
import { type Column, table } from "../../diagnostics/text-table.ts";
import { cadenceText } from "./baseline.ts";

const columns: readonly Column[] = [
  { heading: "", align: "left" },
  { heading: "INITIATOR", align: "left" },
  { heading: "RESPONDER", align: "left" },
  { heading: "SERVICE", align: "left" },
  { heading: "WHAT", align: "left" },
];

/** Flows that came (+), went (-) or changed (~), and how many did none of it. */
export function renderBaselineDiff({ appeared, gone, changed, same }: BaselineDiff): string {
  const row = (sign: string, flow: BaselineFlow, what: string): readonly string[] => [
    sign,
    flow.initiator,
    flow.responder,
    serviceText(flow),
    what,
  ];
  const rows = [
    ...appeared.map((flow) =>
      row("+", flow, flow.notRoutable ?? (flow.answered ? "new" : "new, unanswered")),
    ),
    ...gone.map((flow) => row("-", flow, "not seen again")),
    ...changed.map(({ before, after, changes }) => {
      const rhythms = [before, after]
        .map(({ cadence }) => cadenceText(cadence))
        .filter((text) => text !== "");
      return row(
        "~",
        after,
        `${changes.join(", ")}${rhythms.length === 2 ? ` (${rhythms.join(", then ")})` : ""}`,
      );
    }),
  ];
  const sums = `${appeared.length} appeared, ${gone.length} not seen again, ${changed.length} changed, ${same} the same`;
  return `${rows.length === 0 ? "" : `${table(columns, rows)}\n\n`}${sums}\n`;
}
