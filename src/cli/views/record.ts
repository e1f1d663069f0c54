import { flowText } from "../../baseline/propose/question.ts";
import { count, grouped } from "../../report/words.ts";
import type { Decision, JudgedFlow } from "../../rollout/record.ts";

/** How many entries of a record are shown; what nobody decided comes first. */
const shownEntries = 5;

/** The record of a conduit in a few lines, under the names that the site file gives to the ends. */
export function recordLines(
  record: readonly JudgedFlow[],
  nameOf: (address: string) => string,
): readonly string[] {
  const hidden = record.length - shownEntries;
  return [
    ...record
      .slice(0, shownEntries)
      .map(
        ({ flow, packets, decision }) =>
          `${flowText(flow, nameOf)}: ${count(packets, "packet")}, ${decisionText(decision)}`,
      ),
    ...(hidden > 0 ? [`${grouped(hidden)} more`] : []),
  ];
}

function decisionText(decision: Decision | undefined): string {
  switch (decision?.kind) {
    case undefined:
      return "NOT DECIDED";
    case "permit":
      return `permitted by ${decision.by} in the site file`;
    case "denial":
      return `denied on purpose: ${decision.by}`;
    case "answer":
      return `an answer to ${decision.by}`;
  }
}
