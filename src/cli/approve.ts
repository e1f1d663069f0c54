import { buildCommand } from "@stricli/core";
import { approvalStatus } from "../plan/approval.ts";
import { CommandError, type Context } from "./context.ts";
import { approvalDocument } from "./documents/change.ts";
import { jsonFlag, printDocument } from "./documents/document.ts";
import { identityFlag, whoActs } from "./rollout/actor.ts";
import { approvalsOf, approve, loadPlan } from "./rollout/plan-files.ts";
import { renderPlan } from "./views/plan.ts";

interface Flags {
  readonly identity?: string;
  readonly json: boolean;
}

export const approveCommand = buildCommand<Flags, [plan: string], Context>({
  docs: { brief: "Approves a plan with an SSH signature over its id" },
  parameters: {
    flags: { identity: identityFlag, json: jsonFlag },
    positional: {
      kind: "tuple",
      parameters: [{ parse: String, placeholder: "PLAN", brief: "The plan's file" }],
    },
  },
  async func({ identity, json }, path) {
    const plan = loadPlan(this, path);
    const actor = whoActs(this, identity, plan.people);
    const objection = approvalStatus(plan, [{ person: actor.person.id, valid: true }]).rejected[0];
    if (objection) throw new CommandError(`${objection.person} ${objection.reason}`);
    this.process.stderr.write(renderPlan(plan));
    const file = await approve(this, path, plan, actor);
    const { accepted, rejected, missing } = await approvalsOf(this, path, plan);
    if (json) {
      const document = { plan: plan.id, person: actor.person.id, file, accepted, rejected, missing };
      printDocument(this, approvalDocument, document);
      return;
    }
    this.process.stdout.write(
      `${file}\napproved by ${accepted.join(", ")}; ${missing === 0 ? "ready to apply" : `${missing} more needed`}\n`,
    );
  },
});
