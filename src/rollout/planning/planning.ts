import { places } from "../../baseline/propose/places.ts";
import { flowText } from "../../baseline/propose/question.ts";
import type { ConduitRules } from "../../compile/ir.ts";
import { sha256 } from "../../digest.ts";
import { approvalOf } from "../../plan/approval.ts";
import type { PlanContent } from "../../plan/plan.ts";
import { reviewFacts } from "../../plan/review-facts.ts";
import { firewallRulesDocument, withConduit } from "../../plan/rules-document.ts";
import type { OpenSessions } from "../../policy/model.ts";
import type { Driver, Firing, HostFacts, LiveConduit, LiveState } from "../../target.ts";
import { proveTransition, transitionStatements } from "../../verify/claims/transition.ts";
import { acceptedRequest, isFor } from "../acceptances.ts";
import { type DrillRecord, deadManNames, drillProblems, isWeak, lastDrill, rehearse } from "../drill.ts";
import { groundProblems } from "../known-good/ground.ts";
import { readRing, undoName } from "../known-good/known-good.ts";
import { type Decisions, decisionsOf, judgeRecord } from "../record.ts";
import { planSessions } from "../sessions.ts";
import type { PlanOrder } from "./order.ts";
import { promotionOf } from "./promotion.ts";
import { sources } from "./sources.ts";
import { type Standing, standingOf } from "./standing.ts";
import { brokenClaim, difference, openClaims, readStep } from "./step.ts";

export type Planning =
  /** With the drill that was held for it, where the journal had none. */
  | { readonly kind: "plan"; readonly content: PlanContent; readonly drill?: DrillRecord }
  | { readonly kind: "no-change" }
  | { readonly kind: "problems"; readonly problems: readonly string[] };

/**
 * Makes the plan that takes a conduit to a stage on a firewall. Only reads from the firewall, and rehearses its dead men
 * away from any packet where the journal knows no drill of them.
 */
export async function planChange(order: PlanOrder, driver: Driver): Promise<Planning> {
  const facts = await driver.facts();
  if (facts.obstacles.length > 0) return { kind: "problems", problems: facts.obstacles };
  if (isWeak(facts.deadMen) && !order.acceptWeakDeadMen)
    return { kind: "problems", problems: [weakness(order)] };
  const [live, ring] = [await driver.read(), await readRing(driver)];
  const now = live.conduits.find((one) => one.conduit === order.conduit.id && !one.trial);
  const problems = [...stageProblems(order, live, now), ...(await groundProblems(driver, live, ring))];
  if (problems.length > 0) return { kind: "problems", problems };
  const standing = await standingOf(driver, order.firewall.id, live, ring, order.before);
  const { rules, text } = order.ruleset;
  const bootRules = withConduit(standing.rules, rules);
  const bootText = order.target.emit(bootRules);
  const [alone, whole] = [await driver.preview(text), await driver.preview(bootText)];
  const rulesHash = hashOf(alone.conduits, rules);
  if (rulesHash === undefined || hashOf(whole.conduits, rules) !== rulesHash) {
    return {
      kind: "problems",
      problems: ["the firewall does not list the rules of the conduit as they were written"],
    };
  }
  if (now?.stage === rules.stage && now.rulesHash === rulesHash) return { kind: "no-change" };
  const { nameOf } = places(order.site);
  const counters = now && (await driver.counters(order.conduit.id));
  const isPromotion = now?.stage === "monitor" && order.ruleset.rules.stage === "enforce";
  const promotion = isPromotion ? promotionOf(order, counters!, nameOf) : undefined;
  const unmet = order.accept.filter(({ name }) => !promotion?.acceptances.some((one) => isFor(one, name)));
  const open = [
    ...(promotion?.problems ?? []),
    ...unmet.map(({ name }) => `nothing of the name "${name}" stands open, to be accepted`),
  ];
  if (open.length > 0) return { kind: "problems", problems: open };
  const decisions: Decisions = {
    ...decisionsOf(order.conduit),
    accepted: (promotion?.acceptances ?? []).flatMap((one) => acceptedRequest(one, order.author)),
  };
  const step = readStep(order, standing, bootText);
  const claims = proveTransition(step);
  const unbroken = claims.filter((claim) => claim.result !== "failed");
  const sessions = await planSessions(sessionsMode(order), step, driver, nameOf);
  if (typeof sessions === "string") return { kind: "problems", problems: [sessions] };
  const broken = claims.flatMap((claim) => (claim.result === "failed" ? [brokenClaim(claim)] : []));
  const unproved = rules.stage === "enforce" ? openClaims(order, step, claims) : [];
  if (broken.length + unproved.length > 0) return { kind: "problems", problems: [...broken, ...unproved] };
  const known = lastDrill(order.journal, order.firewall.id, facts.deadMen);
  const drill = known ?? (await holdDrill(order, driver));
  const unheard = drillProblems(drill.firings);
  if (unheard.length > 0) return { kind: "problems", problems: unheard };
  const change = difference(step);
  return {
    kind: "plan",
    ...(known === undefined && { drill }),
    content: {
      ...sources(order),
      ...(standing.follows !== undefined && { follows: standing.follows }),
      from: now?.stage ?? "unmanaged",
      to: rules.stage,
      difference: change,
      approval: approvalOf(order.site.approvals, rules.stage, change.verdict, order.created),
      transition: unbroken.map(({ claim, result }) => ({
        claim,
        statement: transitionStatements[claim],
        result,
      })),
      compiled: { text, sha256: sha256(text) },
      boot: { text: bootText, sha256: sha256(bootText), rules: firewallRulesDocument(bootRules) },
      expected: { rulesHash, ownHash: whole.ownHash },
      base: baseOf(standing.live, facts),
      ...(promotion && { readiness: promotion.readiness, acceptances: [...promotion.acceptances] }),
      ...(counters && {
        record: judgeRecord(decisions, counters.recorded).map((one) => ({
          ...one,
          text: flowText(one.flow, nameOf),
        })),
      }),
      sessions,
      undo: undo(order, driver, drill.firings, standing.knownGood, facts.cautions ?? []),
      deadMen: {
        drilled: drill.time,
        firings: [...drill.firings],
        ...(isWeak(facts.deadMen) && { weak: "accepted" as const }),
      },
      review: reviewFacts({
        site: order.site,
        conduit: order.conduit,
        firewall: order.firewall.id,
        to: rules.stage,
        before: standing.rules.conduits.find((one) => one.conduit === order.conduit.id),
        baseline: order.baseline?.content,
      }),
    },
  };
}

