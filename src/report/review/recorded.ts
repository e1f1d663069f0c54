import { decisionText } from "../../rollout/record.ts";
import type { Block } from "../document.ts";
import { grouped } from "../words.ts";
import type { Reviewed } from "./reviewed.ts";

/** What the firewall itself had recorded of packets that no permit admitted, when the plan was made. */
export const recorded = ({ plan }: Reviewed): readonly Block[] =>
  plan.record === undefined || plan.record.length === 0
    ? []
    : [
        {
          kind: "table",
          caption: `Recorded by the firewall as not permitted, when the plan was made (${grouped(plan.record.length)})`,
          columns: [
            { heading: "Flow", kind: "text" },
            { heading: "Packets", kind: "number" },
            { heading: "Decided by", kind: "choice" },
          ],
          rows: plan.record.map(({ text, packets, decision }) => [
            text,
            grouped(packets),
            decision ? decisionText(decision) : { text: decisionText(decision), tone: "bad" },
          ]),
        },
      ];
