import { printableLines } from "../../diagnostics/printable.ts";
import type { Plan } from "../../plan/plan.ts";
import { changeOf } from "../../rollout/change.ts";
import type { Ending } from "../../rollout/trial/machine.ts";
import { isChanged, type Member, pairText, runPair } from "../../rollout/trial/pair.ts";
import { runChange } from "../../rollout/trial/runner.ts";
import { CommandError, type Context } from "../context.ts";
import { loadSite } from "../site-file.ts";
import { type Actor, requireRole, whoActs } from "./actor.ts";
import { exercisedSteps } from "./exercised-steps.ts";
import { untilInterrupted } from "./interruption.ts";
import { appendJournal, readJournalFile } from "./journal-file.ts";
import { sealJournal } from "./journal-seal.ts";
import { isReachable } from "./outcome.ts";
import { outsideOf, sessionName } from "./outside.ts";
import { archivePlan } from "./plan-archive.ts";
import { approvalsOf, loadPlan, requireApprovals, requireInTime, requireSameSite } from "./plan-files.ts";
import { tellStandstill } from "./standstill.ts";
import { wakingClock } from "./waking-clock.ts";

export interface ApplyFlags {
  readonly confirmAfterSoak: boolean;
  readonly takeOver: boolean;
  /** Exercise steps that are said to be done. */
  readonly exercised?: readonly string[];
  readonly site?: string;
  readonly identity?: string;
}

/** A plan that may be carried out, and by whom. */
export interface Ready {
  readonly path: string;
  readonly plan: Plan;
  readonly actor: Actor;
  readonly folder: string;
  /** Who approved it. */
  readonly approvedBy: readonly string[];
}

/** Everything that must hold of a plan before its firewall is asked. @throws {CommandError} */
export async function makeReady(context: Context, flags: ApplyFlags, path: string): Promise<Ready> {
  const { folder, site, text } = loadSite(context, flags.site);
  const plan = loadPlan(context, path);
  const actor = whoActs(context, flags.identity, plan.people);
  requireRole(actor, "apply plans", plan.mayApply);
  requireUnused(folder, plan);
  requireSameSite(site, text, plan);
  const approvals = await approvalsOf(context, path, plan);
  requireApprovals(approvals, plan, path);
  requireInTime(context, plan, path);
  return { path, plan, actor, folder, approvedBy: approvals.accepted };
}

/** Carries out one plan, or the two of a pair, to the end; the endings are in the order of the plans. */
export async function carryOut(
  context: Context,
  flags: ApplyFlags,
  plans: readonly [Ready] | readonly [Ready, Ready],
): Promise<readonly (Ending | undefined)[]> {
  for (const ready of plans) await begin(context, ready);
  const [first, second] = plans;
  // Of a pair the primary carries the traffic, so steps are exercised on it.
  const exercised = exercisedSteps(context, (second ?? first).plan, flags.exercised ?? []);
  const settings = { confirm: flags.confirmAfterSoak ? ("after-soak" as const) : ("by-another" as const) };
  const tell = (line: string): void => void context.process.stderr.write(`${line}\n`);
  const awake = tellStandstill(wakingClock(), tell);
  const endings = await untilInterrupted(async (signal): Promise<readonly (Ending | undefined)[]> => {
    signal.addEventListener("abort", () => {
      tell(`${signal.reason}: the step under way is finished, then what is on trial ends`);
    });
    const changeFor = ({ plan, actor }: Ready) =>
      changeOf(plan, actor.person.id, sessionName(), context.now());
    const member = (ready: Ready): Member => ({
      change: changeFor(ready),
      outside: outsideOf(
        context,
        ready.folder,
        ready.plan,
        ready.actor,
        signal,
        exercised.done,
        flags.takeOver ? "at once" : "when asked",
      ),
    });
    const endings = await run();
    if (signal.aborted && endings.every(isChanged)) {
      tell(
        `${signal.reason} came too late: it is confirmed. To go back: ${plans.map(({ plan }) => `sluice rollback ${plan.firewall.id}`).join(", ")}`,
      );
    }
    return endings;

    async function run(): Promise<readonly (Ending | undefined)[]> {
      if (!second) {
        const { change, outside } = member(first);
        const { lease, soak } = first.plan.trial;
        return [await runChange(change, { kind: "approved" }, { lease, soak, ...settings }, outside)];
      }
      const ending = await runPair(member(first), member(second), settings, () => changeFor(first));
      const names = [first.plan.firewall.id, second.plan.firewall.id] as const;
      tell(printableLines(pairText(names, ending)));
      return [ending.standby, ending.primary];
    }
  }).finally(awake);
  exercised.close();
  for (const [index, { plan, actor, folder }] of plans.entries()) {
    const ending = endings[index];
    await sealJournal(context, folder, actor, ending && isReachable(ending) ? plan.firewall : undefined);
  }
  return endings;
}

/** From here on the plan counts as evidence. */
async function begin(context: Context, { path, plan, actor, folder, approvedBy }: Ready): Promise<void> {
  archivePlan(context, folder, path, plan);
  await appendJournal(folder, [
    {
      time: context.now().toISOString(),
      actor: actor.person.id,
      action: "approved",
      plan: plan.id,
      firewall: plan.firewall.id,
      conduit: plan.conduit,
      details: {
        by: approvedBy,
        broader: plan.approval.rules.some(({ cause }) => cause === "broaden"),
        author: plan.author,
        site: plan.site.sha256,
        from: plan.from,
        to: plan.to,
      },
    },
  ]);
}

function requireUnused(folder: string, plan: Plan): void {
  const used = readJournalFile(folder).entries.find(
    (entry) => entry.action === "used" && entry.plan === plan.id,
  );
  if (!used) return;
  throw new CommandError(
    `this plan was used on ${used.time} by ${used.actor}: a plan is used once. Make, approve and apply a new one`,
  );
}