const sessionsMode = ({ conduit, target }: PlanOrder): OpenSessions => {
  const [mode] = target.capabilities.sessions;
  return conduit.sessions ?? { mode };
};

const hashOf = (conduits: readonly LiveConduit[], rules: ConduitRules): string | undefined =>
  conduits.find((one) => one.conduit === rules.conduit && one.stage === rules.stage)?.rulesHash;

function stageProblems(
  { ruleset, conduit }: PlanOrder,
  live: LiveState,
  now: LiveConduit | undefined,
): readonly string[] {
  const running = live.conduits.find((one) => one.trial);
  if (running) return [`a trial of ${running.conduit} runs on this firewall: wait until it has ended`];
  if (ruleset.rules.stage === "enforce" && !now) {
    return [`${conduit.id} is not monitored on this firewall: take it to monitor first`];
  }
  return [];
}

const baseOf = (live: Standing["live"], facts: HostFacts): PlanContent["base"] => ({
  own: live.form,
  ownHash: live.ownHash,
  foreign: live.foreignForm,
  foreignHash: live.foreignHash,
  boot: live.bootText ?? null,
  kernel: facts.kernel,
  version: facts.version,
});

const holdDrill = async ({ site, created }: PlanOrder, driver: Driver): Promise<DrillRecord> => ({
  time: created.toISOString(),
  firings: (await rehearse(driver, site.trial.lease)).firings,
});

const weakness = ({ firewall }: PlanOrder): string =>
  `only processes on ${firewall.id} would end the trial, nothing that its kernel or its init system holds: whoever kills ` +
  "them leaves the trial running. Who accepts that plans with --accept-weak-dead-men";

function undo(
  order: PlanOrder,
  driver: Driver,
  firings: readonly Firing[],
  knownGood: number,
  cautions: readonly string[],
): PlanContent["undo"] {
  const { lease } = order.site.trial;
  const [first, second] = firings.map(({ by }) => deadManNames[by]);
  return {
    deadMan:
      `${first} ends the trial by itself ${lease} s after the last renewal, whoever is connected and whatever became of ` +
      `this program; if it does not, ${second} does, 2 s later`,
    abort: `Ctrl-C in the session of the trial, or "sluice abort ${order.firewall.id}" from anywhere`,
    reboot: [
      "a reboot during the trial loads the boot file, which holds what was confirmed before",
      ...cautions.map((caution) => `CAUTION: ${caution}`),
    ].join(". "),
    console: [`sh ${driver.pathOf(undoName)} ${knownGood}`],
  };
}
