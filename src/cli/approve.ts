import { buildCommand } from "@stricli/core";
import { approvalStatus } from "../plan/approval.ts";
import { minute } from "../report/words.ts";
import { CommandError, type Context, exitCodes } from "./context.ts";
import { approvalDocument } from "./documents/change.ts";
import { jsonFlag, printDocument } from "./documents/document.ts";
import { identityFlag, whoSigns } from "./rollout/actor.ts";
import { approvalsOf, approve, loadPlan, requireInTime } from "./rollout/plan-files.ts";
import { renderPlan } from "./views/plan.ts";

interface Flags {
  readonly identity?: string;
  readonly json: boolean;
}

export const approveCommand = buildCommand<Flags, string[], Context>({
  docs: {
    brief: "Approves a plan with an SSH signature over its id",
    fullDescription:
      "Signs with ssh-keygen: your key's file, or its .pub file with the key in the agent or on a hardware token (types " +
      "sk-…). The site file says how many must sign and with which roles; an author never approves their own plan.",
  },
  parameters: {
    flags: { identity: identityFlag, json: jsonFlag },
    positional: {
      kind: "array",
      minimum: 1,
      parameter: { parse: String, placeholder: "PLAN", brief: "The plans' files" },
    },
  },
  async func(flags, ...paths) {
    if (flags.json && paths.length > 1) {
      throw new CommandError("--json approves one plan at a time", exitCodes.usage);
    }
    for (const path of paths) await approveOne(this, flags, path);
  },
});

async function approveOne(context: Context, { identity, json }: Flags, path: string): Promise<void> {
  const plan = loadPlan(context, path);
  const actor = await whoSigns(context, identity, plan.people);
  requireInTime(context, plan, path);
  const objection = approvalStatus(plan, [{ person: actor.person.id, valid: true }]).rejected[0];
  if (objection) throw new CommandError(`${objection.person} ${objection.reason}`);
  context.process.stderr.write(renderPlan(plan));
  const file = await approve(context, path, plan, actor);
  const { accepted, rejected, open, missing } = await approvalsOf(context, path, plan);
  const { expires } = plan.approval;
  if (json) {
    const person = actor.person.id;
    printDocument(context, approvalDocument, {
      ...{ plan: plan.id, person, file, accepted, rejected, open, missing, expires },
    });
    return;
  }
  context.process.stdout.write(
    `${file}\napproved by ${accepted.join(", ")}; ${missing === 0 ? `ready to apply until ${minute(expires)}` : `${missing} more needed`}\n`,
  );
}
