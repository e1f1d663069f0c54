import { buildCommand } from "@stricli/core";
import { approvalStatus } from "../plan/approval.ts";
import { CommandError, type Context } from "./context.ts";
import { identityFlag, whoActs } from "./rollout/actor.ts";
import { approvalsOf, approve, loadPlan } from "./rollout/plan-files.ts";
import { renderPlan } from "./views/plan.ts";

interface Flags {
  readonly identity?: string;
}

export const approveCommand = buildCommand<Flags, [plan: string], Context>({
  docs: { brief: "Approves a plan with an SSH signature over its id" },
  parameters: {
    flags: { identity: identityFlag },
    positional: {
      kind: "tuple",
      parameters: [{ parse: String, placeholder: "PLAN", brief: "The plan's file" }],
    },
  },
  async func({ identity }, path) {
    const plan = loadPlan(this, path);
    const actor = whoActs(this, identity, plan.people);
    const objection = approvalStatus(plan, [{ person: actor.person.id, valid: true }]).rejected[0];
    if (objection) throw new CommandError(`${objection.person} ${objection.reason}`);
    this.process.stderr.write(renderPlan(plan));
    const file = await approve(this, path, plan, actor);
    const { accepted, missing } = await approvalsOf(this, path, plan);
    this.process.stdout.write(
      `${file}\napproved by ${accepted.join(", ")}; ${missing === 0 ? "ready to apply" : `${missing} more needed`}\n`,
    );
  },
});
