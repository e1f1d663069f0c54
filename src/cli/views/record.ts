import { count, grouped } from "../../report/words.ts";
import { type Decision, decisionText } from "../../rollout/record.ts";

/** How many entries of a record are shown; what nobody decided comes first. */
const shownEntries = 5;

/** An entry of a conduit's record, under the names that the site file gives to its ends. */
export interface NamedFlow {
  readonly text: string;
  readonly packets: number;
  readonly decision?: Decision | undefined;
}

/** The record of a conduit in a few lines. */
export function recordLines(record: readonly NamedFlow[]): readonly string[] {
  const hidden = record.length - shownEntries;
  return [
    ...record
      .slice(0, shownEntries)
      .map(
        ({ text, packets, decision }) => `${text}: ${count(packets, "packet")}, ${decisionText(decision)}`,
      ),
    ...(hidden > 0 ? [`${grouped(hidden)} more`] : []),
  ];
}
