import { count, duration, list } from "../words.ts";
import { flowsByFate, type Reviewed, rulesOf, unprovenIn } from "./reviewed.ts";

/** The whole change in one paragraph for somebody who knows the process and no firewall. */
export function summary({ plan }: Reviewed): string {
  const { conduit, firewall, from, to, trial } = plan;
  const rules = rulesOf(plan);
  const permits = rules.permits.length;
  const then =
    to === "enforce"
      ? `From then on only what ${permits === 1 ? "its one permit names" : `its ${permits} permits name`} may pass between the two zones; everything else is dropped and recorded.`
      : `Nothing is dropped: what ${permits === 1 ? "its one permit does" : `its ${permits} permits do`} not name passes as before, and is recorded.`;
  return [
    `This plan takes the conduit ${conduit}, between the zones ${rules.zones.join(" and ")}, from ${words[from]} to ${words[to]} on the firewall ${firewall.id}.`,
    then,
    fates(plan),
    `It begins as a trial: unless it is renewed, it ends by itself after ${duration(trial.lease)}, and it becomes permanent only when a person confirms it after ${duration(trial.soak)} in which every criterion held.`,
    `Until then the firewall falls back to what it does now, whatever becomes of the laptop, the connection or the person.`,
    ...(unprovenIn(plan) === undefined
      ? []
      : [
          "Nobody has tried such rules on a real firewall of this kind yet: try them on one that is not in use first.",
        ]),
  ].join(" ");
}

const words = { unmanaged: "not being managed", monitor: "monitoring", enforce: "enforcement" } as const;

function fates(plan: Reviewed["plan"]): string {
  if (plan.review === undefined || plan.baseline === undefined) {
    return "What was observed between the two zones is not part of this plan.";
  }
  const { all, cut, opened } = flowsByFate(plan);
  const kept = all.length - cut.length - opened.length;
  const parts = [
    kept > 0 ? `${count(kept, "flow")} ${kept === 1 ? "goes" : "go"} on as before` : "",
    cut.length > 0 ? `${count(cut.length, "flow")} will be cut` : "none will be cut",
    opened.length > 0 ? `${count(opened.length, "flow")} will pass again` : "",
  ].filter((part) => part !== "");
  return `Of ${count(all.length, "flow")} observed between them, ${list(parts)}.`;
}
