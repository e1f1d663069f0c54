import { buildCommand } from "@stricli/core";
import type { Plan } from "../plan/plan.ts";
import { changeOf } from "../rollout/change.ts";
import { runChange } from "../rollout/runner.ts";
import { CommandError, type Context } from "./context.ts";
import { jsonFlag } from "./documents/document.ts";
import { type Actor, identityFlag, siteFlag, whoActs } from "./rollout/actor.ts";
import { exercisedSteps } from "./rollout/exercised-steps.ts";
import { untilInterrupted } from "./rollout/interruption.ts";
import { appendJournal, readJournalFile } from "./rollout/journal-file.ts";
import { sealJournal } from "./rollout/journal-seal.ts";
import { conclude, isReachable } from "./rollout/outcome.ts";
import { outsideOf, sessionName } from "./rollout/outside.ts";
import { archivePlan } from "./rollout/plan-archive.ts";
import {
  approvalsOf,
  loadPlan,
  requireApprovals,
  requireInTime,
  requireSameSite,
} from "./rollout/plan-files.ts";
import { loadSite } from "./site-file.ts";

interface Flags {
  readonly confirmAfterSoak: boolean;
  readonly exercised?: readonly string[];
  readonly site?: string;
  readonly identity?: string;
  readonly json: boolean;
}

export const applyCommand = buildCommand<Flags, [plan: string], Context>({
  docs: {
    brief: "Carries out an approved plan as a trial that ends by itself, and holds it until it is confirmed",
    fullDescription:
      "Holds the trial in the foreground: renews its lease while all criteria hold. Confirm it from another terminal " +
      "with `sluice confirm`. Ctrl-C, a lost connection or a closed laptop end the trial; the previous stage remains.",
  },
  parameters: {
    flags: {
      confirmAfterSoak: {
        kind: "boolean",
        default: false,
        brief: "Confirm without a human as soon as the soak is over",
      },
      exercised: {
        kind: "parsed",
        parse: String,
        variadic: true,
        optional: true,
        placeholder: "STEP",
        brief: "An exercise step of the plan that is done without being asked for; may be repeated",
      },
      site: siteFlag,
      identity: identityFlag,
      json: jsonFlag,
    },
    positional: {
      kind: "tuple",
      parameters: [{ parse: String, placeholder: "PLAN", brief: "The plan's file" }],
    },
  },
  async func(flags, path) {
    const { folder, site, text } = loadSite(this, flags.site);
    const plan = loadPlan(this, path);
    const actor = whoActs(this, flags.identity, plan.people);
    requireRight(plan, actor);
    requireUnused(folder, plan);
    requireSameSite(site, text, plan);
    const approvals = await approvalsOf(this, path, plan);
    requireApprovals(approvals, plan, path);
    requireInTime(this, plan, path);
    archivePlan(this, folder, path, plan);
    await appendJournal(folder, [
      {
        time: this.now().toISOString(),
        actor: actor.person.id,
        action: "approved",
        plan: plan.id,
        firewall: plan.firewall.id,
        conduit: plan.conduit,
        details: {
          by: approvals.accepted,
          broader: plan.approval.rules.some(({ cause }) => cause === "broaden"),
          author: plan.author,
          site: plan.site.sha256,
          from: plan.from,
          to: plan.to,
        },
      },
    ]);
    const change = changeOf(plan, actor.person.id, sessionName());
    const exercised = exercisedSteps(this, plan, flags.exercised ?? []);
    const settings = {
      lease: plan.trial.lease,
      soak: plan.trial.soak,
      confirm: flags.confirmAfterSoak ? ("after-soak" as const) : ("by-another" as const),
    };
    const end = await untilInterrupted((signal) =>
      runChange(
        change,
        { kind: "approved" },
        settings,
        outsideOf(this, folder, plan, actor, signal, exercised.done),
      ),
    );
    exercised.close();
    await sealJournal(this, folder, actor, isReachable(end) ? plan.firewall : undefined);
    conclude(this, plan.id, end, flags.json ? "json" : "human");
  },
});

function requireRight(plan: Plan, { person }: Actor): void {
  if (person.roles.some((role) => plan.mayApply.includes(role))) return;
  throw new CommandError(
    `${person.id} may not apply plans: that takes the role ${plan.mayApply.join(" or ")}`,
  );
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
