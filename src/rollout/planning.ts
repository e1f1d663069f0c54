import type { Baseline } from "../baseline/flow.ts";
import { places } from "../baseline/propose/places.ts";
import { flowText } from "../baseline/propose/question.ts";
import { carriedBy, passAll } from "../compile/conduit-program.ts";
import type { ConduitRules } from "../compile/ir.ts";
import type { Cube, Program } from "../compile/program.ts";
import { sha256 } from "../digest.ts";
import { formatPacket } from "../net/packet.ts";
import { approvalOf } from "../plan/approval.ts";
import { authorityOf } from "../plan/authority.ts";
import type { Plan, PlanContent } from "../plan/plan.ts";
import { reviewFacts } from "../plan/review-facts.ts";
import { denialDocument, firewallRulesDocument, withConduit } from "../plan/rules-document.ts";
import { watchOf } from "../plan/watch.ts";
import type { Conduit, OpenSessions, Site, TrialTimes, Window } from "../policy/model.ts";
import type { Driver, Firing, HostFacts, LiveConduit, LiveState, Target } from "../target.ts";
import { namedAddresses } from "../verify/claims/observed.ts";
import {
  proveTransition,
  type Transition,
  type TransitionResult,
  transitionStatements,
} from "../verify/claims/transition.ts";
import type { Ruleset } from "../verify/compile.ts";
import type { Budget } from "../verify/diagram/diagram.ts";
import { diffPrograms } from "../verify/diff.ts";
import { type AcceptanceOrder, acceptedRequest, isFor } from "./acceptances.ts";
import { type KeptSample, replay } from "./criteria/replay.ts";
import { type DrillRecord, deadManNames, drillProblems, isWeak, lastDrill, rehearse } from "./drill.ts";
import { groundProblems } from "./ground.ts";
import type { JournalEntry } from "./journal.ts";
import { readRing, undoName } from "./known-good.ts";
import { promotionOf } from "./promotion.ts";
import { type Decisions, decisionsOf, judgeRecord } from "./record.ts";
import { planSessions } from "./sessions.ts";
import { type Standing, standingOf } from "./standing.ts";

/** What a plan is made from; everything but the firewall itself. */
export interface PlanOrder {
  readonly site: Site;
  readonly siteFile: string;
  readonly siteText: string;
  readonly conduit: Conduit;
  readonly firewall: PlanContent["firewall"];
  readonly target: Target;
  readonly ruleset: Ruleset;
  readonly baseline: { readonly name: string; readonly content: Baseline } | undefined;
  readonly window: Window | undefined;
  /** What was kept of the conduit while it was monitored. */
  readonly samples?: readonly KeptSample[];
  readonly author: string;
  readonly created: Date;
  readonly budget: Budget;
  /** Name of the plan's file, for the commands in it. */
  readonly file: string;
  readonly journal: readonly JournalEntry[];
  /** Whether the author accepts dead men that a kill can take away, where the firewall has no other. */
  readonly acceptWeakDeadMen: boolean;
  /** What the author accepts by name. */
  readonly accept: readonly AcceptanceOrder[];
  /** The plans that are applied together with it, itself among them, as the command names them. */
  readonly together: string;
  /** The pair that the firewall is a member of, where each member is changed. */
  readonly pair: PlanContent["pair"];
  /** Plans for the same firewall and other conduits that are to be applied before this one. */
  readonly before: readonly Plan[];
}

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
      undo: undo(order, driver, drill.firings, standing.knownGood),
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

/** What the plan takes over from the site, its files and its people. */
function sources(
  order: PlanOrder,
): Omit<
  PlanContent,
  "from" | "to" | "difference" | "approval" | "compiled" | "boot" | "expected" | "base" | "undo"
> {
  const { site, conduit, ruleset, window } = order;
  const isStandby = order.pair?.role === "standby";
  const criteria = (conduit.criteria ?? site.criteria)
    .filter(({ type }) => !(isStandby && needsTraffic.has(type)))
    .map(({ span: _, ...rule }) => rule);
  const watched = watchOf(conduit, ruleset.rules, order.baseline?.content);
  // A standby carries nothing: nobody is heard on it.
  const watch = isStandby ? { ...watched, heartbeats: [] } : watched;
  const history = replay(
    criteria,
    { ...watch, rates: watch.rates ?? [], decisions: decisionsOf(conduit) },
    order.samples ?? [],
  );
  return {
    author: order.author,
    created: order.created.toISOString(),
    site: { name: site.name, file: order.siteFile, sha256: sha256(order.siteText), text: order.siteText },
    conduit: conduit.id,
    firewall: order.firewall,
    // As JSON holds it: without fields that are undefined.
    certificate: JSON.parse(JSON.stringify(ruleset.certificate)),
    ...(order.baseline
      ? { baseline: { name: order.baseline.name, sha256: sha256(JSON.stringify(order.baseline.content)) } }
      : {}),
    denials: conduit.denials.map(denialDocument),
    watch,
    ...(window ? { window: windowOf(window, site.timezone) } : {}),
    criteria,
    exercises: (isStandby ? [] : (conduit.exercises ?? [])).map(({ span: _, permits, ...step }) => ({
      ...step,
      permits: [...permits],
    })),
    ...(history && { history }),
    trial: isStandby ? staggered(site.trial) : site.trial,
    ...(order.pair && { pair: order.pair }),
    ...authorityOf(site),
    commands: [
      `sluice approve ${order.file}`,
      `sluice apply ${order.together}`,
      ...(isStandby ? [] : [`sluice confirm ${order.file}`]),
      `sluice abort ${order.firewall.id}`,
      `sluice rollback ${order.firewall.id}`,
    ],
  };
}

