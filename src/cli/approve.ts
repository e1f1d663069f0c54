import { buildCommand } from "@stricli/core";
import { approvalStatus } from "../plan/approval.ts";
import { minute } from "../report/words.ts";
import { CommandError, type Context } from "./context.ts";
import { approvalDocument } from "./documents/change.ts";
import { jsonFlag, printDocument } from "./documents/document.ts";
import { identityFlag, whoSigns } from "./rollout/actor.ts";
import { approvalsOf, approve, loadPlan, requireInTime } from "./rollout/plan-files.ts";
import { renderPlan } from "./views/plan.ts";

interface Flags {
  readonly identity?: string;
  readonly json: boolean;
}

export const approveCommand = buildCommand<Flags, [plan: string], Context>({
  docs: {
    brief: "Approves a plan with an SSH signature over its id",
    fullDescription:
      "Signs with ssh-keygen: your key's file, or its .pub file with the key in the agent or on a hardware token (types " +
      "sk-…). The site file says how many must sign and with which roles; an author never approves their own plan.",
  },
  parameters: {
    flags: { identity: identityFlag, json: jsonFlag },
    positional: {
      kind: "tuple",
      parameters: [{ parse: String, placeholder: "PLAN", brief: "The plan's file" }],
    },
  },
  async func({ identity, json }, path) {
    const plan = loadPlan(this, path);
    const actor = await whoSigns(this, identity, plan.people);
    requireInTime(this, plan, path);
    const objection = approvalStatus(plan, [{ person: actor.person.id, valid: true }]).rejected[0];
    if (objection) throw new CommandError(`${objection.person} ${objection.reason}`);
    this.process.stderr.write(renderPlan(plan));
    const file = await approve(this, path, plan, actor);
    const { accepted, rejected, open, missing } = await approvalsOf(this, path, plan);
    const { expires } = plan.approval;
    if (json) {
      const person = actor.person.id;
      printDocument(this, approvalDocument, {
        ...{ plan: plan.id, person, file, accepted, rejected, open, missing, expires },
      });
      return;
    }
    this.process.stdout.write(
      `${file}\napproved by ${accepted.join(", ")}; ${missing === 0 ? `ready to apply until ${minute(expires)}` : `${missing} more needed`}\n`,
    );
  },
});
