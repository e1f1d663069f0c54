import { type Dispositions, dispositions } from "../../baseline/dispositions.ts";
import { flowText } from "../../baseline/propose/question.ts";
import { printable } from "../../diagnostics/printable.ts";
import { type Column, table } from "../../diagnostics/text-table.ts";
import { count } from "../../report/words.ts";

const columns: readonly Column[] = [
  { heading: "DISPOSITION", align: "left" },
  { heading: "FLOW", align: "left" },
  { heading: "CONDUIT", align: "left" },
  { heading: "PACKETS", align: "right" },
  { heading: "DECIDED BY", align: "left" },
];

/** What asks for attention first, then the sums. */
export function renderDispositions(
  { flows, outside }: Dispositions,
  nameOf: (address: string) => string,
): string {
  const rows = flows.map(({ flow, conduit, disposition, by }) => [
    disposition,
    printable(flowText(flow, nameOf)),
    conduit,
    String(flow.packets),
    by ?? "nobody",
  ]);
  const sums = dispositions.map(
    (one) => `${flows.filter(({ disposition }) => disposition === one).length} ${one}`,
  );
  return [
    table(columns, rows),
    `${sums.join(", ")}`,
    ...Object.entries(outside).map(([reason, flows]) => `not judged: ${count(flows, "flow")} ${reason}`),
    "",
  ].join("\n");
}