/** What can only be measured where the traffic is. */
const needsTraffic: ReadonlySet<string> = new Set(["rate-collapse", "quiet-conduit"]);

/**
 * The two trials of a pair must not end at one moment. The primary, which carries the traffic, goes first in every case:
 * when nobody renews, at the maximum, and at the end of the window.
 */
const staggered = (trial: TrialTimes): TrialTimes => ({
  ...trial,
  lease: trial.lease + Math.max(2, Math.ceil(trial.lease / 4)),
  soak: 0,
  maximum: trial.maximum + trial.soak + 600,
  reserve: Math.max(0, trial.reserve - Math.min(60, Math.ceil(trial.reserve / 4))),
});

const windowOf = (window: Window, timezone: string): NonNullable<PlanContent["window"]> => ({
  id: window.id,
  timezone,
  days: [...window.days],
  ...(window.dates ? { dates: [...window.dates] } : {}),
  ...(window.except ? { except: [...window.except] } : {}),
  from: window.from,
  to: window.to,
});

const baseOf = (live: Standing["live"], facts: HostFacts): PlanContent["base"] => ({
  own: live.form,
  ownHash: live.ownHash,
  foreign: live.foreignForm,
  foreignHash: live.foreignHash,
  boot: live.bootText ?? null,
  kernel: facts.kernel,
  version: facts.version,
});

/** What runs, what the plan makes of it and what a rollback restores, as programs. */
function readStep(order: PlanOrder, standing: Standing, bootText: string): Step {
  const { site, conduit, ruleset, target, budget } = order;
  const unread: string[] = [];
  const read = (text: string, what: string): Program | undefined => {
    const { value, diagnostics } = target.parse(text, order.firewall.id);
    if (value) return value;
    const [first] = diagnostics;
    unread.push(`line ${first?.span?.line ?? 1} of ${what}: ${first?.message ?? "not understood"}`);
    return undefined;
  };
  const before = standing.text === undefined ? passAll : read(standing.text, "the rules that run");
  const kept = standing.kept === undefined || standing.rules.conduits.length > 0 ? standing.kept : null;
  const held = standing.rules.conduits.find((one) => one.conduit === conduit.id);
  const carried = carriedBy(ruleset.rules.pairs);
  return {
    stage: ruleset.rules.stage,
    before,
    after: read(bootText, "the rules to come"),
    // At first contact, what is there is what is kept.
    restored: kept === undefined ? before : kept === null ? passAll : read(kept, "the known-good"),
    carried,
    inside: [...carried, ...carriedBy(held?.pairs ?? [])],
    named: namedAddresses(site.zones.filter((zone) => conduit.zones.includes(zone.id))),
    budget,
    unread,
  };
}

/** A step, with the packets that are the conduit's by its zones now. */
interface Step extends Transition {
  readonly carried: readonly Cube[];
  /** Where and why a text could not be read. */
  readonly unread: readonly string[];
}

/** How the packets of the conduit fare, before and after; what cannot be read or compared is unknown, never equal. */
function difference({ before, after, carried, named, budget }: Step): PlanContent["difference"] {
  if (!before || !after) return { verdict: "unknown" };
  const change = diffPrograms(before, after, carried, named, budget);
  return {
    verdict: change.kind,
    ...("lost" in change ? { lost: formatPacket(change.lost) } : {}),
    ...("gained" in change ? { gained: formatPacket(change.gained) } : {}),
  };
}

function brokenClaim({ claim, packet, rule }: TransitionResult & { readonly result: "failed" }): string {
  const text = claim === "way-back" ? "the known-good" : "the rules to come";
  const place = rule ? `line ${rule.line} of ${text}` : `no rule of ${text} meets it`;
  return `this does not hold: ${transitionStatements[claim]} Against it: ${formatPacket(packet)} (${place})`;
}

/**
 * What keeps enforcement from being planned: a claim that is open is no proof. Monitor drops nothing, so it may be
 * planned all the same, and is the way to a state that can be read.
 */
function openClaims(
  { conduit, firewall }: PlanOrder,
  { unread }: Step,
  claims: readonly TransitionResult[],
): readonly string[] {
  const open = claims.filter(({ result }) => result === "not-proved");
  if (open.length === 0) return [];
  const statements = open.map(({ claim }) => transitionStatements[claim]).join(" ");
  const [reason, mend] =
    unread.length > 0
      ? [
          `cannot be read: ${unread.join("; ")}`,
          `"sluice plan ${conduit.id} --to monitor" writes the rules anew, "sluice rollback ${firewall.id}" loads the ` +
            "known-good again",
        ]
      : [
          "the proof took more than its budget",
          `widen or merge the permits of ${conduit.id} and of its neighbours on ${firewall.id} that cross each other`,
        ];
  return [`not proved: ${statements} Reason: ${reason}. Before it can be enforced: ${mend}`];
}

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
): PlanContent["undo"] {
  const { lease } = order.site.trial;
  const [first, second] = firings.map(({ by }) => deadManNames[by]);
  return {
    deadMan:
      `${first} ends the trial by itself ${lease} s after the last renewal, whoever is connected and whatever became of ` +
      `this program; should it not, ${second} does, 2 s later`,
    abort: `Ctrl-C in the session of the trial, or "sluice abort ${order.firewall.id}" from anywhere`,
    reboot: "a reboot during the trial loads the boot file, which holds what was confirmed before",
    console: [`sh ${driver.pathOf(undoName)} ${knownGood}`],
  };
}
