import { buildCommand } from "@stricli/core";
import { changeOf } from "../rollout/change.ts";
import { runChange } from "../rollout/trial/runner.ts";
import { CommandError, type Context } from "./context.ts";
import { type ActingFlags, actingFlags, requireRole, whoActs } from "./rollout/actor.ts";
import { untilInterrupted } from "./rollout/interruption.ts";
import { sealJournal } from "./rollout/journal-seal.ts";
import { conclude, isReachable } from "./rollout/outcome.ts";
import { outsideOf, sessionName } from "./rollout/outside.ts";
import { approvalsOf, loadPlan, requireApprovals, requireSameSite } from "./rollout/plan-files.ts";
import { loadSite } from "./site-file.ts";

export const confirmCommand = buildCommand<ActingFlags, [plan: string], Context>({
  docs: { brief: "Makes a running trial permanent, over a connection of its own, and writes the boot file" },
  parameters: {
    flags: actingFlags,
    positional: {
      kind: "tuple",
      parameters: [{ parse: String, placeholder: "PLAN", brief: "The plan's file" }],
    },
  },
  async func(flags, path) {
    const { folder, site, text } = loadSite(this, flags.site);
    const plan = loadPlan(this, path);
    requireSameSite(site, text, plan);
    const actor = whoActs(this, flags.identity, plan.people);
    // A second pair of eyes: of those who may apply, or of those who may approve such a change.
    requireRole(actor, "confirm trials", [
      ...plan.mayApply,
      ...plan.approval.rules.flatMap(({ roles }) => roles),
    ]);
    requireApprovals(await approvalsOf(this, path, plan), plan, path);
    if (plan.pair?.role === "standby" && !plan.pair.alone) {
      throw new CommandError(
        `${plan.firewall.id} is the standby of ${plan.pair.peer}: it is confirmed together with it, by confirming the plan for ${plan.pair.peer}`,
      );
    }
    const { lease, soak } = plan.trial;
    const end = await untilInterrupted((signal) => {
      signal.addEventListener("abort", () => {
        this.process.stderr.write(
          `${signal.reason}: nothing is confirmed, unless it is already; that is finished first\n`,
        );
      });
      const outside = outsideOf(this, folder, plan, actor, signal);
      const start = { kind: "confirming", leaseEnds: outside.now() + lease } as const;
      const settings = { lease, soak, confirm: "by-another" } as const;
      return runChange(changeOf(plan, actor.person.id, sessionName(), this.now()), start, settings, outside);
    });
    await sealJournal(this, folder, actor, isReachable(end) ? plan.firewall : undefined);
    conclude(this, plan.id, end, flags.json ? "json" : "human");
  },
});
