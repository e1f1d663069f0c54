import { decisionText } from "../../rollout/record.ts";
import type { Block } from "../document.ts";
import { grouped } from "../words.ts";
import type { Reviewed } from "./reviewed.ts";

/** What the author of the plan accepts by name although it speaks against the step. */
export const accepted = ({ plan }: Reviewed): readonly Block[] =>
  plan.acceptances.length === 0
    ? []
    : [
        {
          kind: "table",
          caption: `Accepted by ${plan.author} in this plan: whoever approves it signs this too (${plan.acceptances.length})`,
          columns: [
            { heading: "What speaks against the step", kind: "text" },
            { heading: "Reason", kind: "text" },
          ],
          rows: plan.acceptances.map(({ text, reason }) => [{ text, tone: "bad" }, reason]),
        },
      ];

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
