import type { PlanDocument } from "../../plan/plan.ts";
import { heldBackwards } from "../../report/review/sessions.ts";
import { count, duration, grouped } from "../../report/words.ts";

/** How many flows are named before the rest is counted. */
const shownFlows = 5;

/** What becomes of the sessions that are open, in a few lines. */
export function sessionLines({
  mode,
  drain,
  listing,
}: NonNullable<PlanDocument["sessions"]>): readonly string[] {
  if (listing.kind === "not-listed") return [`  sessions: NOT KNOWN which are open: ${listing.reason}`];
  const { ended, known, unread } = listing;
  if (known === 0 && unread === 0)
    return [`  sessions: none listed; a host that tracks no connections lists none`];
  const total = ended.reduce((sum, { sessions }) => sum + sessions, 0);
  const fate = {
    rematch: "will be dropped from the first packet on",
    drain: `may go on until they end, for ${duration(drain ?? 0)} at the most`,
    cut: "will be ended for good: no way back brings them back",
  }[mode];
  const hidden = ended.length - shownFlows;
  return [
    `  sessions: ${total === 0 ? "none" : grouped(total)} of ${count(known, "open session")} ${total === 0 ? "is touched" : fate}`,
    ...ended.slice(0, shownFlows).map((one) => {
      const details = [
        ...(one.sessions > 1 ? [count(one.sessions, "session")] : []),
        ...(one.age === undefined ? [] : [`${duration(one.age)} old`]),
        ...(one.idle === undefined ? [] : [`silent for ${duration(one.idle)}`]),
        ...(one.backwards ? [heldBackwards] : []),
      ];
      return `    ${one.text}${details.length > 0 ? `: ${details.join(", ")}` : ""}`;
    }),
    ...(hidden > 0 ? [`    ${count(hidden, "more flow")}`] : []),
    ...(unread > 0
      ? [
          `    ${count(unread, "entry", "entries")} of the firewall's table could not be read: what becomes of them is not known`,
        ]
      : []),
  ];
}
