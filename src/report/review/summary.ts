import { count, duration, grouped, list } from "../words.ts";
import { flowsByFate, type Reviewed, rulesOf, unprovenIn } from "./reviewed.ts";

/** The whole change in one paragraph for somebody who knows the process and no firewall. */
export function summary({ plan }: Reviewed): string {
  const { conduit, firewall, from, to, trial } = plan;
  const rules = rulesOf(plan);
  const permits = rules.permits.length;
  const between = rules.zones.join(" and ");
  const then =
    to === "enforce"
      ? `From then on only what ${permits === 1 ? "its one permit names" : `its ${permits} permits name`} may pass between the two zones; everything else is dropped and recorded.`
      : `Nothing is dropped: what ${permits === 1 ? "its one permit does" : `its ${permits} permits do`} not name passes as before, and is recorded.`;
  return [
    from === to
      ? `This plan changes the rules of the conduit ${conduit}, between the zones ${between}, which stays in ${words[to]} on the firewall ${firewall.id}.`
      : `This plan takes the conduit ${conduit}, between the zones ${between}, from ${words[from]} to ${words[to]} on the firewall ${firewall.id}.`,
    then,
    fates(plan),
    ...(plan.follows === undefined
      ? []
      : ["It starts from what the plan before it leaves, and can be applied only after that one."]),
    ...(plan.pair === undefined ? [] : [pairText(firewall.id, plan.pair)]),
    `It begins as a trial: unless it is renewed, it ends by itself after ${duration(trial.lease)}, and it becomes permanent only when a person confirms it after ${duration(trial.soak)} in which every criterion held.`,
    `Until then the firewall falls back to what it does now, whatever becomes of the laptop, the connection or the person.`,
    ...(unprovenIn(plan) === undefined
      ? []
      : [
          "Nobody has tried such rules on a real firewall of this kind yet: try them on one that is not in use first.",
        ]),
  ].join(" ");
}

const pairText = (id: string, { peer, role, alone }: NonNullable<Reviewed["plan"]["pair"]>): string =>
  alone
    ? `${id} is the ${role} of a pair with ${peer}, which had this stage with these rules when the plan was made: only ${id} is changed.`
    : `${id} is the ${role} of a pair with ${peer}: the two are on trial together, by a plan each, and are confirmed together or not at all.`;

const words = { unmanaged: "not being managed", monitor: "monitoring", enforce: "enforcement" } as const;

function fates(plan: Reviewed["plan"]): string {
  if (plan.review === undefined || plan.baseline === undefined) {
    return "What was observed between the two zones is not part of this plan.";
  }
  const { all, cut, kept, opened, dropped } = flowsByFate(plan);
  if (all.length === 0) return "No flow was observed between them.";
  const parts = [
    kept.length > 0 ? `${grouped(kept.length)} ${kept.length === 1 ? "goes" : "go"} on as before` : "",
    dropped.length > 0 ? `${grouped(dropped.length)} ${dropped.length === 1 ? "stays" : "stay"} dropped` : "",
    `${cut.length > 0 ? grouped(cut.length) : "none"} will be cut`,
    opened.length > 0 ? `${grouped(opened.length)} will newly pass` : "",
  ].filter((part) => part !== "");
  return `Of ${count(all.length, "flow")} observed between them, ${list(parts)}.`;
}
