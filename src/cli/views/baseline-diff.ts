import type { BaselineDiff } from "../../baseline/diff.ts";
import type { BaselineFlow } from "../../baseline/flow.ts";
import type { LinkChange } from "../../baseline/links/diff.ts";
import { serviceText } from "../../baseline/service-text.ts";
import { type Column, table } from "../../diagnostics/text-table.ts";
import { rhythmText } from "./baseline.ts";

const linkText = ({ address, of, before, after }: LinkChange): string => {
  const [what, question] =
    of === "card"
      ? ["network card", "an exchanged device, or another one that has taken its place?"]
      : ["VLAN", "an address given twice, or one that moved?"];
  return `${address} has another ${what}: ${before.join(" and ")} before, now ${after.join(" and ")}; ${question}\n`;
};

const columns: readonly Column[] = [
  { heading: "", align: "left" },
  { heading: "INITIATOR", align: "left" },
  { heading: "RESPONDER", align: "left" },
  { heading: "SERVICE", align: "left" },
  { heading: "WHAT", align: "left" },
];

/** Flows that came (+), went (-) or changed (~), how many did none of it, and addresses with another card or VLAN. */
export function renderBaselineDiff({ appeared, gone, changed, same, links }: BaselineDiff): string {
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
        .map(({ cadence }) => (cadence === undefined ? "" : rhythmText(cadence)))
        .filter((text) => text !== "");
      return row(
        "~",
        after,
        `${changes.join(", ")}${rhythms.length === 2 ? ` (${rhythms.join(", then ")})` : ""}`,
      );
    }),
  ];
  const sums = `${appeared.length} appeared, ${gone.length} not seen again, ${changed.length} changed, ${same} the same`;
  const moved = links.map(linkText);
  return [rows.length === 0 ? "" : `${table(columns, rows)}\n\n`, `${sums}\n`, ...moved].join("");
}
